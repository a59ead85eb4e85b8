package imap

import (
	"slices"

	"github.com/wirebook/wirebook/wire/dissect"
)

// rules are the names of all findings that are IMAP's own.
var rules = []string{
	"tag.malformed", "tag.repeated", "command.missing", "command.unknown", "command.early", "state.stranger", "state.known", "state.selected",
	"literal.early", "literal.cut", "done.missing", "reply.malformed", "reply.unasked",
}

// finding is a rule of RFC 9051 that is broken, or something to notice.
func finding(name, section string, at place, severity dissect.Severity) dissect.Finding {
	return dissect.Finding{
		Key: "finding.imap." + name, RFC: 9051, Section: section, Severity: severity, Offset: at.at, Length: at.length,
	}
}

// Which commands belong to which state (RFC 9051 §6.2 to §6.4). All others may be
// said at any time.
var (
	forStrangers = []string{"STARTTLS", "AUTHENTICATE", "LOGIN"}
	forKnown     = []string{
		"ENABLE", "SELECT", "EXAMINE", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "LIST", "LSUB", "NAMESPACE", "STATUS", "APPEND",
		"IDLE",
	}
	forSelected = []string{"CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE"}
)

// check looks at one command, and at its place among the others.
func (d *dialogue) check(m *Message) []dissect.Finding {
	var found []dissect.Finding
	find := func(name, section string, at place, severity dissect.Severity) {
		found = append(found, finding(name, section, at, severity))
	}
	switch {
	case !isTag(m.Tag):
		find("tag.malformed", "2.2.1", m.place[0], dissect.Wrong)
	case slices.ContainsFunc(d.going, func(c *command) bool { return c.tag == m.Tag }):
		find("tag.repeated", "2.2.1", m.place[0], dissect.Wrong)
	}
	switch {
	case m.Verb == "":
		find("command.missing", "2.2.1", m.place[0], dissect.Wrong)
	case !slices.Contains(verbs, m.Verb):
		find("command.unknown", "6", m.place[1], dissect.Notice)
	}
	if !d.greeted {
		find("command.early", "3", m.place[1], dissect.Notice)
	}
	if d.lost || len(d.going) > 0 { // who knows in which state the server will be
		return found
	}
	switch {
	case d.state == stranger && (slices.Contains(forKnown, m.Verb) || slices.Contains(forSelected, m.Verb)):
		find("state.stranger", "3.1", m.place[1], dissect.Wrong)
	case d.state == known && slices.Contains(forSelected, m.Verb):
		find("state.selected", "3.2", m.place[1], dissect.Wrong)
	case d.state != stranger && slices.Contains(forStrangers, m.Verb):
		find("state.known", "3.2", m.place[1], dissect.Wrong)
	}
	return found
}

// isTag reports whether a word may be a tag (RFC 9051 §9).
func isTag(word string) bool {
	if word == "" || word == "*" {
		return false
	}
	return !slices.ContainsFunc([]byte(word), func(c byte) bool {
		return c <= ' ' || c >= 0x7f || slices.Contains([]byte(`(){%*"\+`), c)
	})
}
