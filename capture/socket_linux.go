package capture

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/wirebook/wirebook/frame"
)

// Socket sees every frame of this network namespace (packet(7)). It needs the
// capability NET_RAW to be opened, and none to be read.
type Socket struct {
	file *os.File
	raw  syscall.RawConn

	sightings *Sightings
	mu        sync.Mutex
	ports     map[int]port
	dropped   uint64
}

// port is an interface at a switch's end of a cable.
type port struct {
	link       *frame.Link
	translates bool
}

const bufferSize = 8 << 20 // bytes of frames that wait to be read

// Open opens the socket.
func Open() (*Socket, error) {
	everything := int(binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL)))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, everything)
	if err != nil {
		if errors.Is(err, unix.EPERM) {
			return nil, errors.New("capture: frames are shown to those with the capability NET_RAW only")
		}
		return nil, fmt.Errorf("capture: %w", os.NewSyscallError("socket", err))
	}
	// More than usual if the system lets us; less is not wrong, only less.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, bufferSize) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bufferSize)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("capture: %w", os.NewSyscallError("setsockopt", err))
	}
	s := &Socket{file: os.NewFile(uintptr(fd), "packet socket"), sightings: NewSightings(), ports: make(map[int]port)}
	if s.raw, err = s.file.SyscallConn(); err != nil {
		s.file.Close()
		return nil, fmt.Errorf("capture: %w", err)
	}
	return s, nil
}

// Watch says that the interface of that number is the B end of a link, at a switch.
// translates says that the A end is a NAT.
func (s *Socket) Watch(number int, link *frame.Link, translates bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports[number] = port{link, translates}
}

// Forget is for an interface that is no more.
func (s *Socket) Forget(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ports, number)
}

// Dropped is how many frames the kernel had no room for.
func (s *Socket) Dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.raw.Control(func(fd uintptr) {
		var counts unix.TpacketStats
		size := uint32(unsafe.Sizeof(counts))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_PACKET, unix.PACKET_STATISTICS,
			uintptr(unsafe.Pointer(&counts)), uintptr(unsafe.Pointer(&size)), 0)
		if errno == 0 {
			s.dropped += uint64(counts.Drops) // reading sets them to zero
		}
	})
	return s.dropped
}

// Close ends Run, too.
func (s *Socket) Close() error { return s.file.Close() }

// Run shows the tap each frame until ctx ends, and then closes the socket.
func (s *Socket) Run(ctx context.Context, tap frame.Tap) error {
	stop := context.AfterFunc(ctx, func() { s.file.Close() })
	defer stop()
	buffer := make([]byte, 1<<16)
	control := make([]byte, unix.CmsgSpace(int(unsafe.Sizeof(unix.Timespec{}))))
	for {
		var n, c int
		var from unix.Sockaddr
		var err error
		closed := s.raw.Read(func(fd uintptr) bool {
			n, c, _, from, err = unix.Recvmsg(int(fd), buffer, control, unix.MSG_DONTWAIT)
			return err != unix.EAGAIN
		})
		switch {
		case closed != nil && ctx.Err() != nil:
			return nil
		case closed != nil:
			return fmt.Errorf("capture: %w", closed)
		case err == unix.EINTR || err == unix.ENETDOWN:
			continue // an interface went
		case err != nil:
			return fmt.Errorf("capture: %w", os.NewSyscallError("recvmsg", err))
		}
		if address, ok := from.(*unix.SockaddrLinklayer); ok {
			s.see(tap, address, buffer[:n], stamp(control[:c]))
		}
	}
}

func (s *Socket) see(tap frame.Tap, at *unix.SockaddrLinklayer, data []byte, when time.Time) {
	s.mu.Lock()
	p, known := s.ports[at.Ifindex]
	if !known {
		s.mu.Unlock()
		return
	}
	f := frame.Frame{
		Link: p.link, FromB: at.Pkttype == unix.PACKET_OUTGOING, Time: when,
		Data: append([]byte(nil), data...),
	}
	s.sightings.Identify(&f, p.translates)
	s.mu.Unlock()
	tap.See(f)
}

// stamp is when the kernel saw the frame.
func stamp(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err == nil {
		for _, m := range messages {
			if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= int(unsafe.Sizeof(unix.Timespec{})) {
				spec := *(*unix.Timespec)(unsafe.Pointer(&m.Data[0]))
				return time.Unix(spec.Unix())
			}
		}
	}
	return time.Now()
}
