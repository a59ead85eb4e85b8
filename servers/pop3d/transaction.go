package pop3d

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/protocol/mail"
)

// stat says how many messages there are, and how large they are together (RFC 1939
// §5). Programs read it, so that nothing follows the numbers.
func (c *conversation) stat(string) error {
	count, octets := c.drop.stat()
	return c.ok("%d %d", count, octets)
}

// list says how large each message is, or one.
func (c *conversation) list(arg string) error {
	return c.listing(arg, func(line []byte, m *entry) []byte { return strconv.AppendInt(line, m.Size, 10) })
}

// uidl says each message's unique-id, or one's (RFC 1939 §7).
func (c *conversation) uidl(arg string) error {
	return c.listing(arg, func(line []byte, m *entry) []byte { return append(line, m.UniqueID()...) })
}

// listing answers with a line for each message, or for the one that is named.
func (c *conversation) listing(arg string, describe func(line []byte, m *entry) []byte) error {
	line := make([]byte, 0, 100)
	if arg != "" {
		number, m := c.drop.message(arg)
		if m == nil {
			return c.noSuchMessage()
		}
		return c.ok("%d %s", number, describe(line, m))
	}
	count, octets := c.drop.stat()
	return c.lines(func() {
		for i := range c.drop.messages {
			if m := &c.drop.messages[i]; !m.deleted {
				line = append(strconv.AppendInt(line[:0], int64(i+1), 10), ' ')
				c.out().Write(append(describe(line, m), "\r\n"...))
			}
		}
	}, "%s (%d octets)", plural(count, "message"), octets)
}

func (c *conversation) noSuchMessage() error {
	return c.err("no such message; there are %d", len(c.drop.messages))
}

// retr sends a message: from memory, or if it is large from its file.
func (c *conversation) retr(arg string) error {
	number, m := c.drop.message(arg)
	if m == nil {
		return c.noSuchMessage()
	}
	var text io.Reader
	if c.ahead.number == number || c.ahead.read(c.drop, number) {
		text = bytes.NewReader(c.ahead.text)
	} else {
		file, err := c.drop.open(m)
		if err != nil {
			return c.unreadable(err)
		}
		defer file.Close()
		text = file
	}
	reply := append(strconv.AppendInt([]byte("+OK "), m.Size, 10), " octets\r\n"...)
	if _, err := c.out().Write(reply); err != nil {
		return err
	}
	if err := c.send(text); err != nil {
		return err
	}
	m.retrieved = true
	c.ahead.after = number
	return nil
}

// top sends a message's header and the first lines of its body (RFC 1939 §7).
func (c *conversation) top(arg string) error {
	which, lines, _ := strings.Cut(arg, " ")
	n, err := strconv.ParseUint(lines, 10, 31)
	if err != nil {
		return c.mistake("how many lines?")
	}
	_, m := c.drop.message(which)
	if m == nil {
		return c.noSuchMessage()
	}
	text, err := c.drop.open(m)
	if err != nil {
		return c.unreadable(err)
	}
	defer text.Close()
	if err := c.ok("the top of it"); err != nil {
		return err
	}
	return c.send(newTop(text, int(n)))
}

// send sends a text, however long it is. If the disk fails in its middle, only
// the end of the connection can tell the client.
func (c *conversation) send(text io.Reader) error {
	dots := mail.NewDotWriter(c.out())
	if _, err := io.CopyBuffer(dots, struct{ io.Reader }{text}, c.work.copy); err != nil {
		return err
	}
	return dots.Close()
}

// unreadable says why a message cannot be sent.
func (c *conversation) unreadable(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return c.err("another program has removed it")
	}
	c.Log.Error("pop3d: a message cannot be read", "error", err)
	return c.err("[SYS/TEMP] it cannot be read now")
}

// dele marks a message. It is deleted in UPDATE, and until then RSET takes it
// back.
func (c *conversation) dele(arg string) error {
	number, m := c.drop.message(arg)
	if m == nil {
		return c.noSuchMessage()
	}
	m.deleted = true
	return c.ok("message %d is marked", number)
}

// rset takes all marks back.
func (c *conversation) rset(string) error {
	for i := range c.drop.messages {
		c.drop.messages[i].deleted = false
	}
	count, octets := c.drop.stat()
	return c.ok("%s (%d octets)", plural(count, "message"), octets)
}
