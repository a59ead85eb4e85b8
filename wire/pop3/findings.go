package pop3

import (
	"slices"

	"github.com/wirebook/wirebook/wire/dissect"
)

// rules are the names of all findings that are POP3's own.
var rules = []string{
	"command.unknown", "command.too-long", "command.early", "state.authorization", "state.transaction",
	"reply.malformed", "reply.unasked",
}

// finding is a rule of RFC 1939 that is broken, or something to notice.
func finding(name, section string, at place, severity dissect.Severity) dissect.Finding {
	return dissect.Finding{
		Key: "finding.pop3." + name, RFC: 1939, Section: section, Severity: severity, Offset: at.at, Length: at.length,
	}
}

const longCommand = 255 // RFC 2449 §4, with CR LF

// Which commands belong to which state (RFC 1939 §4, §5). QUIT, CAPA and NOOP are
// left out: nobody minds them.
var (
	forAuthorization = []string{"USER", "PASS", "APOP", "AUTH", "STLS"}
	forTransaction   = []string{"STAT", "LIST", "RETR", "DELE", "RSET", "TOP", "UIDL"}
)

// check looks at one command, and at its place among the others.
func (d *dialogue) check(m *Message, line []byte) []dissect.Finding {
	var found []dissect.Finding
	switch {
	case !slices.Contains(verbs, m.Verb):
		found = append(found, finding("command.unknown", "3", m.verb, dissect.Notice))
	case len(line) > longCommand && m.Verb != "AUTH":
		f := finding("command.too-long", "4", place{0, len(line)}, dissect.Warning)
		f.RFC = 2449
		found = append(found, f)
	}
	if !d.greeted {
		found = append(found, finding("command.early", "4", m.verb, dissect.Notice))
	}
	if d.lost || len(d.asked) > 0 { // who knows in which state the server will be
		return found
	}
	switch {
	case d.state == authorization && slices.Contains(forTransaction, m.Verb):
		found = append(found, finding("state.authorization", "4", m.verb, dissect.Wrong))
	case d.state == transaction && slices.Contains(forAuthorization, m.Verb):
		found = append(found, finding("state.transaction", "5", m.verb, dissect.Wrong))
	}
	return found
}
