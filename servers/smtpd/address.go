package smtpd

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/wirebook/wirebook/protocol/mail"
)

// address is a mailbox's: local-part@domain (RFC 5321 §4.1.2).
type address struct {
	local  string // without quotes
	domain string // in small letters; [192.0.2.25] is one, too
}

var (
	errAddress = errors.New("that is no address")
	errUTF8    = errors.New("an address beyond ASCII needs SMTPUTF8")
)

// The longest parts, in octets (RFC 5321 §4.5.3.1).
const (
	maxLocal  = 64
	maxDomain = 255
)

// parseAddress reads an address from which go-smtp has taken the brackets, the
// source route and the quotes. What stands before the last @ is the local part,
// whatever is in it: it means something to its own domain only, and so
// bob%example.com@example.edu and "bob@example.com"@example.edu are mailboxes of
// example.edu, which it does not have.
func parseAddress(s string, utf8Allowed bool) (address, error) {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > maxLocal || !utf8.ValidString(s) {
		return address{}, errAddress
	}
	a := address{local: s[:at], domain: strings.ToLower(s[at+1:])}
	for _, c := range s {
		if c >= utf8.RuneSelf && !utf8Allowed {
			return address{}, errUTF8
		}
		if c < ' ' || c == 0x7f {
			return address{}, errAddress
		}
	}
	if !isHost(a.domain) {
		return address{}, errAddress
	}
	return a, nil
}

// isHost says whether a text has the form of a domain's name, or is an address in
// brackets.
func isHost(s string) bool {
	_, literal := mail.ParseLiteral(s)
	return literal || isDomain(s)
}

// isDomain says whether a text has the form of a domain's name.
func isDomain(s string) bool {
	if len(s) == 0 || len(s) > maxDomain {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
			if !letter && c != '-' && c != '_' && c < utf8.RuneSelf {
				return false
			}
		}
	}
	return true
}

// String is the address as it is written in commands, with quotes if the local
// part needs them.
func (a address) String() string {
	if a == (address{}) {
		return ""
	}
	if isDotString(a.local) {
		return a.local + "@" + a.domain
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.local)
	return `"` + quoted + `"@` + a.domain
}

func isDotString(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for _, c := range []byte(atom) {
			letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
			if !letter && c < utf8.RuneSelf && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) < 0 {
				return false
			}
		}
	}
	return true
}

// sameDomain compares names of domains; bücher.example is
// xn--bcher-kva.example.
func sameDomain(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	x, errX := idna.Lookup.ToASCII(a)
	y, errY := idna.Lookup.ToASCII(b)
	return errX == nil && errY == nil && x == y
}
