package imap

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// fields is the tree of a command, a reply or a response.
func (m *Message) fields(b []byte) []dissect.Field {
	var tree []dissect.Field
	add := func(name, key, value string, at place) {
		if at.length > 0 {
			tree = append(tree, dissect.Field{Name: name, Key: key, Value: text(value), Offset: at.at, Length: at.length})
		}
	}
	switch {
	case m.done:
		add("Done", "imap.command.IDLE", m.Response, m.place[2])
		return tree
	case m.Response != "":
		return []dissect.Field{mail.SASLField("Response", within(b, m.place[2]), 0)}
	case m.Tag == "+":
		add("Continuation", "imap.continuation", m.Tag, m.place[0])
		if m.asks && m.place[2].length > 0 {
			return append(tree, mail.SASLField("Challenge", m.Text, m.place[2].at))
		}
		add("Text", "imap.text", m.Text, m.place[2])
		return tree
	case m.Reply:
		m.replyFields(add)
	default:
		m.commandFields(add)
	}
	return append(tree, m.literalFields(b)...)
}

func (m *Message) commandFields(add func(name, key, value string, at place)) {
	add("Tag", "imap.tag", m.Tag, m.place[0])
	key := "imap.command"
	if slices.Contains(verbs, m.Verb) {
		key += "." + m.Verb
	}
	if m.UID {
		add("UID", "imap.command.UID", "UID", place{m.place[0].length + 1, len("UID")})
	}
	add("Command", key, m.Verb, m.place[1])
	add("Argument", "imap.argument", m.Arg, m.place[2])
}

func (m *Message) replyFields(add func(name, key, value string, at place)) {
	tag := "imap.tag"
	if m.Tag == "*" {
		tag = "imap.untagged"
	}
	add("Tag", tag, m.Tag, m.place[0])
	if number := m.place[1].at - len("* "); m.Tag == "*" && number > 0 {
		add("Number", "imap.number", strconv.Itoa(m.Number), place{len("* "), number - 1})
	}
	key := "imap.untagged"
	if slices.Contains([]string{"OK", "NO", "BAD", "BYE"}, m.Status) {
		key = "imap." + strings.ToLower(m.Status)
	}
	add("Status", key, m.Status, m.place[1])
	add("Text", "imap.text", m.Text, m.place[2])
}

// literalFields are the literals, and what stands behind each.
func (m *Message) literalFields(b []byte) []dissect.Field {
	var tree []dissect.Field
	for i, l := range m.literals {
		f := dissect.Field{Name: "Literal", Key: "imap.literal", Value: dissect.Text([]byte(within(b, l.place)), maxShown), Offset: l.at, Length: l.length}
		if l.mail != nil {
			f.Value = l.mail.Summary()
			f.Children = l.mail.Fields(b)
		}
		tree = append(tree, f)
		if i < len(m.lines) && m.lines[i].length > 0 {
			p := m.lines[i]
			tree = append(tree, dissect.Field{Name: "Text", Key: "imap.text", Value: text(within(b, p)), Offset: p.at, Length: p.length})
		}
	}
	return tree
}
