package sender

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/protocol/smtp"
)

// conversation is a connection to a mail server.
type conversation struct {
	conn       net.Conn
	host       string
	in         *bufio.Reader
	out        *bufio.Writer
	limits     Timeouts
	clock      clock.Clock
	extensions map[string]string // what EHLO was answered with
}

func begin(conn net.Conn, host string, limits Timeouts, time clock.Clock) *conversation {
	c := &conversation{host: host, limits: limits, clock: clock.Or(time)}
	c.over(conn)
	return c
}

// over has the conversation go on over a connection.
func (c *conversation) over(conn net.Conn) {
	c.conn, c.in = conn, bufio.NewReader(conn)
	c.out = bufio.NewWriterSize(patientWriter{conn, c.limits.Data, c.clock}, 16<<10)
}

// patientWriter gives the other side so long to take each piece.
type patientWriter struct {
	net.Conn
	patience time.Duration
	clock    clock.Clock
}

func (w patientWriter) Write(p []byte) (int, error) {
	w.SetWriteDeadline(w.clock.Now().Add(w.patience))
	return w.Conn.Write(p)
}

// hangUp ends the conversation at once. It may be called at any time.
func (c *conversation) hangUp() { c.conn.Close() }

// quit ends it in good order, and does not wait long for the answer.
func (c *conversation) quit() {
	c.limits.Reply = min(c.limits.Reply, 5*time.Second)
	c.ask("QUIT")
	c.conn.Close()
}

// say sends a command with the next ones.
func (c *conversation) say(format string, args ...any) {
	fmt.Fprintf(c.out, format+"\r\n", args...)
}

// hear sends what was said and reads one reply.
func (c *conversation) hear(patience time.Duration) (smtp.Reply, error) {
	if err := c.out.Flush(); err != nil {
		return smtp.Reply{}, err
	}
	c.conn.SetReadDeadline(c.clock.Now().Add(patience))
	const longestLine, mostLines = 2000, 200 // a server that never comes to an end is not listened to
	r, err := smtp.ReadReply(c.in, longestLine, mostLines, nil)
	if err != nil {
		return smtp.Reply{}, err
	}
	if r.Code == 421 { // it closes the connection (RFC 5321 §3.8)
		return r, refusal{r}
	}
	return r, nil
}

// refusal is a reply as a failure.
type refusal struct{ smtp.Reply }

func (r refusal) Error() string { return r.String() }

func (c *conversation) ask(format string, args ...any) (smtp.Reply, error) {
	c.say(format, args...)
	return c.hear(c.limits.Reply)
}

// open waits for the greeting and says who we are; over TLS once more.
func (c *conversation) open(ctx context.Context, name string, secure *tls.Config) error {
	greeting, err := c.hear(c.limits.Reply)
	if err == nil && greeting.Code != 220 {
		err = refusal{greeting}
	}
	if err != nil {
		return err
	}
	if err := c.hello(name); err != nil {
		return err
	}
	if _, offered := c.extensions["STARTTLS"]; !offered || secure == nil {
		return nil
	}
	if err := c.startTLS(ctx, secure); err != nil {
		return &tlsFailure{err}
	}
	return c.hello(name)
}

// hello is EHLO, or HELO with a server that knows no extensions.
func (c *conversation) hello(name string) error {
	r, err := c.ask("EHLO %s", name)
	if err == nil && r.Permanent() {
		c.extensions = nil
		r, err = c.ask("HELO %s", name)
	} else if err == nil {
		c.extensions = r.Extensions()
	}
	if err == nil && !r.Completed() {
		err = refusal{r}
	}
	return err
}

// tlsFailure is that the server offers TLS and it does not come about.
type tlsFailure struct{ err error }

func (t *tlsFailure) Error() string { return "no TLS: " + t.err.Error() }
func (t *tlsFailure) Unwrap() error { return t.err }

// startTLS puts TLS between the connection and us. What has come behind the reply
// in the clear is not believed.
func (c *conversation) startTLS(ctx context.Context, config *tls.Config) error {
	r, err := c.ask("STARTTLS")
	if err != nil {
		return err
	}
	if r.Code != 220 {
		return refusal{r}
	}
	config = config.Clone()
	config.ServerName = c.host
	secured := tls.Client(c.conn, config)
	c.conn.SetDeadline(c.clock.Now().Add(c.limits.Reply))
	if err := secured.HandshakeContext(ctx); err != nil {
		return err
	}
	c.over(secured)
	return nil
}
