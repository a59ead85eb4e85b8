package guest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const tunDevice = "/dev/net/tun"

// openTap makes a network card of the given name in this process's network
// namespace and returns its far end.
func openTap(name string) (*os.File, error) {
	fd, err := unix.Open(tunDevice, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: tunDevice, Err: err}
	}
	request, err := unix.NewIfreq(name)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	// TAP: whole Ethernet frames, not IP packets (TUN). NO_PI: nothing but
	// the frame.
	request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return nil, errors.Join(os.NewSyscallError("TUNSETIFF", err), unix.Close(fd))
	}
	// The card outlives its far end for the instant that its namespace does.
	// Without this, closing the far end would take the card down at once and
	// wait for it, tens of milliseconds; with it, the kernel clears both away
	// later, in the background.
	if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
		return nil, errors.Join(os.NewSyscallError("TUNSETPERSIST", err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), tunDevice), nil
}

// drain waits until all has been read that the card has sent, but not for long: a
// program's last words are in there when it has ended.
func (t *Tap) drain() {
	const longest = time.Second
	raw, err := t.file.SyscallConn()
	for began := time.Now(); err == nil && time.Since(began) < longest; time.Sleep(time.Millisecond) {
		waiting := false
		err = raw.Control(func(fd uintptr) {
			card := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			n, _ := unix.Poll(card, 0)
			waiting = n == 1 && card[0].Revents&unix.POLLIN != 0
		})
		if !waiting {
			return
		}
	}
}

// tapMark is the byte that a Tap's descriptor travels with.
const tapMark = 'T'

// SendTap passes tap to the process at the other end of a Unix socket. From
// then on both processes hold it, and only one may read from it: close it
// here when the other side should be the one.
func SendTap(conn *net.UnixConn, tap *Tap) error {
	raw, err := tap.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		_, _, failed = conn.WriteMsgUnix([]byte{tapMark}, unix.UnixRights(int(fd)), nil)
	})
	return errors.Join(err, failed)
}

// ReceiveTap takes the Tap that SendTap sent. It refuses whatever is not a
// TAP device.
func ReceiveTap(conn *net.UnixConn) (*Tap, error) {
	mark, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(4*maxDescriptors))
	n, rn, _, _, err := conn.ReadMsgUnix(mark, rights)
	if err != nil {
		return nil, err
	}
	fds := descriptors(rights[:rn])
	if n != 1 || mark[0] != tapMark || len(fds) != 1 {
		closeAll(fds)
		return nil, fmt.Errorf("guest: expected a network card, got %d bytes and %d descriptors", n, len(fds))
	}
	return tapFromDescriptor(fds[0])
}

// maxDescriptors is how many descriptors a message may carry (SCM_MAX_FD): a
// peer that sends too many must not make us leak them.
const maxDescriptors = 253

func descriptors(rights []byte) []int {
	var all []int
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil
	}
	for _, message := range messages {
		if fds, err := unix.ParseUnixRights(&message); err == nil {
			all = append(all, fds...)
		}
	}
	return all
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

func tapFromDescriptor(fd int) (*Tap, error) {
	request, _ := unix.NewIfreq("")
	err := unix.IoctlIfreq(fd, unix.TUNGETIFF, request)
	if err != nil || request.Uint16()&unix.IFF_TAP == 0 {
		unix.Close(fd)
		return nil, errors.New("guest: expected a network card, got another kind of descriptor")
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	return newTap(os.NewFile(uintptr(fd), tunDevice)), nil
}
