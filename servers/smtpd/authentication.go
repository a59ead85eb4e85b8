package smtpd

import (
	"errors"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/wirebook/wirebook/clock"
)

// AuthMechanisms are those of RFC 4954 that are offered: PLAIN, which sends name
// and password in one text, and LOGIN, which is in no RFC and asks for them one
// after the other, as many programs still expect. Both are as open as a postcard:
// TLS is what hides them.
func (c *conversation) AuthMechanisms() []string {
	if !c.role.login() {
		return nil
	}
	return []string{sasl.Plain, sasl.Login}
}

// Auth begins a login.
func (c *conversation) Auth(mechanism string) (sasl.Server, error) {
	if !c.role.login() {
		return nil, refusal(503, 5, 5, 1, "nobody logs in at this port")
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(identity, user, password string) error {
			return c.login(user, password, identity == "" || identity == user)
		}), nil
	case sasl.Login:
		return &loginMechanism{check: func(user, password string) error { return c.login(user, password, true) }}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// login checks a password. To guess takes longer with each guess, and ends soon.
func (c *conversation) login(user, password string, asHimself bool) error {
	if name, domain, found := strings.Cut(user, "@"); found && c.isLocal(domain) {
		user = name // the mail address will do
	}
	if c.failures < c.MaxLogins && asHimself && c.Users.Check(user, password) {
		c.user = user
		return nil
	}
	c.failures++
	c.Log.Info("smtpd: wrong password", "client", c.client(), "user", user)
	if err := clock.Sleep(c.ctx, c.Clock, c.LoginDelay*time.Duration(c.failures)); err != nil {
		return err
	}
	if c.failures >= c.MaxLogins {
		c.stream.over = true
	}
	return refusal(535, 5, 7, 8, "no such user, or not the password")
}

// loginMechanism is LOGIN's server.
type loginMechanism struct {
	check func(user, password string) error
	step  int
	user  string
}

// Next takes what the client says, and asks for the next.
func (l *loginMechanism) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	if l.step == 1 && response != nil {
		l.step++ // the name came with the command
	}
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	case 3:
		return nil, true, l.check(l.user, string(response))
	}
	return nil, true, errors.New("that was all")
}
