package guest

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A line joins the outer process and the inner stage: a Unix socket, on which
// each message is its length in four bytes and JSON. Whoever dies, the other
// reads EOF, and knows.
type line struct{ *net.UnixConn }

// A message has one field set.
type message struct {
	Setup     *setup         `json:",omitempty"` // outer to inner: what host to be
	Card      bool           `json:",omitempty"` // inner: the host is set up, its card's Tap follows
	Configure *Addressing    `json:",omitempty"` // outer: give the card this in place of what it has
	Start     bool           `json:",omitempty"` // outer: the card is plugged in, start the program
	Started   bool           `json:",omitempty"` // inner: the program runs
	Failed    *failure       `json:",omitempty"` // inner: the host or the program could not be started, or the card configured
	Signal    syscall.Signal `json:",omitempty"` // outer: this was sent to the program
	Stopped   bool           `json:",omitempty"` // inner: the program has been stopped, as by SIGSTOP
	Exit      *Status        `json:",omitempty"` // inner: the program has ended
}

// failure is an error on its way from the inner stage to the outer process.
type failure struct {
	Reason  string
	Path    string        // the file that it is about, if any
	Errno   syscall.Errno // what the kernel said, if it did
	Program *ProgramError // set if it is only that the program does not start
}

func failed(err error) *failure {
	f := &failure{Reason: err.Error()}
	errors.As(err, &f.Program)
	errors.As(err, &f.Errno)
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		f.Path = path.Path
	}
	return f
}

func (f *failure) cause() error {
	if f.Program != nil {
		return f.Program
	}
	return f
}

func (f *failure) Error() string { return "guest: " + f.Reason }

func (f *failure) Unwrap() error {
	if f.Errno == 0 {
		return nil
	}
	return f.Errno
}

const maxMessage = 16 << 20

func (l line) send(m message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	data := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	_, err = l.Write(append(data, body...))
	return err
}

// receive reads exactly one message and nothing of what follows: that may be
// a byte that a descriptor travels with.
func (l line) receive() (message, error) {
	var m message
	var length [4]byte
	if _, err := io.ReadFull(l, length[:]); err != nil {
		return m, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > maxMessage {
		return m, fmt.Errorf("guest: a message of %d bytes", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(l, body); err != nil {
		return m, err
	}
	return m, json.Unmarshal(body, &m)
}

// newLine returns this process's end of a new line, and the other end as a
// file to hand to a child.
func newLine() (line, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return line{}, nil, os.NewSyscallError("socketpair", err)
	}
	far := os.NewFile(uintptr(fds[1]), "line to the guest")
	near, err := lineFrom(fds[0])
	if err != nil {
		far.Close()
		return line{}, nil, err
	}
	return near, far, nil
}

// lineFrom takes over the descriptor of a line's end.
func lineFrom(fd int) (line, error) {
	file := os.NewFile(uintptr(fd), "line of the guest")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return line{}, err
	}
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return line{}, fmt.Errorf("guest: descriptor %d is no Unix socket", fd)
	}
	return line{unixConn}, nil
}
