package ftpd

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/protocol/ftp"
)

// user takes a name. Any name is answered alike: who does not know the users
// learns nothing here (RFC 2577 §7).
func (c *conversation) user(cmd ftp.Command) bool {
	if c.library != nil {
		c.reply(530, "You are "+c.name+" already; connect anew to be somebody else.")
		return false
	}
	c.name = cmd.Arg
	if c.isAnonymous() {
		c.reply(331, "Any password will do; your e-mail address is customary.")
		return false
	}
	if c.desk.RequireTLS && !c.secure {
		c.name = ""
		c.reply(530, "Passwords are taken over TLS only: AUTH TLS first.")
		return false
	}
	c.reply(331, "The password, please.")
	return false
}

func (c *conversation) isAnonymous() bool {
	return c.desk.Anonymous != nil && (c.name == anonymous || c.name == "ftp")
}

// pass takes the password, and logs in.
func (c *conversation) pass(cmd ftp.Command) bool {
	switch {
	case c.library != nil:
		c.reply(230, "You are logged in already.")
		return false
	case c.name == "":
		c.reply(503, "USER first.")
		return false
	case !c.isRight(cmd.Arg):
		return c.refuse()
	}
	c.desk.attempts.forgive(c.peer)
	name := c.name
	if c.isAnonymous() {
		name = anonymous
	}
	c.library = newLibrary(c, c.desk.files[name])
	c.desk.Sessions.note(c)
	c.desk.Log.Debug("ftpd: logged in", "client", c.peer, "user", c.name, "tls", c.secure)
	c.reply(230, "Logged in.")
	return false
}

// isRight compares digests, so that the time it takes tells nothing.
func (c *conversation) isRight(password string) bool {
	if c.isAnonymous() {
		return true
	}
	user, known := c.desk.Users[c.name]
	want, got := sha256.Sum256([]byte(user.Password)), sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && known
}

// refuse answers a wrong password, slowly (RFC 2577 §5).
func (c *conversation) refuse() (quit bool) {
	c.desk.Log.Info("ftpd: wrong password", "client", c.peer, "user", c.name)
	if clock.Sleep(c.ctx, c.desk.Clock, c.desk.attempts.fail(c.peer)) != nil {
		return true
	}
	c.name = ""
	if c.wrong++; c.wrong >= c.desk.MaxLogins {
		c.reply(421, fmt.Sprintf("%d wrong passwords; closing.", c.wrong))
		return true
	}
	c.reply(530, "Wrong name or password.")
	return false
}

// attempts counts the wrong passwords from each address, over all connections:
// to hang up and call again must not help.
type attempts struct {
	clock clock.Clock
	delay time.Duration // for the first

	mu   sync.Mutex
	from map[netip.Addr]failures
}

type failures struct {
	count int
	last  time.Time
}

const (
	longestDelay = 30 * time.Second
	memoryOfThem = 10 * time.Minute // then an address is forgiven
	maxAddresses = 10_000           // are remembered
)

// fail counts one more, and says how long the answer must wait.
func (a *attempts) fail(client netip.Addr) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock.Now()
	if len(a.from) >= maxAddresses {
		a.forgetOld(now)
	}
	if a.from == nil || len(a.from) >= maxAddresses {
		a.from = make(map[netip.Addr]failures)
	}
	f := a.from[client]
	if now.Sub(f.last) > memoryOfThem {
		f.count = 0
	}
	a.from[client] = failures{f.count + 1, now}
	return min(a.delay<<min(f.count, 16), longestDelay)
}

func (a *attempts) forgetOld(now time.Time) {
	for client, f := range a.from {
		if now.Sub(f.last) > memoryOfThem {
			delete(a.from, client)
		}
	}
}

func (a *attempts) forgive(client netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.from, client)
}
