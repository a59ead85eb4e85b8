package mail

import (
	"slices"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Finding is a rule of an RFC that is broken, or something to notice, in what the
// protocols of mail have in common.
func Finding(name string, rfc int, section string, at, length int, severity dissect.Severity) dissect.Finding {
	return dissect.Finding{
		Key: Rules + name, RFC: rfc, Section: section, Severity: severity, Offset: at, Length: length,
	}
}

// Keys are those of every explanation and finding here.
func Keys() []string {
	keys := []string{KeyTLS, "message.mail.message"}
	for _, rule := range [...]string{
		"line.bare-lf", "line.bare-cr", "line.too-long", "line.cut",
		"text.unended", "text.line.too-long", "dot.unstuffed", "smuggling",
		"header.unseparated", "header.malformed", "header.repeated", "header.eight-bit",
		"from.missing", "date.missing", "message-id.missing",
		"password.clear",
	} {
		keys = append(keys, Rules+rule)
	}
	return keys
}

// check looks at a message's header (RFC 5322 §3.6). offset is where it begins.
func (h *header) check(offset int) []dissect.Finding {
	var found []dissect.Finding
	find := func(name, section string, at, length int, severity dissect.Severity, args map[string]any) {
		f := Finding(name, 5322, section, offset+at, length, severity)
		f.Args = args
		found = dissect.AppendOnce(found, f)
	}
	if h.unseparated {
		find("header.unseparated", "2.1", h.body, 1, dissect.Wrong, nil)
	}
	count := make(map[string]int)
	for _, l := range h.lines {
		name := canonical(l.name)
		count[name]++
		switch {
		case l.malformed:
			find("header.malformed", "2.2", l.at, l.length, dissect.Wrong, nil)
		case slices.Contains(once, name) && count[name] > 1:
			find("header.repeated", "3.6", l.at, l.length, dissect.Wrong, map[string]any{"Name": name})
		case slices.ContainsFunc([]byte(l.raw), func(c byte) bool { return c >= 0x80 }):
			find("header.eight-bit", "2.2", l.at, l.length, dissect.Notice, map[string]any{"Name": name})
		}
	}
	if !h.whole {
		return found
	}
	for _, rule := range [...]struct {
		header, name, section string
		severity              dissect.Severity
	}{
		{"From", "from.missing", "3.6.2", dissect.Wrong},
		{"Date", "date.missing", "3.6.1", dissect.Wrong},
		{"Message-ID", "message-id.missing", "3.6.4", dissect.Notice},
	} {
		if count[rule.header] == 0 {
			find(rule.name, rule.section, 0, 0, rule.severity, nil)
		}
	}
	return found
}

// once are the header lines of which there is at most one (RFC 5322 §3.6).
var once = []string{
	"Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject",
}
