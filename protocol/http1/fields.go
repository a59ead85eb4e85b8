package http1

import (
	"iter"
	"strings"
)

// Field is one line of a header or trailer (RFC 9112 §5).
type Field struct {
	Name, Value string
}

// Fields are a message's field lines in the order in which they came. Names
// are found whatever their case (RFC 9110 §5.1).
type Fields []Field

// Get returns the value of the first field of that name, or "".
func (fs Fields) Get(name string) string {
	value, _ := fs.Lookup(name)
	return value
}

// Lookup returns the value of the first field of that name, and whether there
// is one.
func (fs Fields) Lookup(name string) (value string, ok bool) {
	for i := range fs {
		if equalFold(fs[i].Name, name) {
			return fs[i].Value, true
		}
	}
	return "", false
}

// Count is how many field lines have that name.
func (fs Fields) Count(name string) int {
	n := 0
	for i := range fs {
		if equalFold(fs[i].Name, name) {
			n++
		}
	}
	return n
}

// Members are the members of a list, which may stand in one line or in several
// (RFC 9110 §5.6.1). Empty members are left out. Commas inside quoted strings
// are not looked for: it is for lists of tokens and numbers.
func (fs Fields) Members(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range fs {
			if !equalFold(fs[i].Name, name) {
				continue
			}
			rest, more := fs[i].Value, true
			for more {
				var member string
				member, rest, more = strings.Cut(rest, ",")
				if member = trimSpace(member); member != "" && !yield(member) {
					return
				}
			}
		}
	}
}

// HasMember says whether the list called name contains the token.
func (fs Fields) HasMember(name, token string) bool {
	for member := range fs.Members(name) {
		if equalFold(member, token) {
			return true
		}
	}
	return false
}

// ContentLength returns what the Content-Length fields say, and whether there
// are any. Several values are an error unless all are the same (RFC 9112 §6.3
// rule 5): who believes the first and who believes the last would disagree
// where the message ends.
func (fs Fields) ContentLength() (n int64, ok bool, err error) {
	if _, ok = fs.Lookup("Content-Length"); !ok {
		return 0, false, nil
	}
	n = -1
	for member := range fs.Members("Content-Length") {
		length, err := parseLength(member)
		if err != nil {
			return 0, true, err
		}
		if n >= 0 && n != length {
			return 0, true, SyntaxError("Content-Length fields differ")
		}
		n = length
	}
	if n < 0 {
		return 0, true, SyntaxError("Content-Length is empty")
	}
	return n, true, nil
}

// parseLength reads 1*DIGIT: no sign, no space, no overflow.
func parseLength(s string) (int64, error) {
	const maxDigits = 18 // all below 2^63
	if s == "" || len(s) > maxDigits {
		return 0, SyntaxError("Content-Length is not a sensible number")
	}
	var n int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, SyntaxError("Content-Length is not a number")
		}
		n = 10*n + int64(s[i]-'0')
	}
	return n, nil
}

// parseField reads `name ":" OWS value OWS`. White space before the colon is an
// error (RFC 9112 §5.1): it has been used to hide a field from a proxy.
func parseField(line string) (Field, error) {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return Field{}, SyntaxError("field line without a colon")
	}
	if !IsToken(name) {
		return Field{}, SyntaxError("field name is not a token")
	}
	value = trimSpace(value)
	if !ValidValue(value) {
		return Field{}, SyntaxError("control character in a field value")
	}
	return Field{Name: name, Value: value}, nil
}

// IsToken says whether s is a token: a method, a field name, a transfer coding
// (RFC 9110 §5.6.2).
func IsToken(s string) bool {
	for i := range len(s) {
		if !tokenChar[s[i]] {
			return false
		}
	}
	return s != ""
}

var tokenChar = func() (is [256]bool) {
	const chars = "!#$%&'*+-.^_`|~0123456789" +
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for i := range len(chars) {
		is[chars[i]] = true
	}
	return is
}()

// ValidValue says whether a field value has no control character but HTAB
// (RFC 9110 §5.5).
func ValidValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\t') || c == 0x7f {
			return false
		}
	}
	return true
}

// trimSpace removes optional white space, which is SP and HTAB and nothing
// else (RFC 9110 §5.6.3).
func trimSpace(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// equalFold compares names in ASCII: by strings.EqualFold, "K" (Kelvin) would be
// a k.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
