package pop3client

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// dialogue judges the commands: which, in what order, and how they are written.
func dialogue(t *check.T) {
	l, _ := start(t)
	s, end := serve(t, l, nil)
	for i, c := range s.log {
		s.judge(c, i)
	}
	s.loggedIn(end)
	if end != check.Done {
		t.Await(end, s.unended(end, check.Mistake{
			Name: "no-quit", Conn: s.c, Offset: len(s.c.Received()), Expected: "QUIT\r\n", RFC: "RFC 1939 §6", Book: "§2.3.3",
		}))
	}
	if s.clear {
		t.Remark("password-in-clear")
	}
}

// unended is the mistake of a program that waits after an answer of several lines,
// all of which it was sent; else it is m.
func (s *session) unended(end check.End, m check.Mistake) check.Mistake {
	last := s.log[len(s.log)-1]
	if end != check.Idle || !several[last.verb] {
		return m
	}
	return check.Mistake{
		Name: "end-unseen", Conn: last.conn, Offset: last.offset, Length: len(last.verb), Args: map[string]any{"Command": last.verb}, RFC: "RFC 1939 §3", Book: "§2.3.3",
	}
}

// forms are the commands of RFC 1939, RFC 2449 and RFC 2595.
var forms = map[string]*regexp.Regexp{
	"USER": regexp.MustCompile(`^\S+ \S.*$`), "PASS": regexp.MustCompile(`^\S+ .+$`), "APOP": regexp.MustCompile(`^\S+ \S+ [0-9a-fA-F]{32}$`),
	"AUTH": nil, "CAPA": nil, "STLS": nil, "QUIT": nil, "NOOP": nil, "RSET": nil, "STAT": nil, "LAST": nil,
	"LIST": regexp.MustCompile(`^\S+( \d+)?$`), "UIDL": regexp.MustCompile(`^\S+( \d+)?$`),
	"RETR": regexp.MustCompile(`^\S+ \d+$`), "DELE": regexp.MustCompile(`^\S+ \d+$`), "TOP": regexp.MustCompile(`^\S+ \d+ \d+$`),
}

func (s *session) judge(c command, i int) {
	text := strings.TrimRight(c.line, "\r\n")
	m := check.Mistake{Conn: c.conn, Offset: c.offset, Length: len(text), Actual: c.line, RFC: "RFC 1939 §3", Book: "§2.3.3"}
	form, known := forms[c.verb]
	switch {
	case !strings.HasSuffix(c.line, "\r\n"):
		m.Name, m.Expected, m.Offset, m.Length = "bare-lf", text+"\r\n", c.offset+len(c.line)-1, 1
	case !known:
		m.Name = "bad-command"
	case form != nil && !form.MatchString(strings.TrimRight(text, " ")):
		m.Name, m.Args, m.RFC = "bad-argument", map[string]any{"Command": c.verb}, "RFC 1939 §9"
	case c.verb == "PASS" && !s.earlier(i, "USER"):
		m.Name, m.Args, m.RFC = "order", map[string]any{"First": "USER", "Then": c.verb}, "RFC 1939 §7"
	case transactional[c.verb] && !s.earlier(i, "PASS", "APOP", "AUTH"):
		m.Name, m.Args, m.RFC = "order", map[string]any{"First": "PASS", "Then": c.verb}, "RFC 1939 §4"
	default:
		return
	}
	s.t.Wrong(m)
}

var transactional = map[string]bool{"STAT": true, "LIST": true, "UIDL": true, "RETR": true, "TOP": true, "DELE": true}

func (s *session) earlier(at int, verbs ...string) bool {
	for _, c := range s.log[:at] {
		for _, verb := range verbs {
			if c.verb == verb {
				return true
			}
		}
	}
	return false
}

// rest is for how long a program must have done nothing to be sure that it waits.
const rest = 250 * time.Millisecond

// waits holds every answer back until the program has come to rest.
func waits(t *check.T) {
	l, _ := start(t)
	s, end := serve(t, l, func(s *session) {
		s.bring = func(answer string) {
			first, _, _ := strings.Cut(answer, "\r\n")
			s.early(first, "too-early")
			s.c.SendText(answer)
		}
	})
	s.loggedIn(end)
}

// early ends the case if the program sends something before an answer is there
// as a whole.
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
		Name: mistake, Conn: s.c, Offset: at, Length: len(sent), Args: map[string]any{"Answer": missing},
		Expected: check.Say("pop3-client.waiting", "Answer", missing), Actual: string(sent), RFC: "RFC 1939 §3", Book: "§2.3.3",
	})
}

// retrieve judges that a message is fetched and shown, or saved.
func retrieve(t *check.T) {
	l, p := start(t)
	s, end := serve(t, l, nil)
	s.finish(end)
	shows := func(output string) bool { return s.shown(output, s.fetched...) }
	switch printed := p.Prints(shows); {
	case printed == check.Done, s.saved():
	case printed == check.Exited:
		t.Await(printed, s.notShown())
	case end == check.Idle && !p.Asks():
		t.Await(end, s.unended(end, s.notShown()))
	default:
		t.Wrong(s.notShown())
	}
}

// shown reports whether an output has anything of the messages.
func (s *session) shown(output string, numbers ...int) bool {
	for _, n := range numbers {
		for _, word := range s.letters[n].words() {
			if strings.Contains(output, word) {
				return true
			}
		}
	}
	return false
}

func (s *session) saved() bool {
	for _, n := range s.fetched {
		for _, word := range s.letters[n].words() {
			if s.t.FileWith([]byte(word)) != "" {
				return true
			}
		}
	}
	return false
}

func (s *session) notShown() check.Mistake {
	return check.Mistake{
		Name: "not-shown", Conn: s.c, Offset: s.place("RETR"), Length: 4, Expected: s.letters[s.fetched[0]].wire(-1), RFC: "RFC 1939 §5", Book: "§2.3.3",
	}
}

// place is where a command was said.
func (s *session) place(verb string) int {
	for _, c := range s.log {
		if c.verb == verb {
			return c.offset
		}
	}
	return len(s.c.Received())
}

// long has messages of some twenty thousand bytes, which come in several pieces.
func long(t *check.T) {
	l, p := start(t)
	first, last := t.Word(), t.Word()
	s, end := serve(t, l, func(s *session) {
		body := []string{"begins " + first}
		for i := range 400 {
			body = append(body, fmt.Sprintf("%03d The Internet is a computer network that interconnects billions of devices", i))
		}
		s.letters = []letter{newLetter(t, append(body, last+" ends")...)}
		s.lines = func(verb, answer string) {
			if verb != "RETR" {
				s.c.SendText(answer)
				return
			}
			for _, cut := range []int{1000, 9000, len(answer)} {
				part := answer[:min(cut, len(answer))]
				answer = answer[len(part):]
				s.c.SendText(part)
				if answer != "" {
					s.early(".", "stops-early")
				}
			}
		}
	})
	s.finish(end)
	has := func(word string) bool { return strings.Contains(p.Output(), word) || t.FileWith([]byte(word)) != "" }
	p.Prints(func(string) bool { return has(last) })
	if has(first) && !has(last) {
		t.Wrong(check.Mistake{
			Name: "cut", Conn: s.c, Offset: s.place("RETR"), Length: 4, Expected: last + " ends\r\n.\r\n", RFC: "RFC 1939 §3", Book: "§2.3.3",
		})
	}
}

// encrypted judges that the password comes after TLS: on port 995, or after STLS.
func encrypted(t *check.T) {
	l, _ := start(t)
	s, end := serve(t, l, nil)
	s.loggedIn(end)
	m := check.Mistake{Name: "no-tls", Conn: s.c, Expected: "STLS\r\n", RFC: "RFC 2595 §4", Book: "§8.6"}
	if s.secure && s.clear {
		m.Name, m.Offset, m.Length = "clear-password", s.place("PASS"), 4
		t.Wrong(m)
	}
	t.Expect(s.secure, m)
}
