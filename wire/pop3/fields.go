package pop3

import (
	"slices"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// fields is the tree of a command, a reply or a response.
func (m *Message) fields(b []byte) []dissect.Field {
	switch {
	case m.first > 0:
		return m.replyFields(b)
	case m.Response != "":
		return []dissect.Field{mail.SASLField("Response", string(b[:min(m.arg.length, len(b))]), 0)}
	}
	line := dissect.Field{Name: "Command line", Key: "pop3.command", Value: m.summary(), Length: len(b)}
	key := "pop3.command"
	if slices.Contains(verbs, m.Verb) {
		key += "." + m.Verb
	}
	line.Children = []dissect.Field{{Name: "Command", Key: key, Value: text(m.Verb), Offset: m.verb.at, Length: m.verb.length}}
	if m.arg.length > 0 {
		line.Children = append(line.Children, dissect.Field{
			Name: "Argument", Key: "pop3.argument", Value: text(m.Arg), Offset: m.arg.at, Length: m.arg.length,
		})
	}
	return []dissect.Field{line}
}

func (m *Message) replyFields(b []byte) []dissect.Field {
	var tree []dissect.Field
	if m.Status != "" {
		key := map[string]string{"+OK": "pop3.ok", "-ERR": "pop3.err", "+": "mail.sasl"}[m.Status]
		tree = append(tree, dissect.Field{Name: "Status", Key: key, Value: m.Status, Length: m.verb.length})
	}
	switch {
	case m.arg.length == 0:
	case m.Status == "+":
		tree = append(tree, mail.SASLField("Challenge", m.Text, m.arg.at))
	default:
		tree = append(tree, dissect.Field{Name: "Text", Key: "pop3.text", Value: text(m.Text), Offset: m.arg.at, Length: m.arg.length})
	}
	switch {
	case m.Mail != nil:
		return append(tree, m.Mail.Fields(b)...)
	case !m.multi:
		return tree
	}
	for i, p := range m.linePlaces(b) {
		if i < len(m.Lines) {
			tree = append(tree, dissect.Field{Name: "Line", Key: "pop3.multiline", Value: text(m.Lines[i]), Offset: p.at, Length: p.length})
		}
	}
	if end := m.first + m.size; end < len(b) {
		tree = append(tree, dissect.Field{Name: "End", Key: "mail.end", Value: text(string(mail.Trim(b[end:]))), Offset: end, Length: len(b) - end})
	}
	return tree
}
