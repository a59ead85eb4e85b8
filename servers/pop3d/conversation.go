package pop3d

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/wirebook/wirebook/protocol/mail"
)

// state is where a session is (RFC 1939 §3).
type state int

const (
	authorization state = 1 << iota
	transaction
	update
)

// command is what can be asked for: in which states, with what argument, and who
// answers. A method returns an error only if the connection cannot go on.
type command struct {
	in       state
	argument argument
	do       func(c *conversation, arg string) error
}

type argument int

const (
	never argument = iota
	maybe
	needed
)

var commands map[string]command

func init() {
	commands = map[string]command{
		"USER": {authorization, needed, (*conversation).user},
		"PASS": {authorization, maybe, (*conversation).pass},
		"APOP": {authorization, needed, (*conversation).apop},
		"AUTH": {authorization, needed, (*conversation).auth},
		"STLS": {authorization, never, (*conversation).stls},
		"CAPA": {authorization | transaction, never, (*conversation).capa},
		"STAT": {transaction, never, (*conversation).stat},
		"LIST": {transaction, maybe, (*conversation).list},
		"UIDL": {transaction, maybe, (*conversation).uidl},
		"RETR": {transaction, needed, (*conversation).retr},
		"TOP":  {transaction, needed, (*conversation).top},
		"DELE": {transaction, needed, (*conversation).dele},
		"RSET": {transaction, never, (*conversation).rset},
		"NOOP": {transaction, never, (*conversation).noop},
		"QUIT": {authorization | transaction, never, (*conversation).quit},
	}
}

// conversation is one session with one client: commands and replies in turn.
type conversation struct {
	*office
	ctx context.Context
	stream

	state    state
	name     string // what USER said
	failures int    // wrong passwords
	mistakes int    // commands that made no sense
	banner   string // the greeting's timestamp, for APOP
	drop     *maildrop
	ahead    lookahead
	over     bool
}

// converse answers the client's commands until one side wants no more.
func (o *office) converse(ctx context.Context, conn net.Conn) {
	c := &conversation{office: o, ctx: ctx, state: authorization}
	c.stream.begin(conn, o, c.readAhead)
	defer c.stream.end()
	defer func() { c.drop.close() }()
	if o.Secure {
		if err := c.handshake(); err != nil {
			o.Log.Info("pop3d: no TLS", "client", client(conn), "error", err)
			return
		}
	}
	c.greet()
	for !c.over {
		if err := c.exchange(); err != nil {
			c.giveUp(err)
			return
		}
	}
	c.stream.hangUp()
}

// exchange is one command and its reply.
func (c *conversation) exchange() error {
	c.readWithin(c.IdleTimeout)
	line, err := mail.ReadLine(c.in, c.MaxLine)
	if errors.Is(err, mail.ErrLineTooLong) {
		return c.tooLong()
	}
	if err != nil {
		return err
	}
	verb, arg, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	cmd, known := commands[verb]
	if verb != "PASS" { // a password may end in a space
		arg = strings.TrimRight(arg, " ")
	}
	switch {
	case !known:
		return c.mistake("no such command")
	case cmd.in&c.state == 0 && c.state == authorization:
		return c.mistake("log in first")
	case cmd.in&c.state == 0:
		return c.mistake("you are logged in already")
	case cmd.argument == never && arg != "":
		return c.mistake("%s takes no argument", verb)
	case cmd.argument == needed && arg == "":
		return c.mistake("%s needs an argument", verb)
	}
	return cmd.do(c, arg)
}

// ok answers that a command was done.
func (c *conversation) ok(format string, args ...any) error {
	_, err := fmt.Fprintf(c.out(), "+OK "+format+"\r\n", args...)
	return err
}

// err answers that a command was not done.
func (c *conversation) err(format string, args ...any) error {
	_, err := fmt.Fprintf(c.out(), "-ERR "+format+"\r\n", args...)
	return err
}

// lines begins a reply of several lines; write adds what comes before the dot.
func (c *conversation) lines(write func(), format string, args ...any) error {
	if err := c.ok(format, args...); err != nil {
		return err
	}
	write()
	_, err := c.out().WriteString(".\r\n")
	return err
}

// maxMistakes is how often a client may say what it should not: one that speaks
// another protocol is not listened to for long.
const maxMistakes = 20

func (c *conversation) mistake(format string, args ...any) error {
	if c.mistakes++; c.mistakes > maxMistakes {
		c.over = true
		return c.err("too many mistakes")
	}
	return c.err(format, args...)
}

// tooLong answers a line that is too long, and skips it if it ends at all soon.
func (c *conversation) tooLong() error {
	const farTooLong = 64 << 10
	if err := mail.SkipLine(c.in, farTooLong); errors.Is(err, mail.ErrLineTooLong) {
		c.over = true
		return c.err("the line is far too long")
	} else if err != nil {
		return err
	}
	return c.mistake("the line is too long")
}

// giveUp ends a conversation that cannot go on. A client that says nothing for too
// long is told nothing, and nothing is deleted (RFC 1939 §3).
func (c *conversation) giveUp(err error) {
	if err != io.EOF && c.ctx.Err() == nil {
		c.Log.Debug("pop3d: a connection ended", "client", client(c.conn), "error", err)
	}
}

func (c *conversation) noop(string) error { return c.ok("nothing done") }

// capa lists what this server can do beyond RFC 1939's minimum (RFC 2449 §5).
func (c *conversation) capa(string) error {
	return c.lines(func() {
		for _, capability := range c.capabilities() {
			c.out().WriteString(capability + "\r\n")
		}
	}, "this is what is possible")
}

func (c *conversation) capabilities() []string {
	all := []string{"TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER"}
	if c.mayTell() {
		all = append(all, "USER", "SASL PLAIN")
	}
	if c.TLS != nil && !c.secured() && c.state == authorization {
		all = append(all, "STLS")
	}
	return append(all, "IMPLEMENTATION Wirebook")
}

// quit ends the session: after a login by way of the state UPDATE.
func (c *conversation) quit(string) error {
	c.over = true
	if c.state == authorization {
		return c.ok("bye")
	}
	c.state = update
	return c.update()
}

// plural is "1 message" or "2 messages".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
