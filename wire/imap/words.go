package imap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// verbs are the commands of RFC 9051, those that RFC 3501 had besides, and ID.
var verbs = []string{
	"CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "AUTHENTICATE", "LOGIN",
	"ENABLE", "SELECT", "EXAMINE", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "LIST", "LSUB", "NAMESPACE", "STATUS", "APPEND", "IDLE",
	"CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE", "UID", "ID",
}

// told are the untagged replies that have an explanation of their own.
var told = []string{
	"OK", "NO", "BAD", "BYE", "CAPABILITY", "ENABLED", "LIST", "LSUB", "NAMESPACE", "STATUS", "FLAGS", "SEARCH", "ESEARCH", "EXISTS", "RECENT",
	"EXPUNGE", "FETCH",
}

const (
	keyCommand  = "message.imap.command"
	keyResponse = "message.imap.response"
	keyDone     = "message.imap.done"
	keyReply    = "message.imap.reply"
	keyTagged   = "message.imap.tagged"
	keyContinue = "message.imap.continue"
	keyUntagged = "message.imap.untagged"
)

func keys() []string {
	all := append(mail.Keys(), keyCommand, keyResponse, keyDone, keyReply, keyContinue, keyUntagged, keyUntagged+".greeting", keyUntagged+".mail")
	for _, verb := range verbs {
		all = append(all, keyCommand+"."+verb)
	}
	for _, name := range told {
		all = append(all, keyUntagged+"."+name)
	}
	for _, end := range final {
		all = append(all, keyTagged+"."+end)
	}
	for _, rule := range rules {
		all = append(all, "finding.imap."+rule)
	}
	return all
}

// key is the message's explanation.
func (m *Message) key() string {
	switch {
	case !m.Reply && slices.Contains(verbs, m.Verb):
		return keyCommand + "." + m.Verb
	case !m.Reply:
		return keyCommand
	case m.Tag == "+":
		return keyContinue
	case !m.wellFormed():
		return keyReply
	case m.Tag != "*":
		return keyTagged + "." + m.Status
	case m.greeting:
		return keyUntagged + ".greeting"
	case m.Mail != nil:
		return keyUntagged + ".mail"
	case slices.Contains(told, m.Status):
		return keyUntagged + "." + m.Status
	}
	return keyUntagged
}

func (m *Message) args() map[string]any {
	args := map[string]any{"From": "", "To": "", "Hops": 0, "Bytes": 0, "Count": m.Number}
	if m.Mail != nil {
		args = m.Mail.Args()
		args["Count"] = m.Number
	}
	args["Method"], args["Name"], args["Reason"] = m.Verb, text(m.Arg), text(m.Text)
	return args
}

// summary is one line: "a3 FETCH 1 BODY[]", `* 1 FETCH: message "Hello", 498
// bytes`.
func (m *Message) summary() string {
	if m.Reply {
		return m.replySummary()
	}
	verb := m.Verb
	if m.UID {
		verb = "UID " + verb
	}
	line := strings.Join(strings.Fields(text(m.Tag)+" "+text(verb)+" "+text(withoutLiteral(m.Arg))), " ")
	switch {
	case m.Mail != nil:
		return line + ": " + m.Mail.Summary()
	case m.Verb == "LOGIN" && len(m.literals) > 0:
		return line + " " + mail.Stars
	case len(m.literals) > 0:
		return fmt.Sprintf("%s + %d bytes", line, m.literalBytes())
	}
	return line
}

func (m *Message) replySummary() string {
	words := m.Text
	if plain := mail.Decoded(words); m.asks && plain != "" {
		words += " (" + plain + ")"
	}
	name := m.Status
	if m.Number > 0 || m.Tag == "*" && slices.Contains([]string{"EXISTS", "RECENT", "EXPUNGE", "FETCH"}, m.Status) {
		name = fmt.Sprintf("%d %s", m.Number, m.Status)
	}
	switch {
	case m.Mail != nil:
		return fmt.Sprintf("%s %s: %s", text(m.Tag), text(name), m.Mail.Summary())
	case len(m.literals) > 0:
		return fmt.Sprintf("%s %s %s + %d bytes", text(m.Tag), text(name), text(withoutLiteral(words)), m.literalBytes())
	}
	return strings.Join(strings.Fields(text(m.Tag)+" "+text(name)+" "+text(words)), " ")
}

func (m *Message) literalBytes() int {
	n := 0
	for _, l := range m.literals {
		n += l.length
	}
	return n
}

// withoutLiteral is a line without the number of bytes at its end.
func withoutLiteral(line string) string {
	if _, _, ok := announced([]byte(line + "\r\n")); ok {
		return strings.TrimRight(line[:strings.LastIndexByte(line, '{')], " ~")
	}
	return line
}

func text(s string) string { return dissect.Text([]byte(s), maxShown) }
