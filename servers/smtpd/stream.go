package smtpd

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/mail"
)

// stream stands between a connection and go-smtp, which believes that it is the
// connection. It gives go-smtp one command at a time, and collects its replies
// until there is no further command to read: those to pipelined commands leave
// together (RFC 2920 §3.2).
//
// The text of a message go-smtp never sees. Once it has asked for it, by 354, the
// conversation reads it from here, and go-smtp is told that there was nothing but
// the dot. So there is one place that knows where a text ends, mail.DotReader, and
// what is behind the end is a command in the eyes of everybody.
type stream struct {
	net.Conn // its deadlines are ours
	*office
	ctx     context.Context
	secured bool // the connection is TLS's
	again   bool // it is since STARTTLS

	in       *bufio.Reader
	out      bytes.Buffer
	rest     []byte    // of a command that go-smtp has not read to its end
	textCame bool      // the conversation has read it, and go-smtp must hear of its end
	until    time.Time // for a text to end; zero outside of one
	hello    string    // HELO or EHLO, as the client said last
	greeted  bool
	asked    bool // AUTH waits for a response, which is no command

	quit     bool // the client has said all that it wanted
	over     bool // no further command is read: the conversation ends
	starting bool // STARTTLS was answered 220: go-smtp is not heard any more
	closed   sync.Once
	ended    chan struct{} // go-smtp has closed
}

func (o *office) newStream(ctx context.Context, conn net.Conn, secured bool) *stream {
	s := &stream{Conn: conn, office: o, ctx: ctx, secured: secured, ended: make(chan struct{})}
	s.in = bufio.NewReaderSize(incoming{s}, 4096)
	return s
}

// Read gives go-smtp a command, or the end of a text, or a part of a line that is
// too long for a command.
func (s *stream) Read(p []byte) (n int, err error) {
	err = io.ErrUnexpectedEOF
	netx.Guard(s.ctx, s.Log, "command from "+s.RemoteAddr().String(), func() { n, err = s.read(p) })
	return n, err
}

func (s *stream) read(p []byte) (int, error) {
	switch {
	case s.over || s.starting:
		return 0, cmp.Or(s.flush(), io.EOF)
	case s.textCame:
		s.textCame = false
		s.rest = []byte(".\r\n")
	case len(s.rest) == 0:
		line, err := s.in.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return 0, err
		}
		s.rest = s.look(line)
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// look looks at a command before go-smtp does, and gives it an empty one instead
// of one that it must not see; the client is told that the syntax is bad.
func (s *stream) look(line []byte) []byte {
	bad := []byte("\r\n")
	for i, c := range line {
		if c == '\n' || c == '\r' && i == len(line)-2 && line[i+1] == '\n' {
			continue
		}
		if c < ' ' && c != '\t' || c == 0x7f {
			return bad // a CR within a command is not its end (RFC 5321 §2.3.8)
		}
	}
	if s.asked {
		s.asked = false
		return line
	}
	verb, arg, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), " ")
	switch strings.ToUpper(verb) {
	case "HELO", "EHLO":
		s.hello = strings.ToUpper(verb)
	case "QUIT":
		s.quit = true
	case "BDAT": // not offered. What follows it is text, and must not be taken for commands
		s.over = true
		return bad
	case "RCPT": // postmaster needs no domain (RFC 5321 §4.5.1)
		if strings.EqualFold(strings.ReplaceAll(arg, " ", ""), "TO:<postmaster>") {
			return []byte("RCPT TO:<postmaster@" + s.Domains[0] + ">\r\n")
		}
	}
	return line
}

// maxReplies is how much is collected at most, in bytes.
const maxReplies = 16 << 10

// Write takes a line of a reply. Some say what the stream has to do next.
func (s *stream) Write(p []byte) (int, error) {
	line, first := string(p), !s.greeted
	s.greeted = true
	switch {
	case s.starting:
		return len(p), nil // the handshake has failed, as go-smtp sees it
	case first && s.again:
		return len(p), nil // over TLS nobody is greeted once more (RFC 3207 §4)
	case line == "250-CHUNKING\r\n":
		return len(p), nil // go-smtp offers it always (RFC 3030)
	case !first && strings.HasPrefix(line, "220 "):
		s.starting = true // STARTTLS is what 220 answers, but for the greeting
	case strings.HasPrefix(line, "334 "):
		s.asked = true
	}
	s.out.Write(p)
	if s.out.Len() > maxReplies || s.starting {
		return len(p), s.flush()
	}
	return len(p), nil
}

func (s *stream) flush() error {
	if s.out.Len() == 0 {
		return nil
	}
	s.Conn.SetWriteDeadline(s.Clock.Now().Add(s.WriteTimeout))
	_, err := s.out.WriteTo(s.Conn)
	if s.out.Cap() > maxReplies {
		s.out = bytes.Buffer{}
	}
	return err
}

// incoming reads from the connection; before it waits, it sends.
type incoming struct{ *stream }

func (i incoming) Read(p []byte) (int, error) {
	if err := i.flush(); err != nil {
		return 0, err
	}
	until := i.Clock.Now().Add(i.IdleTimeout)
	if !i.until.IsZero() && i.until.Before(until) {
		until = i.until
	}
	i.Conn.SetReadDeadline(until)
	return i.Conn.Read(p)
}

// reader reads the text that 354 has asked for.
func (s *stream) reader() *mail.DotReader {
	s.until = s.Clock.Now().Add(s.TextTimeout)
	return mail.NewDotReader(s.in)
}

// textEnded says that the text was read to its end, or that there will be none.
func (s *stream) textEnded(end bool) {
	s.until = time.Time{}
	s.textCame = true
	s.over = s.over || !end
}

// Close is go-smtp's last word.
func (s *stream) Close() error {
	s.over = true
	s.closed.Do(func() { close(s.ended) })
	return nil
}

// hangUp ends the connection; one who may still be talking is listened to.
func (s *stream) hangUp() {
	if s.flush() == nil && !s.quit {
		netx.Linger(s.Conn, s.Clock.Now().Add(netx.LingerTime))
	}
}
