package check

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/wirebook/wirebook/netx"
)

// End is how waiting for the program ended.
type End int

// The ends.
const (
	Done   End = iota // what was awaited is there
	Closed            // the program closed the connection in an orderly way (FIN)
	Reset             // it was reset (RST)
	Idle              // the program does nothing any more
	Exited            // the program has ended
	Late              // the case's time is up while the program still computes
)

// poll is how often a wait looks at what the program does.
const poll = 50 * time.Millisecond

// Conn is a TCP connection with the program. It remembers all that was
// received.
type Conn struct {
	net.Conn
	t      *T
	got    []byte
	read   int // what of it Line and its like have handed out
	ended  End
	opened time.Time
	before int // how much the program had printed when it was opened
}

func (t *T) wrap(c net.Conn) *Conn {
	conn := &Conn{Conn: c, t: t, opened: time.Now()}
	if t.program() != nil {
		conn.before = len(t.program().Output())
	}
	t.keep(func() { c.Close() })
	return conn
}

// program and tester are the two ends.
func (c *Conn) program() netip.AddrPort { return addrPort(c.RemoteAddr()) }
func (c *Conn) tester() netip.AddrPort  { return addrPort(c.LocalAddr()) }

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}

// Received is all that came on the connection.
func (c *Conn) Received() []byte { return c.got }

// Send sends to the program. That it has closed the connection already shows
// when something is awaited from it, not here.
func (c *Conn) Send(data []byte) {
	c.SetWriteDeadline(time.Now().Add(c.t.remaining()))
	_, _ = c.Write(data)
}

// EndSending tells the program that nothing more comes (FIN), and goes on reading.
func (c *Conn) EndSending() {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// SendText sends a text.
func (c *Conn) SendText(text string) { c.Send([]byte(text)) }

// Receive waits until enough says so of all that has come, and returns that. A
// nil enough waits for the connection's end.
func (c *Conn) Receive(enough func(all []byte) bool) ([]byte, End) {
	buffer := make([]byte, 64<<10)
	for {
		if enough != nil && enough(c.got) {
			return c.got, Done
		}
		if c.ended != Done {
			return c.got, c.ended
		}
		c.SetReadDeadline(time.Now().Add(poll))
		n, err := c.Read(buffer)
		c.got = append(c.got, buffer[:n]...)
		switch {
		case n > 0, err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			if end := c.t.waiting(); end != Done {
				return c.got, end
			}
		case errors.Is(err, io.EOF):
			c.ended = Closed
		default:
			c.ended = Reset
		}
	}
}

// Line waits for the next line, and returns it with its end. Without one, what
// came of it is returned, and how the wait ended.
func (c *Conn) Line() (string, End) {
	_, end := c.Receive(func(all []byte) bool { return bytes.IndexByte(all[c.read:], '\n') >= 0 })
	rest := c.got[c.read:]
	n := bytes.IndexByte(rest, '\n') + 1
	if n == 0 {
		n = len(rest)
	}
	c.read += n
	return string(rest[:n]), end
}

// Until waits for a text, and returns all up to its end.
func (c *Conn) Until(mark string) (string, End) {
	_, end := c.Receive(func(all []byte) bool { return bytes.Contains(all[c.read:], []byte(mark)) })
	rest := c.got[c.read:]
	n := len(rest)
	if at := bytes.Index(rest, []byte(mark)); at >= 0 {
		n = at + len(mark)
	}
	c.read += n
	return string(rest[:n]), end
}

// Rest is what has come and was not handed out by Line or Until.
func (c *Conn) Rest() []byte { return c.got[c.read:] }

// Offset is how much Line and Until have handed out: the place of what comes
// next in all that the program has sent.
func (c *Conn) Offset() int { return c.read }

// Quiet waits for so long that nothing comes, and reports whether that is so.
func (c *Conn) Quiet(d time.Duration) bool {
	before := len(c.got)
	until := time.Now().Add(d)
	c.Receive(func(all []byte) bool { return len(all) > before || time.Now().After(until) })
	return len(c.got) == before
}

// Still waits until the program has rested for so long, neither computing nor
// sending, and reports whether nothing has come meanwhile. However slow the
// machine, a program that would have sent something has sent it by then.
func (c *Conn) Still(d time.Duration) bool {
	before := len(c.got)
	until := time.Now().Add(d)
	limit := until.Add(5 * time.Second) // for one that never rests
	c.Receive(func(all []byte) bool {
		now := time.Now()
		rests := now.After(until) && (c.t.program() == nil || c.t.program().idle() > d)
		return len(all) > before || rests || now.After(limit)
	})
	return len(c.got) == before
}

// Dial connects to the program, which must be listening. A refused connection
// ends the case.
func (t *T) Dial(p *Program) *Conn {
	at := p.Listening("tcp")
	return t.DialAt(at, Mistake{Name: "mistake.refused", Args: map[string]any{"Address": at.String()}})
}

// DialAt connects to where the program has listened, once more. A refused
// connection ends the case with the mistake m.
func (t *T) DialAt(at netip.AddrPort, m Mistake) *Conn {
	ctx, cancel := context.WithTimeout(t.ctx, t.remaining())
	defer cancel()
	defer t.cancelWhenUseless(cancel)()
	c, err := t.ground.network().DialContext(ctx, "tcp", at.String())
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) || ctx.Err() != nil || isTimeout(err) {
			t.Await(t.afterRefusal(), m)
		}
		t.fault(err)
	}
	return t.wrap(c)
}

// cancelWhenUseless cancels what waits for the program once that is no use any
// more: the host of a program that has ended does not even refuse. Stop ends it.
func (t *T) cancelWhenUseless(cancel func()) (stop func()) {
	done := make(chan struct{})
	t.group.Go(func() {
		tick := time.NewTicker(poll)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if t.waiting() != Done {
					cancel()
					return
				}
			}
		}
	})
	return func() { close(done) }
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// afterRefusal is why nobody accepts any more.
func (t *T) afterRefusal() End {
	if end := t.waiting(); end != Done {
		return end
	}
	return Reset
}

// Listener takes the connections that the program opens, whatever address and
// port it has in its source.
type Listener struct {
	t        *T
	incoming chan net.Conn
}

// Accept waits for the program's next connection.
func (l *Listener) Accept() (*Conn, End) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case c := <-l.incoming:
			return l.t.wrap(c), Done
		case <-tick.C:
			if end := l.t.waiting(); end != Done {
				select {
				case c := <-l.incoming:
					return l.t.wrap(c), Done
				default:
				}
				return nil, end
			}
		}
	}
}

// Reader reads the connection as the program's bytes come; its errors are
// io.ErrUnexpectedEOF for every end but an orderly one.
func (c *Conn) Reader() *bufio.Reader { return bufio.NewReader(receiver{c}) }

type receiver struct{ c *Conn }

func (r receiver) Read(p []byte) (int, error) {
	_, end := r.c.Receive(func(all []byte) bool { return len(all) > r.c.read })
	rest := r.c.got[r.c.read:]
	if len(rest) > 0 {
		n := copy(p, rest)
		r.c.read += n
		return n, nil
	}
	if end == Closed {
		return 0, io.EOF
	}
	return 0, io.ErrUnexpectedEOF
}

// DialFrom connects to the program from an address and port of the tester's, as
// an FTP server does in active mode, and says how it went: Reset is that nobody
// listens there.
func (t *T) DialFrom(from, to netip.AddrPort) (*Conn, End) {
	nw, ok := t.ground.network().(netx.SourceDialer)
	if !ok {
		t.fault(errors.New("this network cannot choose where a connection comes from"))
	}
	ctx, cancel := context.WithTimeout(t.ctx, t.remaining())
	defer cancel()
	defer t.cancelWhenUseless(cancel)()
	c, err := nw.DialFrom(ctx, "tcp", from.String(), to.String())
	if err != nil {
		return nil, t.afterRefusal()
	}
	return t.wrap(c), Done
}
