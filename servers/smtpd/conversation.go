package smtpd

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/emersion/go-smtp"

	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

// conversation is one client's session. go-smtp calls a method for each command
// that it has understood; what the method returns is the reply.
type conversation struct {
	*office
	ctx    context.Context
	role   role
	stream *stream
	conn   *smtp.Conn

	user     string // who has logged in
	failures int    // wrong passwords
	refused  int    // recipients
	transaction
}

// transaction is one message on its way in (RFC 5321 §3.3): from whom, for whom.
type transaction struct {
	open bool
	utf8 bool
	from address
	to   []address
}

var (
	_ smtp.Session     = (*conversation)(nil)
	_ smtp.AuthSession = (*conversation)(nil)
)

// converse answers a client until one side wants no more.
func (o *office) converse(ctx context.Context, conn net.Conn, r role) {
	if !o.callers.enter(conn, o.MaxPerClient) {
		o.turnAway(conn)
		return
	}
	defer o.callers.leave(conn)
	if r.secure() {
		secured, err := o.handshake(ctx, conn)
		if err != nil {
			return
		}
		defer secured.Close()
		conn = secured
	}
	c := &conversation{office: o, ctx: ctx, role: r, stream: o.newStream(ctx, conn, r.secure())}
	c.speak()
	if c.stream.starting {
		secured, err := c.startTLS(conn)
		if err != nil {
			return
		}
		defer secured.Close()
		c = &conversation{office: o, ctx: ctx, role: r, stream: o.newStream(ctx, secured, true)}
		c.stream.again = true
		c.speak()
	}
	c.stream.hangUp()
}

// newSession is called when a client says HELO or EHLO for the first time.
func (c *conversation) newSession(conn *smtp.Conn) (smtp.Session, error) {
	c.conn = conn
	return c, nil
}

// client is the other side's address, for the log.
func (c *conversation) client() string { return c.stream.RemoteAddr().String() }

// remote is the other side's IP address.
func (c *conversation) remote() netip.Addr { return ipOf(c.stream.Conn) }

func ipOf(conn net.Conn) netip.Addr {
	at, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return at.Addr().Unmap().WithZone("")
}

// refusal is a reply with its enhanced status code (RFC 3463).
func refusal(code, class, subject, detail int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
}

var errOver = refusal(421, 4, 7, 0, "too many mistakes; goodbye")

// Mail begins a transaction (RFC 5321 §4.1.1.2). An empty reverse-path is that of
// notices, which nobody must answer.
func (c *conversation) Mail(from string, opts *smtp.MailOptions) error {
	if c.stream.over {
		return errOver
	}
	if c.open {
		return refusal(503, 5, 5, 1, "a transaction is open; RSET ends it")
	}
	t := transaction{open: true, utf8: opts.UTF8}
	if from != "" {
		var err error
		if t.from, err = parseAddress(from, t.utf8); err != nil {
			return badAddress(err, 7)
		}
	}
	if err := c.role.mail(c, t.from); err != nil {
		return err
	}
	c.transaction = t
	return nil
}

func badAddress(err error, detail int) error {
	if errors.Is(err, errUTF8) {
		return refusal(553, 5, 6, 7, err.Error())
	}
	return refusal(553, 5, 1, detail, err.Error())
}

// Rcpt names a recipient (RFC 5321 §4.1.1.3). Whether there is such a mailbox is
// said now: to find it out later would mean to write to a sender who perhaps
// never wrote to us.
func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	if c.stream.over {
		return errOver
	}
	a, err := parseAddress(to, c.utf8)
	if err != nil {
		return c.refuse(badAddress(err, 3))
	}
	if !c.isLocal(a.domain) {
		if err := c.role.relay(c); err != nil {
			return c.refuse(err)
		}
	} else if c.userOf(a) == "" {
		return c.refuse(refusal(550, 5, 1, 1, "no such mailbox here"))
	}
	if !slices.Contains(c.to, a) { // once is enough
		c.to = append(c.to, a)
	}
	return nil
}

// refuse counts the recipients that were refused: one who is trying out names is
// not listened to for long.
func (c *conversation) refuse(err error) error {
	if c.refused++; c.refused > c.MaxRefused {
		c.stream.over = true
		return errOver
	}
	return err
}

// Reset forgets the transaction: RSET, a further EHLO, or the end of DATA.
func (c *conversation) Reset() { c.transaction = transaction{} }

// Logout is the session's end.
func (c *conversation) Logout() error { return nil }

// isLocal says whether a domain is one of ours.
func (o *office) isLocal(domain string) bool {
	return slices.ContainsFunc(o.Domains, func(ours string) bool { return sameDomain(ours, domain) })
}

// userOf is whose mailbox an address of our domains is, "" if nobody's. In theory
// a local part may tell Alice from alice; who relies on it loses mail (RFC 5321
// §2.4).
func (o *office) userOf(a address) string {
	for _, name := range []string{a.local, strings.ToLower(a.local)} {
		if o.Users.Exists(name) {
			return name
		}
	}
	if strings.EqualFold(a.local, "postmaster") { // always there (RFC 5321 §4.5.1)
		return o.Postmaster
	}
	return ""
}

// refusalOf is the reply to a message that could not be stored.
func (c *conversation) refusalOf(err error) error {
	var reply *smtp.SMTPError
	switch {
	case errors.As(err, &reply):
		return reply
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, queue.ErrFull):
		c.Log.Error("smtpd: no room", "error", err)
		return refusal(452, 4, 3, 1, "there is no room for it now")
	}
	c.Log.Error("smtpd: a message was not stored", "client", c.client(), "error", err)
	return refusal(451, 4, 3, 0, "it cannot be stored now")
}
