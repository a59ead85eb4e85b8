package tftpd

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"strings"

	"github.com/wirebook/wirebook/durable"
	"github.com/wirebook/wirebook/protocol/tftp"
)

// store is where the files are. Its errors are those of package fs, or a
// *tftp.Error.
type store interface {
	open(name string) (file io.ReadCloser, size int64, err error)
	create(name string) (upload, error)
	close()
}

// upload is a file that is being written. Nobody sees it under its name before
// Commit has returned nil. discard, which may follow Commit, removes what is left
// of one that was not committed.
type upload interface {
	tftp.File
	discard()
}

var (
	errTooLarge   = &tftp.Error{Code: tftp.DiskFull, Message: "the file is too large"}
	errNoWriting  = &tftp.Error{Code: tftp.AccessViolation, Message: "no writing here"}
	errBadName    = &tftp.Error{Code: tftp.AccessViolation, Message: "no such name here"}
	errNotRegular = &tftp.Error{Code: tftp.AccessViolation, Message: "not a file"}
)

func (s *Server) openStore(log *slog.Logger) (store, error) {
	rules := rules{writable: s.Writable, overwrite: s.Overwrite}
	if s.Writable != "" && !fs.ValidPath(s.Writable) {
		return nil, errors.New("Writable is no folder's name: " + s.Writable)
	}
	switch {
	case s.Root != "":
		root, err := os.OpenRoot(s.Root)
		if err != nil {
			return nil, err
		}
		f := &folder{rules, root}
		f.sweep(log)
		return f, nil
	case s.FS != nil:
		return &memory{rules: rules, below: s.FS}, nil
	}
	return nil, errors.New("no content: neither Root nor FS is set")
}

// rules say which names may be read and written.
type rules struct {
	writable  string
	overwrite bool
}

// clean makes a path of a name in a request. Names of the old kind begin at the
// root of a disk ("/tftpboot/x"); here that is the root of what is served.
func (rules) clean(name string) (string, error) {
	name = strings.TrimLeft(name, "/")
	if !fs.ValidPath(name) || strings.HasPrefix(path.Base(name), unfinished) {
		return "", errBadName
	}
	return name, nil
}

// mayWrite cleans the name of a file to be written.
func (r rules) mayWrite(name string) (string, error) {
	name, err := r.clean(name)
	switch {
	case err != nil:
		return "", err
	case r.writable == "", r.writable != "." && !strings.HasPrefix(name, r.writable+"/"):
		return "", errNoWriting
	}
	return name, nil
}

// openFrom opens a regular file. Opening a pipe would wait for its writer, so the
// file is looked at first.
func openFrom(files fs.FS, name string) (io.ReadCloser, int64, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errNotRegular
	}
	file, err := files.Open(name)
	return file, info.Size(), err
}

// folder is a store on the disk.
type folder struct {
	rules
	root *os.Root
}

func (f *folder) close() { f.root.Close() }

func (f *folder) open(name string) (io.ReadCloser, int64, error) {
	name, err := f.clean(name)
	if err != nil {
		return nil, 0, err
	}
	return openFrom(f.root.FS(), name)
}

func (f *folder) create(name string) (upload, error) {
	name, err := f.mayWrite(name)
	if err != nil {
		return nil, err
	}
	switch info, err := f.root.Lstat(name); {
	case err == nil && !f.overwrite:
		return nil, fs.ErrExist
	case err == nil && !info.Mode().IsRegular():
		return nil, errNotRegular
	}
	draft := path.Join(path.Dir(name), unfinished+rand.Text())
	file, err := f.root.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	_ = durable.Lock(file, false) // a claim, until it is closed: see sweep
	return &folderUpload{File: file, folder: f, draft: draft, name: name}, nil
}

// folderUpload is written under another name.
type folderUpload struct {
	*os.File
	folder      *folder
	draft, name string
}

// Commit gives the file its name. Of two uploads of one new file the first to be
// complete wins: a link, unlike renaming, replaces nothing.
func (u *folderUpload) Commit() error {
	if err := errors.Join(u.Sync(), u.Close()); err != nil {
		return err
	}
	give := u.folder.root.Link
	if u.folder.overwrite {
		give = u.folder.root.Rename
	}
	if err := give(u.draft, u.name); err != nil {
		return err
	}
	u.folder.root.Remove(u.draft) // of two names the one that nobody needs
	return durable.SyncFolder(u.folder.root, path.Dir(u.name))
}

func (u *folderUpload) discard() {
	u.Close()
	u.folder.root.Remove(u.draft)
}

// limited is an upload that may not become larger than left.
type limited struct {
	upload
	left int64
}

func (l *limited) Write(b []byte) (int, error) {
	if l.left -= int64(len(b)); l.left < 0 {
		return 0, errTooLarge
	}
	return l.upload.Write(b)
}
