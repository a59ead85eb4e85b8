package pop3client

import (
	"regexp"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// several are the commands whose answers have several lines.
var several = map[string]bool{"CAPA": true, "LIST": true, "UIDL": true, "RETR": true, "TOP": true}

// crashed is how the last words of a program begin that has ended by an error.
var crashed = regexp.MustCompile(`(?m)^(Traceback |panic: |Exception in thread )`)

// splitEnd brings the mark at the end of an answer, a dot alone on a line, in two
// pieces: TCP may cut anywhere.
func splitEnd(t *check.T) {
	l, p := start(t)
	cuts := 0
	s, end := serve(t, l, func(s *session) {
		s.lines = func(_, answer string) {
			cut := len(answer) - 2 - t.Rand.IntN(3) // within \r\n.\r\n; for Java's readLine(), the last \r ends a line already
			s.c.SendText(answer[:cut])
			s.early(".", "half-end")
			s.c.SendText(answer[cut:])
			cuts++
		}
	})
	hangs := end == check.Idle || end == check.Late
	if cuts > 0 && several[s.log[len(s.log)-1].verb] && (hangs || crashed.MatchString(p.Output())) {
		t.Await(end, check.Mistake{
			Name: "split-end", Conn: s.c, Offset: max(0, len(s.c.Received())-1), Expected: "QUIT\r\n", RFC: "RFC 1939 §3", Book: "§2.3.3",
		})
	}
	s.loggedIn(end)
}

// stuffing has a message with a line that begins with a dot, and one with a dot
// alone; after that one there is a pause.
func stuffing(t *check.T) {
	l, p := start(t)
	word, after := t.Word(), t.Word()
	s, end := serve(t, l, func(s *session) {
		s.letters = []letter{newLetter(t, "Dear Alice,", "."+word+" begins with a dot", ".", after+" comes after a dot")}
		s.lines = func(verb, answer string) {
			const dot = "\r\n..\r\n"
			if at := strings.Index(answer, dot); verb == "RETR" && at >= 0 {
				s.c.SendText(answer[:at+len(dot)])
				s.early(".", "false-end")
				answer = answer[at+len(dot):]
			}
			s.c.SendText(answer)
		}
	})
	s.finish(end)
	p.Prints(func(output string) bool { return strings.Contains(output, after) })
	doubled := ".." + word
	if strings.Contains(p.Output(), doubled) || t.FileWith([]byte(doubled)) != "" {
		t.Wrong(check.Mistake{
			Name: "not-unstuffed", Conn: s.c, Offset: s.place("RETR"), Length: 4, Expected: "." + word, Actual: doubled, RFC: "RFC 1939 §3", Book: "§2.3.3",
		})
	}
}

// refused has the password refused. Then there is nothing to fetch.
func refused(t *check.T) {
	l, _ := start(t)
	s, end := serve(t, l, func(s *session) { s.refuse = true })
	for i, c := range s.log {
		if transactional[c.verb] && s.earlier(i, "PASS", "APOP", "AUTH") {
			t.Wrong(check.Mistake{
				Name: "after-err", Conn: c.conn, Offset: c.offset, Length: len(c.verb), Args: map[string]any{"Answer": s.refusal},
				Expected: "QUIT\r\n", Actual: c.line, RFC: "RFC 1939 §4", Book: "§2.3.3",
			})
		}
	}
	if s.refusal == "" {
		s.finish(end)
	}
	if end == check.Idle {
		t.Await(end, check.Mistake{
			Name: "hangs-after-err", Conn: s.c, Offset: len(s.c.Received()), Args: map[string]any{"Answer": s.refusal}, Expected: "QUIT\r\n",
			RFC: "RFC 1939 §4", Book: "§2.3.3",
		})
	}
}

// surprised are the last words of programs that take for granted that there is a
// message.
var surprised = regexp.MustCompile(`IndexError|ValueError|AttributeError|TypeError|UnboundLocalError|index out of range`)

// empty has nothing in the mailbox. Whoever asks for message 1 all the same gets
// one line, -ERR, and no dot.
func empty(t *check.T) {
	l, p := start(t)
	s, end := serve(t, l, func(s *session) { s.letters = nil })
	s.loggedIn(end)
	m := check.Mistake{Name: "hangs-when-empty", Conn: s.c, Offset: max(0, len(s.c.Received())-1), Expected: "QUIT\r\n", RFC: "RFC 1939 §5", Book: "§2.3.3"}
	if len(s.log) > 0 && (s.log[len(s.log)-1].verb == "RETR" || s.log[len(s.log)-1].verb == "TOP") {
		m.Name, m.Offset = "waits-after-err", s.log[len(s.log)-1].offset
	}
	switch {
	case end == check.Idle || end == check.Late:
		t.Await(end, m)
	case surprised.MatchString(p.Output()):
		t.Await(check.Exited, m)
	}
}
