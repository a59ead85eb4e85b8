package internet

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// errno is the system's error for one of the stack's, so that a program meets
// the same errors here as on the kernel's network. call is the system call
// that would have failed.
func errno(call string, err tcpip.Error) error {
	if e, ok := errnoOf(err); ok {
		return os.NewSyscallError(call, e)
	}
	return errors.New(err.String())
}

func errnoOf(err tcpip.Error) (syscall.Errno, bool) {
	switch err.(type) {
	case *tcpip.ErrConnectionRefused:
		return syscall.ECONNREFUSED, true
	case *tcpip.ErrConnectionReset:
		return syscall.ECONNRESET, true
	case *tcpip.ErrConnectionAborted, *tcpip.ErrAborted:
		return syscall.ECONNABORTED, true
	case *tcpip.ErrTimeout:
		return syscall.ETIMEDOUT, true
	case *tcpip.ErrHostUnreachable, *tcpip.ErrHostDown, *tcpip.ErrNoNet:
		return syscall.EHOSTUNREACH, true
	case *tcpip.ErrNetworkUnreachable:
		return syscall.ENETUNREACH, true
	case *tcpip.ErrPortInUse, *tcpip.ErrDuplicateAddress:
		return syscall.EADDRINUSE, true
	case *tcpip.ErrBadLocalAddress, *tcpip.ErrNoPortAvailable:
		return syscall.EADDRNOTAVAIL, true
	case *tcpip.ErrClosedForSend:
		return syscall.EPIPE, true
	case *tcpip.ErrNotConnected:
		return syscall.ENOTCONN, true
	case *tcpip.ErrAlreadyConnected:
		return syscall.EISCONN, true
	case *tcpip.ErrMessageTooLong:
		return syscall.EMSGSIZE, true
	case *tcpip.ErrNoBufferSpace:
		return syscall.ENOBUFS, true
	case *tcpip.ErrDestinationRequired:
		return syscall.EDESTADDRREQ, true
	case *tcpip.ErrAddressFamilyNotSupported, *tcpip.ErrBadAddress:
		return syscall.EAFNOSUPPORT, true
	case *tcpip.ErrBroadcastDisabled, *tcpip.ErrNotPermitted:
		return syscall.EACCES, true
	case *tcpip.ErrInvalidEndpointState, *tcpip.ErrInvalidOptionValue:
		return syscall.EINVAL, true
	}
	return 0, false
}

// readError is errno for reading, where the end of a stream is no error of the
// system's.
func readError(err tcpip.Error) error {
	if _, ok := err.(*tcpip.ErrClosedForReceive); ok {
		return io.EOF
	}
	return errno("read", err)
}

// opError says what was being done on a socket. io.EOF stays what it is.
func opError(op, network string, from, to net.Addr, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: network, Source: from, Addr: to, Err: err}
}

// endOf is why ctx ended; a deadline on the network's own clock counts as one.
func endOf(ctx context.Context) error {
	if cause := context.Cause(ctx); cause == context.DeadlineExceeded {
		return cause
	}
	return ctx.Err()
}
