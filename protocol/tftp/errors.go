package tftp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// Code says what went wrong (RFC 1350 §5, RFC 2347).
type Code uint16

// The error codes. Code 7, NoSuchUser, belonged to the mode mail.
const (
	NotDefined       Code = 0 // see the message
	FileNotFound     Code = 1
	AccessViolation  Code = 2
	DiskFull         Code = 3
	IllegalOperation Code = 4
	UnknownTID       Code = 5 // a datagram from a port that is not the transfer's
	FileExists       Code = 6
	NoSuchUser       Code = 7
	OptionsRefused   Code = 8
)

// Error is an ERROR datagram. It ends the transfer, and nobody acknowledges it.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("TFTP error %d: %s", e.Code, e.Message) }

// Is makes errors.Is(err, fs.ErrNotExist) and its like true of errors that the
// other side has sent.
func (e *Error) Is(target error) bool {
	switch e.Code {
	case FileNotFound:
		return target == fs.ErrNotExist
	case AccessViolation:
		return target == fs.ErrPermission
	case DiskFull:
		return target == syscall.ENOSPC
	case FileExists:
		return target == fs.ErrExist
	}
	return false
}

// Append adds the datagram to buf.
func (e *Error) Append(buf []byte) []byte {
	buf = binary.BigEndian.AppendUint16(buf, uint16(ERROR))
	buf = binary.BigEndian.AppendUint16(buf, uint16(e.Code))
	return append(append(buf, e.Message...), 0)
}

func parseError(packet []byte) *Error {
	_, code, text := numbered(packet)
	message, _, _ := strings.Cut(string(text), "\x00")
	return &Error{Code(code), message}
}

// ErrTimeout says that the other side has fallen silent. It is an
// os.ErrDeadlineExceeded.
var ErrTimeout = fmt.Errorf("the other side is silent: %w", os.ErrDeadlineExceeded)

// ErrSuperseded is why a transfer's context ended when the other side has begun
// another from the same port. It is not told: it would take that for an answer.
var ErrSuperseded = errors.New("another transfer from the same port has begun")

var (
	errNoSense = &Error{IllegalOperation, "that makes no sense here"}
	errTooLong = &Error{IllegalOperation, "a block longer than was agreed"}
)

// ErrorFor is what the other side is told about err. Of a failure inside it
// learns no more than that there was one.
func ErrorFor(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, fs.ErrNotExist):
		return &Error{FileNotFound, "no such file"}
	case errors.Is(err, fs.ErrExist):
		return &Error{FileExists, "the file exists already"}
	case errors.Is(err, fs.ErrPermission):
		return &Error{AccessViolation, "not allowed"}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EFBIG):
		return &Error{DiskFull, "no room for the file"}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Error{NotDefined, "the transfer was broken off"}
	}
	return &Error{NotDefined, "the transfer failed"}
}
