package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
)

// A failure is an error on its way to the other process. What programs ask of
// a network error stays true of it there: errors.Is with a syscall.Errno,
// net.ErrClosed, os.ErrDeadlineExceeded, fs.ErrNotExist and so on, and
// Timeout() of net.Error. The numbers of syscall.Errno are those of this
// machine, which both processes are on.
type failure struct {
	Text     string
	Errno    syscall.Errno `json:",omitempty"`
	Late     bool          `json:",omitempty"` // a deadline passed
	Closed   bool          `json:",omitempty"`
	Canceled bool          `json:",omitempty"`
	Name     *net.DNSError `json:",omitempty"`
}

func pack(err error) *failure {
	// The reader adds what was being done and to whom, as net.OpError does.
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	f := &failure{Text: err.Error()}
	errors.As(err, &f.Errno)
	if timeout, ok := errors.AsType[net.Error](err); ok {
		f.Late = timeout.Timeout()
	}
	f.Closed = errors.Is(err, net.ErrClosed)
	f.Canceled = errors.Is(err, context.Canceled)
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		own := *name
		own.UnwrapErr = nil // an interface: JSON can write it, but not read it
		f.Name = &own
	}
	return f
}

// unpack is the error that pack was given, or one that cannot be told from it.
func (f *failure) unpack() error {
	switch {
	case f.Name != nil:
		return f.Name
	case f.Errno != 0 && f.Text == f.Errno.Error():
		return f.Errno
	}
	return f
}

func (f *failure) Error() string { return f.Text }

// Is tells what a failure is, beyond its text.
func (f *failure) Is(target error) bool {
	switch target {
	case net.ErrClosed:
		return f.Closed
	case context.Canceled:
		return f.Canceled
	case os.ErrDeadlineExceeded, context.DeadlineExceeded:
		return f.Late && f.Errno == 0
	}
	return f.Errno != 0 && errors.Is(f.Errno, target)
}

// As gives the system's error number.
func (f *failure) As(target any) bool {
	errno, ok := target.(*syscall.Errno)
	if ok && f.Errno != 0 {
		*errno = f.Errno
		return true
	}
	return false
}

// Timeout and Temporary make a failure a net.Error.
func (f *failure) Timeout() bool { return f.Late }

// Temporary is deprecated in net.Error and says no more than Timeout.
func (f *failure) Temporary() bool { return f.Late }

// Reply answers a command with v as JSON.
func Reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// Fail answers a command with an HTTP status and an error, which
// [Client.Call] returns on the other side.
func Fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(pack(err))
}

// failureOf reads what Fail wrote, or what net/http wrote by itself.
func failureOf(response *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxFailure))
	if err != nil {
		return err
	}
	f := new(failure)
	if json.Unmarshal(body, f) != nil || f.Text == "" {
		return errors.New(response.Status)
	}
	return f.unpack()
}

const maxFailure = 1 << 20
