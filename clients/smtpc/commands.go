package smtpc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/protocol/mail"
)

// hello says EHLO, and HELO to a server that does not know it (RFC 5321 §3.2).
func (s *Session) hello() error {
	name := s.client.Name
	if name == "" {
		name = literal(s.conn.LocalAddr())
	}
	if err := checkWord(name); err != nil {
		return err
	}
	s.extensions = nil
	reply, err := s.command("EHLO "+name, 250)
	var refused *Error
	if errors.As(err, &refused) && refused.Permanent() && s.conn.Ended() == nil {
		_, err = s.command("HELO "+name, 250)
		return err
	}
	if err != nil {
		return err
	}
	s.extensions = reply.Extensions()
	return nil
}

// literal is an address as EHLO has it, in brackets (RFC 5321 §4.1.3).
func literal(at net.Addr) string {
	addr, err := netip.ParseAddrPort(at.String())
	if err != nil {
		return "localhost"
	}
	return mail.Literal(addr.Addr().Unmap().WithZone(""))
}

// Extension reports whether the server offers an extension, and with which
// parameters: "AUTH" perhaps with "PLAIN LOGIN".
func (s *Session) Extension(name string) (parameters string, offered bool) {
	parameters, offered = s.extensions[name]
	return parameters, offered
}

// Mail begins a message: who is told when it cannot be delivered. An empty sender
// is nobody, for messages that tell just this (RFC 5321 §4.5.5). Parameters are as
// the extensions have them: "SIZE=1000".
func (s *Session) Mail(from string, parameters ...string) error {
	line, err := mailLine(from, parameters)
	if err != nil {
		return err
	}
	_, err = s.command(line, 250)
	return err
}

func mailLine(from string, parameters []string) (string, error) {
	if err := checkAddress(from); err != nil {
		return "", err
	}
	line := "MAIL FROM:<" + from + ">"
	for _, p := range parameters {
		if err := checkWord(p); err != nil {
			return "", err
		}
		line += " " + p
	}
	return line, nil
}

// Rcpt adds a recipient. 251 is that the server knows where the user has gone, and
// forwards (RFC 5321 §3.4); 252, that it will see.
func (s *Session) Rcpt(to string) error {
	line, err := rcptLine(to)
	if err != nil {
		return err
	}
	_, err = s.command(line, rcptOK...)
	return err
}

var rcptOK = []int{250, 251, 252}

func rcptLine(to string) (string, error) {
	if to == "" {
		return "", fmt.Errorf("%w: a recipient without an address", ErrArgument)
	}
	return "RCPT TO:<" + to + ">", checkAddress(to)
}

// Rset forgets the message that was begun.
func (s *Session) Rset() error { return s.simple("RSET") }

// Noop asks for nothing but an answer.
func (s *Session) Noop() error { return s.simple("NOOP") }

func (s *Session) simple(command string) error {
	_, err := s.command(command, 250)
	return err
}

// Quit ends the session, and closes the connection in any case.
func (s *Session) Quit() error {
	_, err := s.command("QUIT", 221)
	s.Close()
	return err
}

// limit is the largest message that the server takes, in octets; 0: it does not
// say (RFC 1870 §4).
func (s *Session) limit() int64 {
	n, err := strconv.ParseInt(s.extensions["SIZE"], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// checkWord refuses what would end a word, or the line.
func checkWord(word string) error {
	if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return fmt.Errorf("%w: %q", ErrArgument, word)
	}
	return nil
}

// checkAddress refuses an address that would end before its end: whose line would
// say more than that, or whose angle bracket would close. In quotes, a local part
// may have spaces and brackets (RFC 5321 §4.1.2).
func checkAddress(address string) error {
	quoted := false
	for i := 0; i < len(address); i++ {
		switch c := address[i]; {
		case c < ' ' || c == 0x7f:
			return fmt.Errorf("%w: a control character in the address %q", ErrArgument, address)
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\' && i+1 < len(address) && address[i+1] >= ' ' && address[i+1] < 0x7f:
			i++
		case !quoted && strings.IndexByte(" <>\\", c) >= 0:
			return fmt.Errorf("%w: %q in the address %q", ErrArgument, c, address)
		}
	}
	if quoted {
		return fmt.Errorf("%w: a quotation mark without its other in the address %q", ErrArgument, address)
	}
	return nil
}
