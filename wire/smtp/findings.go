package smtp

import (
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// rules are the names of all findings that are SMTP's own.
var rules = []string{
	"command.malformed", "command.unknown", "command.too-long", "command.early", "command.early.greeting", "command.early.group",
	"order.hello", "order.nested", "order.sender", "order.recipient",
	"path.malformed", "path.space",
	"data.early", "smuggling.accepted", "chunk.malformed", "chunk.short",
	"reply.malformed", "reply.codes", "reply.cut", "reply.too-long", "reply.unasked", "reply.early",
}

// finding is a rule of RFC 5321 that is broken, or something to notice.
func finding(name, section string, at place, severity dissect.Severity) dissect.Finding {
	return dissect.Finding{
		Key: "finding.smtp." + name, RFC: 5321, Section: section, Severity: severity, Offset: at.at, Length: at.length,
	}
}

func finding3030(name string, at place) dissect.Finding {
	f := finding(name, "2", at, dissect.Wrong)
	f.RFC = 3030
	return f
}

// check looks at one command, and at its place among the others.
func (d *dialogue) check(m *Message, line []byte) []dissect.Finding {
	var found []dissect.Finding
	switch {
	case m.Verb == "":
		found = append(found, finding("command.malformed", "4.1.1", place{0, len(line)}, dissect.Wrong))
	case !slices.Contains(verbs, m.Verb):
		found = append(found, finding("command.unknown", "4.1.1", m.verb, dissect.Notice))
	case len(line) > shortLine && m.Verb != "AUTH" && m.Verb != "MAIL" && m.Verb != "RCPT": // extensions lengthen those
		found = append(found, finding("command.too-long", "4.5.3.1.4", place{0, len(line)}, dissect.Warning))
	}
	found = append(found, d.early(m)...)
	if name, section := d.misplaced(m.Verb); name != "" && !d.lost {
		found = append(found, finding(name, section, m.verb, dissect.Wrong))
	}
	if _, _, ok := m.chunk(); m.Verb == "BDAT" && !ok {
		found = append(found, finding3030("chunk.malformed", m.arg))
	}
	return append(found, m.checkPath()...)
}

// checkPath looks at the address of MAIL and RCPT (RFC 5321 §4.1.1.2, §4.1.1.3).
func (m *Message) checkPath() []dissect.Finding {
	word, section := "FROM:", "4.1.1.2"
	switch m.Verb {
	case "RCPT":
		word, section = "TO:", "4.1.1.3"
	case "MAIL":
	default:
		return nil
	}
	path, at := m.path()
	arg := strings.ToUpper(m.Arg)
	switch {
	case path == "" || !strings.HasPrefix(arg, word[:len(word)-1]):
		return []dissect.Finding{finding("path.malformed", section, m.arg, dissect.Wrong)}
	case !strings.HasPrefix(arg, word+"<"):
		return []dissect.Finding{finding("path.space", "3.3", place{m.arg.at, at}, dissect.Wrong)}
	}
	return nil
}

// checkReply looks at one reply.
func (m *Message) checkReply() []dissect.Finding {
	if m.Code != 0 {
		return nil
	}
	return []dissect.Finding{finding("reply.malformed", "4.2.1", m.lines[0], dissect.Wrong)}
}

// codePlace is where the code of a reply stands.
func (m *Message) codePlace() place {
	if m.Code == 0 {
		return place{}
	}
	return place{0, len("250")}
}
