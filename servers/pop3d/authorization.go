package pop3d

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/protocol/mail"
	"github.com/wirebook/wirebook/servers/mailbox"
)

// greet says that we are there. With APOP the greeting has a timestamp that was
// never there before (RFC 1939 §7).
func (c *conversation) greet() {
	if c.secrets == nil {
		c.ok("POP3 server ready")
		return
	}
	var random [12]byte
	rand.Read(random[:])
	c.banner = fmt.Sprintf("<%s.%d@%s>", hex.EncodeToString(random[:]), c.Clock.Now().Unix(), c.Name)
	c.ok("POP3 server ready %s", c.banner)
}

// mayTell says whether a password may be told here.
func (c *conversation) mayTell() bool { return c.secured() || !c.NeedTLS }

const errNeedTLS = "no password without TLS: STLS first"

// user takes a name. Whether there is such a user is not said: that would help one
// who is looking for names.
func (c *conversation) user(name string) error {
	if !c.mayTell() {
		return c.mistake(errNeedTLS)
	}
	c.name = name
	return c.ok("now the password")
}

// pass takes the password: all that follows the space, also further spaces.
func (c *conversation) pass(password string) error {
	if c.name == "" {
		return c.mistake("USER first")
	}
	name := c.name
	c.name = ""
	return c.login(name, c.Users.Check(name, password))
}

// apop takes a name and a digest of the greeting's timestamp and the password,
// which itself is not sent (RFC 1939 §7).
func (c *conversation) apop(arg string) error {
	if c.secrets == nil {
		return c.mistake("no APOP here")
	}
	name, digest, _ := strings.Cut(arg, " ")
	secret, known := c.secrets.Secret(name)
	want := mail.APOP(c.banner, secret)
	right := subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(digest))) == 1
	return c.login(name, known && right)
}

// auth is a login by SASL (RFC 5034). Of its mechanisms this knows PLAIN, which
// sends three texts with a NUL between them: whose maildrop, who am I, and the
// password (RFC 4616). The client sends them at once or when it is asked.
func (c *conversation) auth(arg string) error {
	mechanism, response, at := strings.Cut(arg, " ")
	if !strings.EqualFold(mechanism, "PLAIN") {
		return c.mistake("no such mechanism")
	}
	if !c.mayTell() {
		return c.mistake(errNeedTLS)
	}
	if !at {
		if _, err := c.out().WriteString("+ \r\n"); err != nil {
			return err
		}
		var err error
		c.readWithin(c.IdleTimeout)
		if response, err = mail.ReadLine(c.in, c.MaxLine); errors.Is(err, mail.ErrLineTooLong) {
			return c.tooLong()
		} else if err != nil {
			return err
		}
	}
	if response == "*" {
		return c.err("as you like")
	}
	plain, err := base64.StdEncoding.DecodeString(response)
	texts := strings.Split(string(plain), "\x00")
	if err != nil || len(texts) != 3 {
		return c.mistake("that is not PLAIN")
	}
	whose, name, password := texts[0], texts[1], texts[2]
	return c.login(name, (whose == "" || whose == name) && c.Users.Check(name, password))
}

// login opens the maildrop of a user who gave the right password. To guess takes
// longer with each guess, and ends soon.
func (c *conversation) login(name string, right bool) error {
	if !right {
		c.failures++
		c.Log.Info("pop3d: wrong password", "client", client(c.conn), "user", name)
		if err := clock.Sleep(c.ctx, c.Clock, c.LoginDelay*time.Duration(c.failures)); err != nil {
			return err
		}
		c.over = c.failures >= c.MaxLogins
		return c.err("[AUTH] no such user, or not the password")
	}
	drop, err := openMaildrop(c.Mail, name)
	switch {
	case errors.Is(err, mailbox.ErrLocked):
		return c.err("[IN-USE] another session has this maildrop")
	case errors.Is(err, mailbox.ErrUser):
		return c.err("[SYS/PERM] no maildrop of this name")
	case errors.Is(err, mailbox.ErrJournal): // a full disk: all the more reason to let him in
		c.Log.Warn("pop3d: mailbox", "user", name, "error", err)
	case err != nil:
		c.Log.Error("pop3d: mailbox", "user", name, "error", err)
		return c.err("[SYS/TEMP] the maildrop cannot be opened now")
	}
	c.drop, c.state = drop, transaction
	count, octets := drop.stat()
	return c.ok("%s (%d octets)", plural(count, "message"), octets)
}
