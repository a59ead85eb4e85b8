package smtpd

import (
	"net/netip"
	"slices"
)

// A server has two roles, and they differ in who may send what to whom. What
// neither allows is what makes an open relay: to take mail of a stranger for
// strangers.
//
//	                        ports 587 and 465,      port 25, MX
//	                        submission
//	for a mailbox here      users                   everybody
//	for anybody elsewhere   users                   the campus
//
// Users are those who have logged in, and the campus, who are known by their
// addresses. In the early days everybody was; the exercise of the book, in which
// a student says MAIL FROM and RCPT TO by hand, needs it so.
type role interface {
	// secure says whether TLS begins with the first byte.
	secure() bool
	// login says whether AUTH is offered.
	login() bool
	// mail says whether a client may send with this reverse-path.
	mail(c *conversation, from address) error
	// relay says whether a client may send to those who are not here.
	relay(c *conversation) error
}

// submission is where users hand in their mail (RFC 6409).
type submission struct{}

func (submission) secure() bool { return false }
func (submission) login() bool  { return true }

// mail is for users. Who has logged in sends under his own name only (RFC 6409
// §6.1), or with the null reverse-path.
func (submission) mail(c *conversation, from address) error {
	switch {
	case c.user == "" && !c.onCampus():
		return refusal(530, 5, 7, 0, "log in first")
	case c.user == "" || from == (address{}):
		return nil
	case !c.isLocal(from.domain) || c.userOf(from) != c.user:
		return refusal(553, 5, 7, 1, "that is not the address of "+c.user)
	}
	return nil
}

func (submission) relay(*conversation) error { return nil }

// submissions is submission, too, and nothing of it is in the clear: the s is that
// of https (RFC 8314 §3.3).
type submissions struct{ submission }

func (submissions) secure() bool { return true }

// mx is where other servers bring the mail for our domains (RFC 5321 §3.3, §3.6.2).
type mx struct{}

func (mx) secure() bool { return false }
func (mx) login() bool  { return false }

func (mx) mail(*conversation, address) error { return nil }

func (mx) relay(c *conversation) error {
	if c.onCampus() {
		return nil
	}
	return refusal(550, 5, 7, 1, "this server does not relay")
}

// onCampus says whether the client is one of those who are trusted for their
// address.
func (c *conversation) onCampus() bool {
	ip := c.remote()
	return slices.ContainsFunc(c.Campus, func(p netip.Prefix) bool { return p.Contains(ip) })
}
