package smtpc

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// StartTLS begins TLS, and says EHLO once more (RFC 3207 §4.2): what the server has
// said before was perhaps said by somebody in the middle. Words behind its 220 that
// came in the clear end the session; a server that took such for its own has let
// strangers' commands into protected sessions.
func (s *Session) StartTLS() error {
	if s.conn.Secured() {
		return fmt.Errorf("%w: it has begun already", ErrTLS)
	}
	if _, ok := s.extensions["STARTTLS"]; !ok {
		return fmt.Errorf("STARTTLS: %w", ErrNotOffered)
	}
	if _, err := s.command("STARTTLS", 220); err != nil {
		return err
	}
	if n := s.in.Buffered(); n > 0 {
		return s.conn.Fail(fmt.Errorf("%w: %d bytes came in the clear behind the reply to STARTTLS", ErrProtocol, n))
	}
	if err := s.conn.Handshake(); err != nil {
		return err
	}
	return s.hello()
}

// Auth logs in, by PLAIN if the server offers that, or else by LOGIN. Neither hides
// the password: without TLS everybody on the way can read it.
func (s *Session) Auth(user, password string) error {
	mechanisms := strings.Fields(strings.ToUpper(s.extensions["AUTH"]))
	switch {
	case slices.Contains(mechanisms, "PLAIN"):
		return s.AuthPlain(user, password)
	case slices.Contains(mechanisms, "LOGIN"):
		return s.AuthLogin(user, password)
	}
	return fmt.Errorf("AUTH PLAIN and AUTH LOGIN: %w", ErrNotOffered)
}

// AuthPlain logs in with the name and the password in one piece (RFC 4954, RFC
// 4616).
func (s *Session) AuthPlain(user, password string) error {
	if strings.Contains(user+password, "\x00") {
		return fmt.Errorf("%w: a NUL in the name or the password", ErrArgument)
	}
	return s.secret("AUTH PLAIN ", "\x00"+user+"\x00"+password, "AUTH PLAIN", 235)
}

// AuthLogin logs in with one after the other, as the server asks for them. It is
// older than SASL; no RFC describes it, and nearly every server knows it.
func (s *Session) AuthLogin(user, password string) error {
	if _, err := s.command("AUTH LOGIN", 334); err != nil {
		return err
	}
	if err := s.secret("", user, "AUTH LOGIN", 334); err != nil {
		return err
	}
	return s.secret("", password, "AUTH LOGIN", 235)
}

// secret sends what no error and no trace shall show.
func (s *Session) secret(before, hidden, command string, code int) error {
	s.trace(true, before+"********")
	if err := s.conn.Say(before + base64.StdEncoding.EncodeToString([]byte(hidden)) + "\r\n"); err != nil {
		return err
	}
	_, err := s.expect(command, code)
	return err
}
