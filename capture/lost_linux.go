package capture

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wirebook/wirebook/frame"
)

// Lost are the frames that a switch of the kernel has thrown away, of which it tells
// whoever has asked (NFLOG, linux/netfilter/nfnetlink_log.h). The rule that threw a
// frame away says by its prefix which cable that was: [LostFrom] is the one that it
// came by, on which it has been seen, [LostTo] the one that it would have gone by.
type Lost struct {
	file *os.File
	raw  syscall.RawConn
}

// The prefixes of rules.
const (
	LostFrom = "from"
	LostTo   = "to"
)

// OpenLost asks for those of a group. It needs the capability NET_ADMIN.
func OpenLost(group uint16) (*Lost, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", os.NewSyscallError("socket", err))
	}
	const bind, copyPacket = 1, 2
	for _, setting := range [][]byte{
		attribute(nfulaCfgCmd, []byte{bind}),
		attribute(nfulaCfgMode, append(binary.BigEndian.AppendUint32(nil, 0xffff), copyPacket, 0)),
	} {
		if err = unix.Sendto(fd, logMessage(group, setting), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			break
		}
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("capture: lost frames: %w", os.NewSyscallError("sendto", err))
	}
	l := &Lost{file: os.NewFile(uintptr(fd), "log of lost frames")}
	if l.raw, err = l.file.SyscallConn(); err != nil {
		l.file.Close()
		return nil, err
	}
	return l, nil
}

// The numbers of linux/netfilter/nfnetlink_log.h.
const (
	nfulaCfgCmd  = 1
	nfulaCfgMode = 2

	nfulaPhysIn   = 6
	nfulaPhysOut  = 7
	nfulaPayload  = 9
	nfulaPrefix   = 10
	nfulaHWHeader = 16

	logPacket = 0
	logConfig = 1
)

func attribute(kind uint16, value []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	b = append(binary.NativeEndian.AppendUint16(b, kind), value...)
	return append(b, make([]byte, -len(b)&3)...)
}

func logMessage(group uint16, body []byte) []byte {
	const header, generic = 16, 4
	b := binary.NativeEndian.AppendUint32(nil, uint32(header+generic+len(body)))
	b = binary.NativeEndian.AppendUint16(b, unix.NFNL_SUBSYS_ULOG<<8|logConfig)
	b = binary.NativeEndian.AppendUint16(b, unix.NLM_F_REQUEST)
	b = append(b, make([]byte, 8)...) // a sequence number, and the port: the kernel's
	b = append(b, unix.AF_UNSPEC, 0)
	return append(binary.BigEndian.AppendUint16(b, group), body...)
}

// Run shows the tap what is lost, on the cable where it is lost, until ctx ends. The
// socket is the one that has seen the frames before.
func (l *Lost) Run(ctx context.Context, s *Socket, tap frame.Tap) error {
	stop := context.AfterFunc(ctx, func() { l.file.Close() })
	defer stop()
	buffer := make([]byte, 1<<17)
	for {
		var n int
		var err error
		closed := l.raw.Read(func(fd uintptr) bool {
			n, _, err = unix.Recvfrom(int(fd), buffer, unix.MSG_DONTWAIT)
			return err != unix.EAGAIN
		})
		switch {
		case closed != nil && ctx.Err() != nil:
			return nil
		case closed != nil:
			return fmt.Errorf("capture: %w", closed)
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOBUFS):
			continue // some were left out
		case err != nil:
			return fmt.Errorf("capture: %w", os.NewSyscallError("recvfrom", err))
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			continue
		}
		for _, m := range messages {
			if m.Header.Type == unix.NFNL_SUBSYS_ULOG<<8|logPacket {
				s.seeLost(tap, m)
			}
		}
	}
}

func (s *Socket) seeLost(tap frame.Tap, m syscall.NetlinkMessage) {
	const generic = 4
	if len(m.Data) < generic {
		return
	}
	a := attributes(m.Data[generic:])
	side, number := LostTo, nfulaPhysOut
	if prefix := a[nfulaPrefix]; len(prefix) >= len(LostFrom) && string(prefix[:len(LostFrom)]) == LostFrom {
		side, number = LostFrom, nfulaPhysIn
	}
	at := a[number]
	if len(at) != 4 {
		return
	}
	f := frame.Frame{
		FromB: side == LostTo, Again: side == LostFrom, Time: time.Now(), Fate: frame.Lost,
		Data: slices.Concat(a[nfulaHWHeader], a[nfulaPayload]),
	}
	// It is told by another way than the frame was: what has not been seen yet will be.
	const tries, pause = 20, 10 * time.Millisecond
	for range tries {
		known, seen := s.recognize(int(binary.BigEndian.Uint32(at)), &f)
		if seen {
			tap.See(f)
		}
		if seen || !known {
			return
		}
		time.Sleep(pause)
	}
}

// attributes are those of a message, by their numbers.
func attributes(b []byte) map[int][]byte {
	all := make(map[int][]byte)
	for len(b) >= 4 {
		length, kind := int(binary.NativeEndian.Uint16(b)), int(binary.NativeEndian.Uint16(b[2:])&0x3fff)
		if length < 4 || length > len(b) {
			break
		}
		all[kind] = b[4:length]
		b = b[min(len(b), (length+3)&^3):]
	}
	return all
}

// recognize completes a frame on the cable of a port, if that is known and the frame
// has been seen before.
func (s *Socket) recognize(number int, f *frame.Frame) (known, seen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, known := s.ports[number]
	if !known {
		return false, false
	}
	f.Link = p.link
	return true, s.sightings.Again(f)
}
