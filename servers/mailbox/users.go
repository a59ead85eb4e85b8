package mailbox

import "crypto/subtle"

// Passwords are users and what they log in with, for the servers that let users
// in. The passwords are kept as they are, as POP3's APOP requires it (RFC 1939
// §13); where they must not be, write another type with Check alone.
type Passwords map[string]string

// Check reports whether a user has this password. It takes as long for a wrong
// one as for the right one.
func (p Passwords) Check(user, password string) bool {
	secret, known := p[user]
	return subtle.ConstantTimeCompare([]byte(secret), []byte(password)) == 1 && known
}

// Secret is a user's password.
func (p Passwords) Secret(user string) (string, bool) {
	secret, known := p[user]
	return secret, known
}

// Exists reports whether there is such a user.
func (p Passwords) Exists(user string) bool {
	_, known := p[user]
	return known
}
