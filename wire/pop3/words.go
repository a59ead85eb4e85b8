package pop3

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// verbs are the commands of RFC 1939, 2449, 2595 and 5034.
var verbs = []string{
	"USER", "PASS", "APOP", "AUTH", "STLS", "CAPA", "STAT", "LIST", "RETR", "DELE", "NOOP", "RSET", "TOP", "UIDL", "QUIT",
}

const (
	keyCommand  = "message.pop3.command"
	keyReply    = "message.pop3.reply"
	keyResponse = "message.pop3.response"
)

func keys() []string {
	all := append(mail.Keys(), keyCommand, keyReply, keyReply+".greeting", keyReply+".ok", keyReply+".err", keyReply+".challenge", keyResponse)
	for _, verb := range verbs {
		all = append(all, keyCommand+"."+verb)
		if slices.Contains(telling, verb) {
			all = append(all, keyReply+"."+verb)
		}
	}
	for _, rule := range rules {
		all = append(all, "finding.pop3."+rule)
	}
	return all
}

// telling are the commands whose good replies have an explanation of their own.
var telling = []string{"PASS", "APOP", "STLS", "CAPA", "STAT", "LIST", "RETR", "TOP", "UIDL", "DELE", "QUIT"}

// key is the message's explanation.
func (m *Message) key() string {
	switch {
	case m.Status == "+":
		return keyReply + ".challenge"
	case m.Status == "-ERR":
		return keyReply + ".err"
	case m.Status == "+OK" && m.asked == greeting:
		return keyReply + ".greeting"
	case m.Status == "+OK" && slices.Contains(telling, m.asked):
		return keyReply + "." + m.asked
	case m.Status == "+OK":
		return keyReply + ".ok"
	case m.first > 0:
		return keyReply
	case slices.Contains(verbs, m.Verb):
		return keyCommand + "." + m.Verb
	}
	return keyCommand
}

func (m *Message) args() map[string]any {
	if m.Mail != nil {
		return m.Mail.Args()
	}
	return map[string]any{"Method": m.Verb, "Name": text(m.Arg), "Reason": text(m.Text), "Count": m.count}
}

// summary is one line: "RETR 1", `+OK 498 octets: message "Hello", 498 bytes`.
func (m *Message) summary() string {
	if m.first == 0 {
		return strings.TrimRight(text(m.Verb)+" "+text(m.Arg), " ")
	}
	words := m.Text
	if plain := mail.Decoded(words); m.Status == "+" && plain != "" {
		words += " (" + plain + ")"
	}
	line := strings.Trim(m.Status+" "+text(words), " ")
	switch {
	case m.Mail != nil:
		return line + ": " + m.Mail.Summary()
	case m.multi:
		return fmt.Sprintf("%s (%s)", line, lines(m.count))
	}
	return line
}

func lines(n int) string {
	if n == 1 {
		return "1 line"
	}
	return fmt.Sprintf("%d lines", n)
}

func text(s string) string { return dissect.Text([]byte(s), maxShown) }
