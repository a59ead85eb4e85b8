package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// loadPOP3 retrieves mailboxes for some seconds, in so many sessions at once, and
// prints how many messages came in a second, and in all.
//
// It does as little as a client can, so that the server is what is measured: one
// thread asks the kernel which sessions have something to read. With a goroutine a
// session, a client on one core has more to do than a server.
func loadPOP3(_ context.Context, args []string) error {
	at, err := net.ResolveTCPAddr("tcp4", args[0])
	if err != nil {
		return err
	}
	count, err1 := strconv.Atoi(args[1])
	ahead, err2 := strconv.Atoi(args[2])
	poller, err3 := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	server := &unix.SockaddrInet4{Port: at.Port, Addr: [4]byte(at.IP.To4())}
	sessions := make([]*pop3Session, count)
	for user := range sessions {
		sessions[user] = &pop3Session{user: user, ahead: ahead, server: server, poller: poller}
		if err := sessions[user].begin(); err != nil {
			return err
		}
	}
	if count == 1 {
		err = retrieveAlone(sessions[0])
	} else {
		err = retrieveAll(poller, sessions)
	}
	if err != nil {
		return err
	}
	rate, mailboxes := 0.0, 0
	for _, s := range sessions {
		rate += s.rate()
		mailboxes += s.mailboxes
	}
	fmt.Printf("%.1f %d\n", rate, mailboxes*pop3Messages)
	return nil
}

// retrieveAlone has one session read and wait in one system call.
func retrieveAlone(s *pop3Session) error {
	for !s.ended {
		if err := s.goOn(); err != nil {
			return err
		}
	}
	return nil
}

// retrieveAll lets each session go on whenever something has come for it, until all
// have ended.
func retrieveAll(poller int, sessions []*pop3Session) error {
	var events [pop3Users]unix.EpollEvent
	for left := len(sessions); left > 0; {
		n, err := unix.EpollWait(poller, events[:], pop3Patience*1000)
		if err == unix.EINTR {
			continue
		}
		if n == 0 || err != nil {
			return fmt.Errorf("the server does not answer: %v", err)
		}
		for _, event := range events[:n] {
			s := sessions[event.Fd]
			if err := s.goOn(); err != nil {
				return fmt.Errorf("user%d: %w", s.user, err)
			}
			if s.ended {
				left--
			}
		}
	}
	return nil
}

// pop3Patience is how many seconds a server may take for a reply.
const pop3Patience = 60

// pop3Session is one user's: the mailbox is retrieved again and again, each time over
// a new connection. The first time is to warm up.
type pop3Session struct {
	user, ahead int
	server      unix.Sockaddr
	poller      int

	conn    int // a descriptor
	replies int // that have come over it
	asked   int // RETRs sent
	in      []byte
	buffer  [64 << 10]byte
	out     []byte

	mailboxes   int
	start, done time.Time
	ended       bool
}

// The replies in their order: to the connection, USER, PASS, each RETR, and QUIT.
const (
	firstMessage = 3
	lastReply    = firstMessage + pop3Messages
)

// begin connects.
func (s *pop3Session) begin() (err error) {
	if s.conn, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return err
	}
	s.replies, s.asked, s.in = 0, 0, nil
	return errors.Join(
		unix.SetsockoptInt(s.conn, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.SetsockoptTimeval(s.conn, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: pop3Patience}),
		unix.Connect(s.conn, s.server),
		unix.EpollCtl(s.poller, unix.EPOLL_CTL_ADD, s.conn, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.user)}),
	)
}

// goOn reads what has come, and sends the commands that follow from it.
func (s *pop3Session) goOn() error {
	kept := copy(s.buffer[:], s.in)
	s.in = s.buffer[:kept]
	n, err := unix.Read(s.conn, s.buffer[kept:])
	if err == unix.EINTR {
		return nil // Go's own signals; there will be a next time
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return io.ErrUnexpectedEOF
	}
	s.in, s.out = s.buffer[:kept+n], s.out[:0]
	for {
		whole, err := s.reply()
		if err != nil {
			return err
		}
		if !whole {
			break
		}
		s.answer()
	}
	if s.replies > lastReply {
		return s.end()
	}
	if len(s.out) > 0 {
		_, err = unix.Write(s.conn, s.out)
	}
	return err
}

// reply takes a reply from what has come, if it has come as a whole.
func (s *pop3Session) reply() (whole bool, err error) {
	line, rest, found := bytes.Cut(s.in, []byte("\r\n"))
	if !found {
		return false, nil
	}
	if !bytes.HasPrefix(line, []byte("+OK")) {
		return false, fmt.Errorf("the server says %q", line)
	}
	if s.replies >= firstMessage && s.replies < lastReply {
		last := bytes.Index(rest, []byte("\r\n.\r\n"))
		if last < 0 {
			return false, nil
		}
		if octets := last + len("\r\n"); octets != pop3Octets {
			return false, fmt.Errorf("message %d has %d octets", s.replies-firstMessage+1, octets)
		}
		rest = rest[pop3Octets+len(".\r\n"):]
	}
	s.in = rest
	s.replies++
	return true, nil
}

// answer adds the commands for which the latest reply was waited.
func (s *pop3Session) answer() {
	switch came := s.replies - firstMessage; {
	case s.replies == 1:
		s.out = fmt.Appendf(s.out, "USER user%d\r\n", s.user)
	case s.replies == 2:
		s.out = append(s.out, "PASS secret\r\n"...)
	case came == pop3Messages:
		s.out = append(s.out, "QUIT\r\n"...)
	case s.asked-came <= s.ahead/2:
		for s.asked < pop3Messages && s.asked-came < s.ahead {
			s.asked++
			s.out = append(strconv.AppendInt(append(s.out, "RETR "...), int64(s.asked), 10), "\r\n"...)
		}
	}
}

// end closes the connection, and connects anew if there is time.
func (s *pop3Session) end() error {
	s.mailboxes++
	s.done = time.Now()
	if s.start.IsZero() {
		s.start = s.done
	}
	s.ended = s.done.Sub(s.start) >= pop3Seconds*time.Second
	if err := unix.Close(s.conn); err != nil || s.ended {
		return err
	}
	return s.begin()
}

// rate is the messages in a second.
func (s *pop3Session) rate() float64 {
	return float64((s.mailboxes-1)*pop3Messages) / s.done.Sub(s.start).Seconds()
}
