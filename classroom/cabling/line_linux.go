package cabling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Line is a Unix socket between a machine and the switches. Each packet on it is
// one message in JSON, with which a descriptor may come. When one side dies, the
// other reads io.EOF.
type Line struct {
	conn   *net.UnixConn
	mu     sync.Mutex // of sending
	buffer []byte
}

const (
	family     = "unixpacket"
	maxMessage = 128 << 10 // bytes
	patience   = 10 * time.Second
)

// Dial calls the switches.
func Dial(ctx context.Context, path string) (*Line, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, family, path)
	if err != nil {
		return nil, err
	}
	return newLine(conn)
}

// Listener is where machines call.
type Listener struct{ *net.UnixListener }

// Listen makes the socket, in place of one that a process has left behind.
func Listen(path string) (Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Listener{}, err
	}
	ln, err := net.ListenUnix(family, &net.UnixAddr{Name: path, Net: family})
	return Listener{ln}, err
}

// Accept waits for the next call.
func (l Listener) Accept() (*Line, error) {
	conn, err := l.UnixListener.AcceptUnix()
	if err != nil {
		return nil, err
	}
	return newLine(conn)
}

func newLine(conn net.Conn) (*Line, error) {
	l := &Line{conn: conn.(*net.UnixConn), buffer: make([]byte, maxMessage)}
	return l, errors.Join(l.conn.SetReadBuffer(maxMessage), l.conn.SetWriteBuffer(2*maxMessage))
}

// Send sends a message, and a descriptor unless that is nil. It may be called
// from several goroutines.
func (l *Line) Send(message any, file *os.File) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if len(body) > maxMessage {
		return fmt.Errorf("a message of %d bytes, which is too long", len(body))
	}
	var rights []byte
	if file != nil {
		rights = unix.UnixRights(int(file.Fd()))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	// Who does not listen must not hold up those who speak to others, too.
	if err := l.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, _, err = l.conn.WriteMsgUnix(body, rights, nil)
	return err
}

// Receive waits for a message. The descriptor that came with it is nil if there
// is none. One goroutine receives.
func (l *Line) Receive(message any) (*os.File, error) {
	control := make([]byte, unix.CmsgSpace(4))
	n, c, _, _, err := l.conn.ReadMsgUnix(l.buffer, control)
	if err == nil && n == 0 {
		err = io.EOF
	}
	if err != nil {
		return nil, err
	}
	file, err := descriptor(control[:c])
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(l.buffer[:n], message); err != nil {
		if file != nil {
			file.Close()
		}
		return nil, fmt.Errorf("a message that makes no sense: %w", err)
	}
	return file, nil
}

// ReceiveSoon is Receive for the first message: who calls and says nothing must not
// keep the line.
func (l *Line) ReceiveSoon(message any) (*os.File, error) {
	if err := l.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	file, err := l.Receive(message)
	return file, errors.Join(err, l.conn.SetReadDeadline(time.Time{}))
}

func descriptor(control []byte) (*os.File, error) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) == 0 {
		return nil, err
	}
	for _, fd := range fds[1:] {
		unix.Close(fd)
	}
	unix.CloseOnExec(fds[0])
	return os.NewFile(uintptr(fds[0]), "descriptor from the line"), nil
}

// Close ends the line for both sides.
func (l *Line) Close() error { return l.conn.Close() }
