package imapc

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (s *Session) setCapabilities(names []string) {
	s.capabilities = map[string]bool{}
	for _, name := range names {
		s.capabilities[strings.ToUpper(name)] = true
	}
}

// Capabilities are what the server can do: "IDLE", "AUTH=PLAIN" (RFC 3501 §7.2.1).
func (s *Session) Capabilities() ([]string, error) {
	if s.capabilities == nil {
		if _, err := s.run(newCommand("CAPABILITY"), nil); err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(s.capabilities)), nil
}

// can says whether the server has a capability.
func (s *Session) can(capability string) (bool, error) {
	_, err := s.Capabilities()
	return s.capabilities[capability], err
}

// StartTLS begins TLS (RFC 3501 §6.2.1). What the server says before that was
// perhaps said by somebody in the middle, and is forgotten; words behind its OK that
// came in the clear end the session.
func (s *Session) StartTLS() error {
	if s.conn.Secured() {
		return fmt.Errorf("%w: it has begun already", ErrTLS)
	}
	if ok, err := s.can("STARTTLS"); err != nil || !ok {
		return notOffered("STARTTLS", err)
	}
	if _, err := s.run(newCommand("STARTTLS"), nil); err != nil {
		return err
	}
	if n := s.in.Buffered(); n > 0 {
		return s.conn.Fail(fmt.Errorf("%w: %d bytes came in the clear behind the reply to STARTTLS", ErrProtocol, n))
	}
	s.capabilities = nil
	return s.conn.Handshake()
}

func notOffered(what string, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", what, ErrNotOffered)
}

// Login logs in with LOGIN. Without TLS everybody on the way can read the password;
// a server that forbids it then says LOGINDISABLED.
func (s *Session) Login(user, password string) error {
	if forbidden, err := s.can("LOGINDISABLED"); err != nil || forbidden {
		return notOffered("a login without TLS", err)
	}
	c := newCommand("LOGIN")
	c.add(" ").string(user).add(" ").string(password)
	c.shown = `LOGIN "` + user + `" ********`
	return s.secret(c)
}

// AuthPlain logs in with AUTHENTICATE PLAIN (RFC 4616). It hides no more than LOGIN
// does.
func (s *Session) AuthPlain(user, password string) error {
	if strings.Contains(user+password, "\x00") {
		return fmt.Errorf("%w: a NUL in the name or the password", ErrArgument)
	}
	if ok, err := s.can("AUTH=PLAIN"); err != nil || !ok {
		return notOffered("AUTHENTICATE PLAIN", err)
	}
	hidden := base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
	c := newCommand("AUTHENTICATE PLAIN")
	if s.capabilities["SASL-IR"] { // RFC 4959
		c.add(" " + hidden)
		c.shown = "AUTHENTICATE PLAIN ********"
		return s.secret(c)
	}
	tag, err := s.send(c)
	if err != nil {
		return err
	}
	if err := s.invited(tag, c.name); err != nil {
		return err
	}
	if err := s.write(hidden+"\r\n", "********"); err != nil {
		return err
	}
	s.capabilities = nil
	_, err = s.replyTo(tag, c.name, nil)
	return err
}

// secret sends a command after which the server may be able to do other things.
func (s *Session) secret(c *command) error {
	before := s.capabilities
	s.capabilities = nil
	_, err := s.run(c, nil)
	if _, refused := err.(*Error); refused && s.capabilities == nil {
		s.capabilities = before
	}
	return err
}

// Noop asks for nothing but what is new.
func (s *Session) Noop() error {
	_, err := s.run(newCommand("NOOP"), nil)
	return err
}

// Logout ends the session, and closes the connection in any case.
func (s *Session) Logout() error {
	bye := func(response) error { return nil }
	_, err := s.run(newCommand("LOGOUT"), on{"BYE": bye})
	s.Close()
	return err
}
