package sender

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/protocol/mail"
	"github.com/wirebook/wirebook/protocol/smtp"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
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

// transfer is one message (RFC 5321 §3.3). With an error the connection is of no
// further use; without results, too, nothing has been sent on it.
func (c *conversation) transfer(d *queue.Delivery) ([]queue.Result, error) {
	if err := c.can(d); err != nil {
		return same(d, err, c.host), nil
	}
	results, accepted, err := c.envelope(d)
	if results == nil || len(accepted) == 0 {
		if err == nil {
			err = c.reset()
		}
		return results, err
	}
	if err == nil {
		err = c.text(d, accepted, results)
	}
	for _, i := range accepted {
		if results[i].State == "" {
			results[i] = failed(err, c.host)
		}
	}
	return results, err
}

// can says what the server would have to be able to do and is not.
func (c *conversation) can(d *queue.Delivery) error {
	if _, able := c.extensions["SMTPUTF8"]; d.UTF8 && !able {
		return &noRoute{"550 5.6.7", fmt.Errorf("the message has addresses in UTF-8, and %s does not know SMTPUTF8", c.host)}
	}
	if _, able := c.extensions["8BITMIME"]; able {
		return nil
	}
	wide, err := is8Bit(d)
	if err != nil {
		return err
	}
	if wide {
		return &noRoute{"554 5.6.3", fmt.Errorf("the message has octets beyond ASCII, and %s does not know 8BITMIME", c.host)}
	}
	return nil
}

func is8Bit(d *queue.Delivery) (bool, error) {
	text, err := d.Open()
	if err != nil {
		return false, err
	}
	defer text.Close()
	piece := make([]byte, 32<<10)
	for {
		n, err := text.Read(piece)
		if bytes.ContainsFunc(piece[:n], func(r rune) bool { return r >= 0x80 }) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// envelope says who the message is from and for. With a server that can, all that
// is one write (RFC 2920). Results are those of recipients that were not
// accepted; the others' are still empty.
func (c *conversation) envelope(d *queue.Delivery) (results []queue.Result, accepted []int, err error) {
	_, pipelining := c.extensions["PIPELINING"]
	c.say("MAIL FROM:<%s>%s", d.From, c.parameters(d))
	if pipelining {
		for _, to := range d.To {
			c.say("RCPT TO:<%s>", to)
		}
	}
	sender, err := c.hear(c.limits.Reply)
	if err != nil {
		return nil, nil, err
	}
	if !sender.Completed() && !pipelining {
		return same(d, refusal{sender}, c.host), nil, nil
	}
	results = make([]queue.Result, len(d.To))
	for i, to := range d.To {
		if !pipelining {
			c.say("RCPT TO:<%s>", to)
		}
		r, err := c.hear(c.limits.Reply)
		switch {
		case err != nil:
			return same(d, err, c.host), nil, err
		case !sender.Completed():
			results[i] = failed(refusal{sender}, c.host)
		case r.Completed():
			accepted = append(accepted, i)
		case r.Code == 552: // as old servers say "too many" (RFC 5321 §4.5.3.1.10)
			r.Code = 452
			fallthrough
		default:
			results[i] = failed(refusal{r}, c.host)
		}
	}
	return results, accepted, nil
}

// parameters are what MAIL says beyond the address.
func (c *conversation) parameters(d *queue.Delivery) string {
	all := ""
	if _, able := c.extensions["8BITMIME"]; able {
		all += " BODY=8BITMIME"
	}
	if _, able := c.extensions["SIZE"]; able {
		all += fmt.Sprintf(" SIZE=%d", d.Size)
	}
	if d.UTF8 {
		all += " SMTPUTF8"
	}
	return all
}

// text sends the message to those who were accepted. After the dot it is the
// server's, if the reply is 250; if none comes, nobody knows whose it is.
func (c *conversation) text(d *queue.Delivery, accepted []int, results []queue.Result) error {
	text, err := d.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	r, err := c.ask("DATA")
	if err != nil {
		return err
	}
	if r.Code != 354 {
		for _, i := range accepted {
			results[i] = failed(refusal{r}, c.host)
		}
		return c.reset()
	}
	dots := mail.NewDotWriter(c.out)
	if _, err := io.Copy(dots, text); err != nil {
		return err
	}
	d.Sending(c.host, accepted)
	if err := dots.Close(); err != nil {
		return err
	}
	r, err = c.hear(c.limits.End)
	if err != nil && r.Code == 0 {
		for _, i := range accepted {
			results[i] = failed(err, c.host)
			results[i].InDoubt = true
		}
		return err
	}
	for _, i := range accepted {
		results[i] = failed(refusal{r}, c.host)
		if r.Completed() {
			results[i] = queue.Result{State: queue.Delivered, Reply: r.String(), Remote: c.host}
		}
	}
	return err
}

// reset ends a transaction without a message.
func (c *conversation) reset() error {
	_, err := c.ask("RSET")
	return err
}
