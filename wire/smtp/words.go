package smtp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// verbs are the commands of RFC 5321, 3030, 3207 and 4954.
var verbs = []string{
	"HELO", "EHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "VRFY", "EXPN", "HELP", "NOOP", "QUIT", "STARTTLS", "AUTH",
}

// codes are the replies that have an explanation of their own; all others have
// that of their first digit.
var codes = []int{
	211, 214, 220, 221, 235, 250, 251, 252, 334, 354,
	421, 432, 450, 451, 452, 454, 455,
	500, 501, 502, 503, 504, 521, 530, 534, 535, 538, 550, 551, 552, 553, 554, 555, 556,
}

const (
	keyCommand  = "message.smtp.command"
	keyReply    = "message.smtp.reply"
	keyResponse = "message.smtp.response"
	keyMail     = "message.mail.message"
	keyChunk    = "message.smtp.chunk"
)

func keys() []string {
	all := append(mail.Keys(), keyCommand, keyReply, keyReply+".250.hello", keyReply+".250.mail", keyResponse, keyChunk)
	for _, verb := range verbs {
		all = append(all, keyCommand+"."+verb)
	}
	for class := 2; class <= 5; class++ {
		all = append(all, fmt.Sprintf("%s.%dyz", keyReply, class))
	}
	for _, code := range codes {
		all = append(all, keyReply+"."+strconv.Itoa(code))
	}
	for _, rule := range rules {
		all = append(all, "finding.smtp."+rule)
	}
	return all
}

// key is the message's explanation.
func (m *Message) key() string {
	switch {
	case m.hello:
		return keyReply + ".250.hello"
	case m.accepted:
		return keyReply + ".250.mail"
	case slices.Contains(codes, m.Code):
		return keyReply + "." + strconv.Itoa(m.Code)
	case m.Code != 0:
		return fmt.Sprintf("%s.%dyz", keyReply, m.Code/100)
	case m.count > 0:
		return keyReply
	case slices.Contains(verbs, m.Verb):
		return keyCommand + "." + m.Verb
	}
	return keyCommand
}

func (m *Message) args() map[string]any {
	if m.count > 0 {
		return map[string]any{"Status": m.Code, "Reason": text(m.Lines[0])}
	}
	path, _ := m.path()
	return map[string]any{"Method": m.Verb, "Name": text(m.Arg), "Address": text(strings.Trim(path, "<>"))}
}

// summary is one line: "RCPT TO:<bob@example.com>", "250 2.1.5 OK".
func (m *Message) summary() string {
	switch {
	case m.count > 1:
		return fmt.Sprintf("%s (%d lines)", m.status(), m.count)
	case m.count == 1:
		return m.status()
	case m.Verb == "":
		return text(m.Arg)
	case m.Verb == "AUTH":
		return m.authSummary()
	}
	return strings.TrimRight(m.Verb+" "+text(m.Arg), " ")
}

// authSummary shows a hidden response as if all were of the same length.
func (m *Message) authSummary() string {
	mechanism, response, _ := strings.Cut(m.Arg, " ")
	if response != "" && strings.Trim(response, "* ") == "" {
		response = mail.Stars
	}
	return strings.TrimRight("AUTH "+text(mechanism)+" "+text(response), " ")
}

// status is the first line of a reply; a challenge says what it means.
func (m *Message) status() string {
	words := m.Lines[0]
	if m.Code == 0 {
		return text(words)
	}
	if plain := mail.Decoded(words); m.Code == 334 && plain != "" {
		words += " (" + plain + ")"
	}
	return strings.TrimRight(strconv.Itoa(m.Code)+" "+text(words), " ")
}

func text(s string) string { return dissect.Text([]byte(s), maxShown) }

func chunkSummary(number, size int) string { return fmt.Sprintf("chunk %d, %d bytes", number, size) }
