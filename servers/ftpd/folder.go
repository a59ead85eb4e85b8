package ftpd

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// folder is a store on the disk. os.Root keeps every name inside, whatever ".."
// and symbolic links say.
type folder struct{ root *os.Root }

func (f *folder) close() { f.root.Close() }

func (f *folder) stat(name string) (fs.FileInfo, error) { return f.root.Stat(name) }

// readDir shows what a symbolic link leads to. One that leads out, or nowhere, is
// left out.
func (f *folder) readDir(name string) ([]fs.FileInfo, error) {
	dir, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	list, err := dir.Readdir(-1)
	if err != nil {
		return nil, err
	}
	seen := list[:0]
	for _, info := range list {
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := f.root.Stat(name + "/" + info.Name())
			if err != nil {
				continue
			}
			info = renamed{target, info.Name()}
		}
		seen = append(seen, info)
	}
	slices.SortFunc(seen, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	return seen, nil
}

type renamed struct {
	fs.FileInfo
	name string
}

func (r renamed) Name() string { return r.name }

func (f *folder) open(name string) (file, error) { return f.openRegular(name, os.O_RDONLY) }

func (f *folder) write(name string, flags int) (file, error) { return f.openRegular(name, flags) }

// openRegular opens regular files only. Opening a pipe would wait for its other
// end, so the file is looked at first.
func (f *folder) openRegular(name string, flags int) (file, error) {
	switch info, err := f.root.Stat(name); {
	case err == nil && info.IsDir():
		return nil, errIsFolder
	case err == nil && !info.Mode().IsRegular():
		return nil, errNotFile
	case err != nil && flags&os.O_CREATE == 0:
		return nil, err
	}
	return f.root.OpenFile(name, flags, 0o644)
}

func (f *folder) mkdir(name string) error { return f.root.Mkdir(name, 0o755) }

func (f *folder) remove(name string) error {
	switch info, err := f.root.Lstat(name); {
	case err != nil:
		return err
	case info.IsDir():
		return errIsFolder
	}
	return f.root.Remove(name)
}

func (f *folder) removeDir(name string) error {
	switch info, err := f.root.Lstat(name); {
	case err != nil:
		return err
	case !info.IsDir():
		return errNotFolder
	case name == ".":
		return fs.ErrPermission
	}
	err := f.root.Remove(name)
	if errors.Is(err, syscall.ENOTEMPTY) { // which is an fs.ErrExist to package errors
		return errNotEmpty
	}
	return err
}

func (f *folder) rename(from, to string) error { return f.root.Rename(from, to) }

func (f *folder) setTime(name string, modified time.Time) error {
	return f.root.Chtimes(name, modified, modified)
}
