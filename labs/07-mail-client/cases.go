package mailclient

import (
	"bytes"
	"regexp"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// conversation judges the commands: which, in what order, and how they are
// written.
func conversation(t *check.T) {
	l, _ := start(t, nil)
	s, end := serve(t, l, nil)
	for i, c := range s.log {
		s.judge(c, i)
	}
	s.finish(end)
	if end != check.Done {
		t.Await(end, check.Mistake{
			Name: "no-quit", Conn: s.c, Offset: len(s.c.Received()), Expected: "QUIT\r\n", RFC: "RFC 5321 §4.1.1.10", Book: "§2.3.1",
		})
	}
	if s.clear {
		t.Remark("password-in-clear")
	}
}

var (
	mailFrom = regexp.MustCompile(`(?i)^MAIL FROM:[ \t]*<[^<>]*>( [^\r\n]*)?$`)
	rcptTo   = regexp.MustCompile(`(?i)^RCPT TO:[ \t]*<[^<>]+>( [^\r\n]*)?$`)

	bareMail = regexp.MustCompile(`(?i)^(MAIL FROM|RCPT TO):?[ \t]*[^<>\s]+@?[^<>\s]*\s*$`)
	path     = regexp.MustCompile(`<([^<>]*)>`)
)

// order are the commands that make progress.
var order = map[string]string{"HELO": "", "EHLO": "", "STARTTLS": "EHLO", "AUTH": "EHLO", "MAIL": "HELO", "RCPT": "MAIL", "DATA": "RCPT"}

// judge judges one command.
func (s *session) judge(c command, i int) {
	wrong := check.Mistake{Conn: c.conn, Offset: c.offset, Length: len(strings.TrimRight(c.line, "\r\n")), Actual: c.line, Book: "§2.3.1"}
	text := strings.TrimRight(c.line, "\r\n")
	switch {
	case !strings.HasSuffix(c.line, "\r\n"):
		wrong.Name, wrong.RFC, wrong.Expected = "bare-lf", "RFC 5321 §2.3.8", text+"\r\n"
		wrong.Offset, wrong.Length = c.offset+len(c.line)-1, 1
	case (c.verb == "HELO" || c.verb == "EHLO") && len(strings.Fields(text)) < 2:
		wrong.Name, wrong.RFC, wrong.Expected = "helo-no-name", "RFC 5321 §4.1.1.1", c.verb+" student\r\n"
	case c.verb == "MAIL" && !mailFrom.MatchString(text), c.verb == "RCPT" && !rcptTo.MatchString(text):
		wrong.Name, wrong.RFC, wrong.Expected = "bad-path", "RFC 5321 §4.1.1.2", "MAIL FROM:<alice@example.com>\r\n"
		if c.verb == "RCPT" {
			wrong.RFC, wrong.Expected = "RFC 5321 §4.1.1.3", "RCPT TO:<bob@example.net>\r\n"
		}
		if bareMail.MatchString(text) {
			wrong.Name = "no-brackets"
		}
	case !known(c.verb):
		wrong.Name, wrong.RFC = "bad-command", "RFC 5321 §4.1.1"
		if i > 0 && s.log[i-1].verb == "DATA" {
			wrong.Name = "message-too-early"
		}
	case order[c.verb] != "" && !s.earlier(i, order[c.verb]):
		wrong.Name, wrong.RFC, wrong.Args = "order", "RFC 5321 §4.1.4", map[string]any{"First": order[c.verb], "Then": c.verb}
	default:
		s.remark(c)
		return
	}
	s.t.Wrong(wrong)
}

func (s *session) remark(c command) {
	if c.verb != "MAIL" && c.verb != "RCPT" {
		return
	}
	if strings.Contains(c.line, ": ") || strings.Contains(c.line, ":\t") {
		s.t.Remark("space-after-colon")
	}
	if m := path.FindStringSubmatch(c.line); m != nil && m[1] != "" && !strings.Contains(m[1], "@") {
		s.t.Remark("no-domain")
	}
}

func known(verb string) bool {
	_, ok := order[verb]
	return ok || verb == "QUIT" || verb == "RSET" || verb == "NOOP" || verb == "VRFY" || verb == "HELP" || verb == "EXPN"
}

// earlier reports whether a verb came before the command at a place; EHLO is a
// HELO, too.
func (s *session) earlier(at int, verb string) bool {
	for _, c := range s.log[:at] {
		if c.verb == verb || verb == "HELO" && c.verb == "EHLO" {
			return true
		}
	}
	return verb == "EHLO" && s.earlier(at, "HELO") // AUTH after HELO: real servers let it pass
}

// rest is for how long a program must have done nothing to be sure that it waits.
const rest = 250 * time.Millisecond

// waits holds every reply back until the program has come to rest: meanwhile
// nothing may come.
func waits(t *check.T) {
	l, _ := start(t, nil)
	s, end := serve(t, l, func(s *session) {
		s.bring = func(reply string) {
			s.early(reply, "too-early")
			s.c.SendText(reply)
		}
	})
	s.finish(end)
}

// early ends the case if the program sends something before a reply is complete.
func (s *session) early(missing, mistake string) {
	at := s.c.Offset()
	if len(s.c.Rest()) == 0 && s.c.Still(rest) {
		return
	}
	sent := s.c.Received()[at:]
	if n := bytes.IndexByte(sent, '\n'); n >= 0 {
		sent = sent[:n+1]
	}
	s.t.Wrong(check.Mistake{
		Name: mistake, Conn: s.c, Offset: at, Length: len(sent), Args: map[string]any{"Reply": strings.TrimSpace(missing)},
		Expected: check.Say("mail-client.waiting", "Reply", strings.TrimSpace(missing)), Actual: string(sent), RFC: "RFC 5321 §4.3.1", Book: "§2.3.1",
	})
}

// message judges what was sent after DATA: lines, header, blank line.
func message(t *check.T) {
	l, _ := start(t, nil)
	s, end := serve(t, l, nil)
	s.finish(end)
	for _, m := range s.messages {
		judgeLines(t, m)
		judgeHeader(t, m)
	}
}

func judgeLines(t *check.T, m letter) {
	for i, b := range m.raw {
		if b == '\n' && (i == 0 || m.raw[i-1] != '\r') {
			from := bytes.LastIndexByte(m.raw[:i], '\n') + 1
			t.Wrong(check.Mistake{
				Name: "bare-lf", Conn: m.conn, Offset: m.offset + i, Length: 1, RFC: "RFC 5321 §2.3.8", Book: "§2.3.2",
				Expected: string(m.raw[from:i]) + "\r\n", Actual: string(m.raw[from : i+1]),
			})
		}
	}
	if tail := m.conn.Received()[m.offset+len(m.raw):]; bytes.HasPrefix(tail, []byte(".\n")) {
		t.Wrong(check.Mistake{
			Name: "bare-lf", Conn: m.conn, Offset: m.offset + len(m.raw) + 1, Length: 1, RFC: "RFC 5321 §4.1.1.4", Book: "§2.3.1",
			Expected: ".\r\n", Actual: ".\n",
		})
	}
}

var (
	field = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`)
	usual = regexp.MustCompile(`(?i)^(from|to|cc|bcc|subject|date|sender|reply-to|message-id|mime-version|content-[a-z-]+|x-[a-z-]+)[ \t]*:`)
)

// judgeHeader looks for the blank line after the header. A message without any
// header, as the assignment's own, is let pass; but a line of text among header
// lines, or folded into one, is lost to the reader.
func judgeHeader(t *check.T, m letter) {
	at, folded, fields := 0, 0, 0
	for line := range bytes.Lines(m.raw) {
		text := bytes.TrimRight(line, "\r\n")
		switch {
		case len(text) == 0:
			if fields == 0 {
				t.Remark("no-header")
			}
			return
		case fields == 0 && !usual.Match(text):
			t.Remark("no-header")
			return
		case field.Match(text):
			fields++
		case text[0] == ' ' || text[0] == '\t':
			folded = at
		default:
			noBlankLine(t, m, at, string(line))
		}
		at += len(line)
	}
	if folded > 0 {
		noBlankLine(t, m, folded, string(m.raw[folded:]))
	}
	t.Remark("no-text")
}

func noBlankLine(t *check.T, m letter, at int, line string) {
	t.Wrong(check.Mistake{
		Name: "no-blank-line", Conn: m.conn, Offset: m.offset + at, Length: len(strings.TrimRight(line, "\r\n")),
		Expected: "\r\n" + line, Actual: line, RFC: "RFC 5322 §2.1", Book: "§2.3.2",
	})
}

// prints judges that the program shows the server's replies: their words, or at
// least their codes.
func prints(t *check.T) {
	l, p := start(t, nil)
	s, end := serve(t, l, nil)
	s.finish(end)
	shows := func(output string) bool {
		for _, reply := range s.replies {
			words := strings.Fields(reply)
			if strings.Contains(output, words[len(words)-1]) || strings.Contains(output, reply[:3]) {
				return true
			}
		}
		return false
	}
	switch end := p.Prints(shows); end {
	case check.Done:
	case check.Exited:
		t.Await(end, notPrinted(s))
	default:
		t.Wrong(notPrinted(s))
	}
}

func notPrinted(s *session) check.Mistake {
	return check.Mistake{Name: "not-printed", Expected: strings.Join(s.replies, ""), RFC: "RFC 5321 §4.2", Book: "§2.3.1"}
}

var complaint = regexp.MustCompile(`(?i)55[04]|503|not (received|ok|accepted|expected)|error|fail|reject|refus|denied|unexpected|invalid|wrong|unknown|bad |错误|失败|拒绝|未收到|没有收到|异常|无效|不正确|出错`)

// saysError refuses the recipient: the program must say that the code is not the
// one that it expected. Whether it goes on is another question.
func saysError(t *check.T) {
	l, p := start(t, nil)
	refusal := "550 5.1.1 no such user " + t.Word() + "\r\n"
	s, end := serve(t, l, refuse(refusal))
	if s.count("RCPT") == 0 {
		s.finish(end)
	}
	says := func(output string) bool { return complaint.MatchString(output) }
	switch end := p.Prints(says); end {
	case check.Done, check.Late:
	default:
		t.Wrong(check.Mistake{Name: "silent-about-error", Args: map[string]any{"Reply": strings.TrimSpace(refusal)}, Expected: refusal, RFC: "RFC 5321 §4.2", Book: "§2.3.1"})
	}
}

// refuse answers each RCPT with a refusal.
func refuse(refusal string) func(s *session) {
	return func(s *session) {
		s.reply = func(verb string) string {
			switch {
			case verb == "RCPT":
				s.to = false
				return refusal
			case verb == "DATA":
				return "503 5.5.1 no valid recipients " + s.t.Word() + "\r\n"
			}
			return ""
		}
	}
}
