package ftpc

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
)

// open is what happens before the first command of the user.
func (s *Session) open(ctx context.Context) error {
	greeting, err := s.reply(ctx) // after a 120, "ready in nnn minutes", comes a 220
	if err != nil {
		return err
	}
	if !greeting.Completed() {
		return &Error{Command: "greeting", Reply: greeting}
	}
	if s.client.TLS == nil {
		return nil
	}
	return s.protect(ctx)
}

// protect changes the control connection over to TLS (RFC 4217 §4).
func (s *Session) protect(ctx context.Context) error {
	if _, err := s.must(ctx, "AUTH", "TLS"); err != nil {
		return err
	}
	// What came before the handshake was not protected: somebody on the way
	// may have put it there, to be taken for what the server says later.
	if s.in.Buffered() > 0 {
		return errors.New("the server said something between its reply to AUTH and TLS")
	}
	protected := tls.Client(s.conn, s.tlsConfig())
	if err := s.client.inTime(ctx, protected.HandshakeContext); err != nil {
		return fmt.Errorf("TLS: %w", err)
	}
	s.conn = protected
	s.in = bufio.NewReader(&tap{from: protected, line: s.received})
	return nil
}

// tlsConfig is that of the control connection, and of the data connections after
// it. These take up its TLS session: so a server knows that who opens the data
// connection is who has logged in, and many insist on it.
func (s *Session) tlsConfig() *tls.Config {
	config := s.client.TLS.Clone()
	if config.ServerName == "" {
		config.ServerName = s.host
	}
	if s.tlsSessions == nil {
		s.tlsSessions = tls.NewLRUClientSessionCache(1)
	}
	config.ClientSessionCache = s.tlsSessions
	return config
}

// Login says who we are (RFC 959 §5.4). Anonymous users are called "anonymous",
// and their password is by custom their mail address (RFC 1635). With TLS the
// data connections are protected from here on.
func (s *Session) Login(ctx context.Context, user, password string) error {
	reply, err := s.command(ctx, "USER", user)
	if err != nil {
		return err
	}
	if reply.Code == 331 {
		if reply, err = s.command(ctx, "PASS", password); err != nil {
			return err
		}
		if !reply.Completed() { // 332 asks for an account, which nobody has any more
			return refused("PASS", "", reply)
		}
	}
	if !reply.Completed() {
		return refused("USER", user, reply)
	}
	s.features = nil // of those that log in a server may tell more
	if s.client.TLS == nil || s.protected {
		return nil
	}
	return s.protectData(ctx)
}

// protectData asks for TLS on the data connections, too. PBSZ, the size of a
// buffer, means nothing to TLS, but has to come before PROT (RFC 2228 §3).
func (s *Session) protectData(ctx context.Context) error {
	if _, err := s.must(ctx, "PBSZ", "0"); err != nil {
		return err
	}
	if _, err := s.must(ctx, "PROT", "P"); err != nil {
		return err
	}
	s.protected = true
	return nil
}
