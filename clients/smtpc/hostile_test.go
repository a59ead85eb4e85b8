package smtpc

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/wirebook/wirebook/netx"
)

// TestHostileServers: whatever a server says, a client returns with an error, soon,
// and without much memory.
func TestHostileServers(t *testing.T) {
	for _, c := range []struct {
		name, conversation string
		want               error
	}{
		{"silence", "S. close", io.ErrUnexpectedEOF},
		{"half a line", "S| 220 mai\nS. close", io.ErrUnexpectedEOF},
		{"no SMTP", "S: HTTP/1.1 400 Bad Request", ErrProtocol},
		{"no code", "S: 22 x", ErrProtocol},
		{"a code too low", "S: 120 x", ErrProtocol},
		{"a code too high", "S: 620 x", ErrProtocol},
		{"no space", "S: 220mail", ErrProtocol},
		{"an empty line", "S:", ErrProtocol},
		{"two codes", "S: 220-a\nS: 221 b", ErrProtocol},
		{"a long line", "S: 220 " + strings.Repeat("x", 5000), ErrProtocol},
		{"many lines", strings.Repeat("S: 220-x\n", 1001), ErrProtocol},
		{"nobody there", "S: 554 no SMTP service here\nC. close", nil},
		{"away", greeted + "S: 421 going down", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := play(t, c.conversation).Dial(t.Context(), "mail.example.edu")
			if err == nil {
				s.Close()
				t.Fatal("no error")
			}
			var refused *Error
			if c.want != nil && !errors.Is(err, c.want) || c.want == nil && !errors.As(err, &refused) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestGoingDown: a server may say 421 at any time, and then it is over.
func TestGoingDown(t *testing.T) {
	s := dialed(t, greeted+`
		S: 250-mail
		S: 250 PIPELINING
		C: MAIL FROM:<a@b>
		C: RCPT TO:<c@d>
		C: DATA
		S: 421 4.3.2 going down
		S. close`)
	_, err := s.Send(Envelope{From: "a@b", To: []string{"c@d"}}, strings.NewReader(message))
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != 421 || !refused.Temporary() || s.Ended() == nil {
		t.Errorf("%v", err)
	}
	if err := s.Noop(); !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
}

// TestHalfAMessage: what cannot be read whole is not sent.
func TestHalfAMessage(t *testing.T) {
	broken := errors.New("the disk is broken")
	s := dialed(t, greeted+`
		S: 250 mail
		C: MAIL FROM:<>
		S: 250
		C: RCPT TO:<c@d>
		S: 250
		C: DATA
		S: 354
		C. close`)
	_, err := s.Send(Envelope{To: []string{"c@d"}}, io.MultiReader(strings.NewReader("Subject: half\r\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || !errors.Is(s.Ended(), broken) {
		t.Errorf("%v", err)
	}
}

// TestLastWords: a server that has heard enough of a message says why, and that is
// the error.
func TestLastWords(t *testing.T) {
	c := play(t, greeted+`
		S: 250 mail
		C: MAIL FROM:<>
		S: 250
		C: RCPT TO:<c@d>
		S: 250
		C: DATA
		S: 354
		C: Subject: endless
		S: 552 5.3.4 enough`)
	// The scripted server, which then only listens for an end, is deaf to more.
	c.Network = deafNetwork{c.Network}
	s, err := c.Dial(t.Context(), "mail")
	if err != nil {
		t.Fatal(err)
	}
	s.client.Timeout = 500 * time.Millisecond
	defer s.Close()
	result := make(chan error, 1)
	pipe, writer := io.Pipe()
	go func() {
		_, err := s.Send(Envelope{To: []string{"c@d"}}, io.MultiReader(strings.NewReader("Subject: endless\r\n"), pipe))
		pipe.Close()
		result <- err
	}()
	writer.Write(make([]byte, 64<<10))
	var refused *Error
	if err := <-result; !errors.As(err, &refused) || refused.Code != 552 {
		t.Errorf("%v", err)
	}
}

// deafNetwork has only deaf connections.
type deafNetwork struct{ netx.Network }

func (n deafNetwork) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := n.Network.DialContext(ctx, network, address)
	return deaf{conn}, err
}

// deaf is a connection on which nothing large can be written.
type deaf struct{ net.Conn }

func (d deaf) Write(p []byte) (int, error) {
	if len(p) > 10_000 {
		n, _ := d.Conn.Write(p[:len("Subject: endless\r\n")])
		return n, os.ErrDeadlineExceeded
	}
	return d.Conn.Write(p)
}

// TestCancel: Ctrl-C ends a session that waits.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := play(t, greeted+"S: 250 mail\nC: NOOP").Dial(ctx, "mail")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	time.AfterFunc(20*time.Millisecond, cancel)
	if err := s.Noop(); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestTimeout(t *testing.T) {
	c := play(t, greeted+"S: 250 mail\nC: NOOP")
	s, err := c.Dial(t.Context(), "mail")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.client.Timeout = 10 * time.Millisecond
	if err := s.Noop(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
