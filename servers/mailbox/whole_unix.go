//go:build unix

package mailbox

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// shortcut is the folders new and cur as the system knows them. A file that is
// named by a folder and one name, which has no slash and is no link, is in that
// folder: so much os.Root would make sure of, too, but then it readies the file
// for all that can be done with one. Who reads it once, and at once, can do with
// three system calls of nine.
type shortcut struct{ fresh, cur *os.File }

// openFiles makes f.shortcut. If it cannot, all goes the longer way.
func (f *Folder) openFiles() {
	fresh, err := f.fresh.Open(".")
	if err != nil {
		return
	}
	cur, err := f.cur.Open(".")
	if err != nil {
		fresh.Close()
		return
	}
	f.shortcut = &shortcut{fresh, cur}
}

func (s *shortcut) close() error {
	if s == nil {
		return nil
	}
	return errors.Join(s.fresh.Close(), s.cur.Close())
}

// read reads a message's file, with one call: a file gives less than is asked for
// only at its end. The name is one that the folder itself has told, so there is no
// slash in it.
func (s *shortcut) read(m *Message, buffer []byte) (int, error) {
	folder := s.cur
	if m.New {
		folder = s.fresh
	}
	// A pipe of this name must not keep us waiting: O_NONBLOCK.
	const flags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NOFOLLOW | unix.O_NONBLOCK
	file, err := again(func() (int, error) { return unix.Openat(int(folder.Fd()), m.file, flags, 0) })
	if err != nil {
		return 0, err
	}
	defer unix.Close(file)
	return again(func() (int, error) { return unix.Read(file, buffer) })
}

// again makes a system call until no signal interrupts it.
func again(call func() (int, error)) (n int, err error) {
	for {
		if n, err = call(); err != unix.EINTR {
			return n, err
		}
	}
}
