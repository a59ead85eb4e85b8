package pop3c

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/protocol/mail"
)

// Capabilities are the lines of the server's answer to CAPA: "TOP", "SASL PLAIN"
// (RFC 2449 §5). A server that does not know CAPA has none.
func (s *Session) Capabilities() ([]string, error) {
	if s.capabilities == nil {
		all := map[string]bool{}
		_, err := s.command("CAPA")
		if _, refused := err.(*Error); refused {
			s.capabilities = all
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		const many = 1000
		if err := s.lines(many, func(line string) error { all[strings.ToUpper(line)] = true; return nil }); err != nil {
			return nil, err
		}
		s.capabilities = all
	}
	return slices.Sorted(maps.Keys(s.capabilities)), nil
}

// can says whether the server has a capability.
func (s *Session) can(capability string) (bool, error) {
	_, err := s.Capabilities()
	return s.capabilities[capability], err
}

// STLS begins TLS (RFC 2595 §4). What the server says before that was perhaps said
// by somebody in the middle, and is forgotten; words behind its +OK that came in
// the clear end the session.
func (s *Session) STLS() error {
	if s.conn.Secured() {
		return fmt.Errorf("%w: it has begun already", ErrTLS)
	}
	if _, err := s.command("STLS"); err != nil {
		return err
	}
	if n := s.in.Buffered(); n > 0 {
		return s.conn.Fail(fmt.Errorf("%w: %d bytes came in the clear behind the reply to STLS", ErrProtocol, n))
	}
	s.capabilities = nil
	return s.conn.Handshake()
}

// Secured reports whether TLS has begun.
func (s *Session) Secured() bool { return s.conn.Secured() }

// Login logs in with USER and PASS. Without TLS everybody on the way can read the
// password.
func (s *Session) Login(user, password string) error {
	if err := check(user, password); err != nil {
		return err
	}
	if _, err := s.command("USER %s", user); err != nil {
		return err
	}
	return s.secret("PASS", password)
}

// OffersAPOP reports whether the greeting has the timestamp that APOP needs.
func (s *Session) OffersAPOP() bool { return s.timestamp != "" }

// APOP logs in without telling the password (RFC 1939 §7); but who hears it can
// try out many passwords a second.
func (s *Session) APOP(user, password string) error {
	if s.timestamp == "" {
		return fmt.Errorf("APOP: %w", ErrNotOffered)
	}
	if err := check(user, password); err != nil {
		return err
	}
	if strings.Contains(user, " ") {
		return fmt.Errorf("%w: a space in the name %q", ErrArgument, user)
	}
	return s.secret("APOP", user+" "+mail.APOP(s.timestamp, password))
}

// AuthPlain logs in with AUTH PLAIN (RFC 5034, RFC 4616), which takes any name and
// any password. It hides no more than PASS does.
func (s *Session) AuthPlain(user, password string) error {
	if strings.Contains(user+password, "\x00") {
		return fmt.Errorf("%w: a NUL in the name or the password", ErrArgument)
	}
	return s.secret("AUTH", "PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+password)))
}

// secret sends a command whose argument no error shall show.
func (s *Session) secret(verb, argument string) error {
	if err := s.send(verb + " " + argument + "\r\n"); err != nil {
		return err
	}
	s.capabilities = nil // they may be others in the next state
	_, err := s.reply(verb)
	return err
}

// check refuses what would end the line and begin another command.
func check(arguments ...string) error {
	for _, a := range arguments {
		if strings.ContainsAny(a, "\r\n\x00") {
			return fmt.Errorf("%w: a line end or a NUL in the name or the password", ErrArgument)
		}
	}
	return nil
}
