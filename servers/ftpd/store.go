package ftpd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"
)

// store is where the files of a user are. Names are those of package fs: "." is
// the user's folder, and none leads out of it. Errors are those of packages fs
// and syscall.
type store interface {
	stat(name string) (fs.FileInfo, error)
	readDir(name string) ([]fs.FileInfo, error) // sorted by name
	open(name string) (file, error)             // to read
	write(name string, flags int) (file, error) // flags are those of package os
	mkdir(name string) error
	remove(name string) error // a file
	removeDir(name string) error
	rename(from, to string) error
	setTime(name string, modified time.Time) error
	close()
}

// file is an open one.
type file interface {
	io.Reader
	io.Writer
	io.Seeker
	io.Closer
}

var (
	errFull      = errors.New("no room is left for you")
	errNotFile   = errors.New("not a file")
	errIsFolder  = errors.New("it is a folder")
	errNotEmpty  = errors.New("the folder is not empty")
	errNotFolder = errors.New("not a folder")
)

// open opens the user's files.
func (u User) open(d *desk) (store, error) {
	var files store
	switch {
	case u.Root != "":
		root, err := os.OpenRoot(u.Root)
		if err != nil {
			return nil, err
		}
		files = &folder{root}
	case u.FS != nil:
		m, err := newMemory(u.FS, d.ModTime, d.Clock.Now, d.MaxMemory)
		if err != nil {
			return nil, err
		}
		files = m
	default:
		return nil, errors.New("neither Root nor FS is set")
	}
	if u.ReadOnly {
		files = readOnly{files}
	}
	return files, nil
}

// readOnly is a store in which nothing can be changed.
type readOnly struct{ store }

func (readOnly) write(string, int) (file, error) { return nil, fs.ErrPermission }
func (readOnly) mkdir(string) error              { return fs.ErrPermission }
func (readOnly) remove(string) error             { return fs.ErrPermission }
func (readOnly) removeDir(string) error          { return fs.ErrPermission }
func (readOnly) rename(string, string) error     { return fs.ErrPermission }
func (readOnly) setTime(string, time.Time) error { return fs.ErrPermission }

// cause is what went wrong, without the names that the system puts around it.
func cause(err error) error {
	for {
		var path *fs.PathError
		var link *os.LinkError
		var call *os.SyscallError
		var op *net.OpError
		switch {
		case errors.As(err, &path):
			err = path.Err
		case errors.As(err, &link):
			err = link.Err
		case errors.As(err, &call):
			err = call.Err
		case errors.As(err, &op):
			err = op.Err
		default:
			return err
		}
	}
}

// replyTo is the code for an error of a store (RFC 959 §4.2.1): 452 and 552 when
// there is no room, 550 when it cannot be had.
func replyTo(err error) int {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return 452
	case errors.Is(err, errFull), errors.Is(err, syscall.EDQUOT):
		return 552
	case errors.Is(err, errRestart):
		return 554
	}
	return 550
}

// describe is an error in words.
func describe(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or folder"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.Is(err, fs.ErrExist):
		return "it exists already"
	}
	return fmt.Sprint(cause(err))
}
