package mailclient

import (
	"regexp"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// refused refuses every recipient. Then there is nobody to send a message to, and
// DATA is a mistake.
func refused(t *check.T) {
	l, _ := start(t, nil)
	refusal := "550 5.1.1 no such user " + t.Word() + "\r\n"
	s, end := serve(t, l, refuse(refusal))
	for _, c := range s.log {
		if c.verb == "DATA" {
			t.Wrong(check.Mistake{
				Name: "data-after-550", Conn: c.conn, Offset: c.offset, Length: 4, Args: map[string]any{"Reply": strings.TrimSpace(refusal)},
				Expected: "QUIT\r\n", Actual: c.line, RFC: "RFC 5321 §3.3", Book: "§2.3.1",
			})
		}
	}
	if s.count("RCPT") == 0 {
		s.finish(end)
	}
	if end == check.Idle {
		t.Await(end, check.Mistake{
			Name: "hangs-after-550", Conn: s.c, Offset: len(s.c.Received()), Args: map[string]any{"Reply": strings.TrimSpace(refusal)},
			Expected: "QUIT\r\n", RFC: "RFC 5321 §3.3", Book: "§2.3.1",
		})
	}
}

// multiLine brings replies of three lines, and each line when the program has
// come to rest after the one before.
func multiLine(t *check.T) {
	l, _ := start(t, nil)
	s, end := serve(t, l, func(s *session) {
		s.bring = func(reply string) {
			for i, line := range s.lines(reply) {
				if i > 0 {
					s.early(line, "first-line-only")
				}
				s.c.SendText(line)
			}
		}
	})
	s.finish(end)
}

// lines makes more than one line of the first replies: that to the connection,
// to HELO or EHLO, and to MAIL.
func (s *session) lines(reply string) (all []string) {
	if s.count("MAIL") == 0 && s.count("STARTTLS") == 0 && s.count("AUTH") == 0 || s.count("MAIL") == 1 && s.count("RCPT") == 0 {
		if strings.Count(reply, "\n") == 1 {
			reply = reply[:3] + "-" + s.t.Word() + "\r\n" + reply[:3] + "-" + s.t.Word() + "\r\n" + reply
		}
	}
	lines := strings.SplitAfter(reply, "\n")
	if len(lines) > 4 { // of EHLO's, the first ones may come together
		lines = append([]string{strings.Join(lines[:len(lines)-3], "")}, lines[len(lines)-3:]...)
	}
	return lines[:len(lines)-1]
}

// splitReply brings replies in two segments, cut within the code: TCP may cut
// anywhere. Those that log in come as a whole.
func splitReply(t *check.T) {
	l, _ := start(t, nil)
	s, end := serve(t, l, func(s *session) {
		s.bring = func(reply string) {
			const cut = 2 // of the three digits
			if verb := s.last(); verb == "AUTH" || verb == "STARTTLS" {
				s.c.SendText(reply)
				return
			}
			s.c.SendText(reply[:cut])
			s.early(reply, "half-reply")
			s.c.SendText(reply[cut:])
		}
	})
	if end == check.Closed && len(s.messages) == 0 { // half a code is another than it expected
		m := check.Mistake{Name: "half-reply", Conn: s.c, Offset: s.c.Offset(), RFC: "RFC 5321 §4.3.1", Book: "§2.3.1"}
		if len(s.replies) > 0 {
			m.Expected = check.Say("mail-client.waiting", "Reply", strings.TrimSpace(s.replies[len(s.replies)-1]))
		}
		t.Await(end, m)
	}
	s.finish(end)
}

// last is the verb of the last command.
func (s *session) last() string {
	if len(s.log) == 0 {
		return ""
	}
	return s.log[len(s.log)-1].verb
}

// goesAway closes after MAIL. What the program still says then is heard by
// nobody; here it is.
func goesAway(t *check.T) {
	l, p := start(t, nil)
	farewell := "421 4.3.2 closing " + t.Word() + "\r\n"
	s, end := serve(t, l, func(s *session) {
		s.reply = func(verb string) string {
			if verb == "MAIL" || s.over {
				s.over = true
				return farewell
			}
			return ""
		}
		s.bring = func(reply string) {
			s.c.SendText(reply)
			if s.over {
				s.c.EndSending()
				s.hearOut(p, farewell)
			}
		}
	})
	if !s.over {
		s.finish(end)
	}
}

// lost are the last words of programs that did not see the end coming.
var lost = regexp.MustCompile(`BrokenPipe|ConnectionReset|ConnectionAborted|IndexError|UnicodeDecode|AttributeError|ValueError|TypeError`)

// hearOut listens to what comes after the server has left. To say QUIT is only
// polite.
func (s *session) hearOut(p *check.Program, farewell string) {
	at := s.c.Offset()
	line, end := s.c.Line()
	for end == check.Done && strings.HasPrefix(strings.ToUpper(line), "QUIT") {
		at = s.c.Offset()
		line, end = s.c.Line()
	}
	m := check.Mistake{
		Name: "goes-on", Conn: s.c, Offset: at, Length: len(strings.TrimSpace(line)), Args: map[string]any{"Reply": strings.TrimSpace(farewell)},
		RFC: "RFC 5321 §3.8", Book: "§2.3.1",
	}
	if line != "" {
		m.Actual = line
		s.t.Wrong(m)
	}
	if end == check.Closed || end == check.Reset {
		s.c.Close()
		end = p.Wait()
	}
	output := p.Output()
	switch {
	case end == check.Idle || end == check.Late:
		m.Name = "hangs-after-close"
		s.t.Await(end, m)
	case strings.Contains(output, "Traceback") && lost.MatchString(output):
		s.t.Await(check.Exited, m)
	}
}

// dot gives the program a text to send that begins with a dot.
func dot(t *check.T) {
	word := t.Word()
	l, _ := start(t, check.Values{"text": "." + word})
	s, end := serve(t, l, nil)
	s.finish(end)
	for _, m := range s.messages {
		at := 0
		for line := range strings.Lines(string(m.raw)) {
			if strings.HasPrefix(line, "."+word) {
				t.Wrong(check.Mistake{
					Name: "no-dot-stuffing", Conn: m.conn, Offset: m.offset + at, Length: 1, Expected: "." + line, Actual: line,
					RFC: "RFC 5321 §4.5.2", Book: "§2.3.1",
				})
			}
			if strings.Contains(line, "."+word) {
				return
			}
			at += len(line)
		}
	}
	t.Skip("takes-no-text")
}
