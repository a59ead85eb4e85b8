package mailclient

import (
	"encoding/base64"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// session is the tester's end of an SMTP conversation. It answers everything as a
// real server does, and judges nothing: that is for the cases, afterwards.
type session struct {
	t *check.T
	c *check.Conn

	// A case's own: what is answered to a command ("" for the usual), and how an
	// answer is brought (nil: at once).
	reply func(verb string) string
	bring func(reply string)

	log     []command
	partial string   // a last line without an end
	replies []string // all that the program was told
	secure  bool     // TLS is on
	clear   bool     // a password came without TLS
	badAuth string   // credentials that are no base64

	from, to bool // MAIL, RCPT were accepted
	inData   bool // DATA was, and its end has not come
	messages []letter
	over     bool // 421 was said
}

// command is a line of the program, outside of a message.
type command struct {
	line, verb string
	conn       *check.Conn
	offset     int
}

// letter is a message as it came, without the line of its end.
type letter struct {
	raw    []byte
	conn   *check.Conn
	offset int
}

const picture = "picture.png"

// start starts the program and returns the conversation with it, before its first
// word. With it comes the program.
func start(t *check.T, values check.Values) (*check.Listener, *check.Program) {
	l := t.AcceptTCP()
	t.WriteFile(picture, pixel)
	all := check.Values{
		"from": t.Word() + "@example.com", "to": t.Word() + "@example.net", "password": t.Word(),
		"subject": t.Word(), "text": t.Word() + " " + t.Word(),
	}
	for name, value := range values {
		all[name] = value
	}
	return l, t.Start(all)
}

// pixel is a picture of one pixel.
var pixel, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")

// accept waits for the program's next connection.
func accept(t *check.T, l *check.Listener) *session {
	c, end := l.Accept()
	t.Accepted(end, check.Mistake{Name: "no-connection", RFC: "RFC 5321 §3.1", Book: "§2.3.1"})
	return &session{t: t, c: c}
}

// serve holds the conversation to its end: QUIT, or how else it ended. A
// connection on which nothing was said is somebody who has looked whether the
// server is there, if another follows.
func serve(t *check.T, l *check.Listener, prepare func(s *session)) (*session, check.End) {
	s := accept(t, l)
	for {
		if prepare != nil {
			prepare(s)
		}
		end := s.run()
		if len(s.log) > 0 || s.partial != "" || end != check.Closed && end != check.Reset {
			return s, end
		}
		c, none := l.Accept()
		if none != check.Done {
			return s, end
		}
		s = &session{t: t, c: c}
	}
}

// tlsFirst are the ports on which TLS comes first (RFC 8314 §3.3), with the one of
// smtp.163.com; plain are those on which it does not.
var tlsFirst, plain = []uint16{465, 994}, []uint16{25, 587, 2525, 1025}

func (s *session) run() check.End {
	if s.c.BeginsTLS(tlsFirst, plain) {
		s.c, s.secure = s.c.TLS(), true
	}
	s.say("220 mx.example.com ESMTP " + s.t.Word() + "\r\n")
	for {
		at := s.c.Offset()
		line, end := s.c.Line()
		if end != check.Done {
			s.partial = line
			return end
		}
		if s.inData {
			s.take(line)
			continue
		}
		verb, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		verb, _, _ = strings.Cut(strings.ToUpper(verb), ":")
		s.log = append(s.log, command{line, verb, s.c, at})
		if s.answer(verb, line); verb == "QUIT" {
			return check.Done
		}
	}
}

// say sends a reply.
func (s *session) say(reply string) {
	s.replies = append(s.replies, reply)
	if s.bring != nil {
		s.bring(reply)
		return
	}
	s.c.SendText(reply)
}

// answer answers a command: as the case has it, or as any server does.
func (s *session) answer(verb, line string) {
	if s.reply != nil {
		if reply := s.reply(verb); reply != "" {
			s.say(reply)
			return
		}
	}
	word := s.t.Word()
	switch verb {
	case "HELO":
		s.say("250 mx.example.com at your service " + word + "\r\n")
	case "EHLO":
		s.say(s.extensions(word))
	case "STARTTLS":
		s.startTLS(word)
	case "AUTH":
		s.auth(strings.Fields(line))
	case "MAIL":
		s.from, s.to = true, false
		s.say("250 2.1.0 sender " + word + "\r\n")
	case "RCPT":
		if !s.from {
			s.say("503 5.5.1 MAIL first " + word + "\r\n")
			return
		}
		s.to = true
		s.say("250 2.1.5 recipient " + word + "\r\n")
	case "DATA":
		if !s.to {
			s.say("503 5.5.1 RCPT first " + word + "\r\n")
			return
		}
		s.say("354 go ahead " + word + "\r\n")
		s.inData = true
		s.messages = append(s.messages, letter{conn: s.c, offset: s.c.Offset()})
	case "RSET", "NOOP":
		if verb == "RSET" {
			s.from, s.to = false, false
		}
		s.say("250 2.0.0 OK " + word + "\r\n")
	case "VRFY":
		s.say("252 2.5.2 cannot say " + word + "\r\n")
	case "QUIT":
		s.say("221 2.0.0 closing " + word + "\r\n")
		s.c.Close()
	default:
		s.say("500 5.5.2 unknown command " + word + "\r\n")
	}
}

func (s *session) extensions(word string) string {
	text := "250-mx.example.com " + word + "\r\n250-SIZE 35882577\r\n250-8BITMIME\r\n"
	if !s.secure {
		text += "250-STARTTLS\r\n"
	}
	return text + "250-AUTH LOGIN PLAIN\r\n250 HELP\r\n"
}

// take takes a line of a message.
func (s *session) take(line string) {
	l := &s.messages[len(s.messages)-1]
	if strings.TrimRight(line, "\r\n") != "." {
		l.raw = append(l.raw, line...)
		return
	}
	s.inData, s.from, s.to = false, false, false
	if s.reply != nil {
		if reply := s.reply("."); reply != "" {
			s.say(reply)
			return
		}
	}
	s.say("250 2.0.0 queued as " + s.t.Word() + "\r\n")
}

// count is how often a verb came.
func (s *session) count(verb string) (n int) {
	for _, c := range s.log {
		if c.verb == verb {
			n++
		}
	}
	return n
}

// finish ends the case if the conversation ended before a message was sent: what
// should have come next, and what came.
func (s *session) finish(end check.End) {
	if len(s.messages) > 0 && !s.inData {
		return
	}
	rest := s.partial
	m := check.Mistake{Conn: s.c, Offset: s.c.Offset() - len(rest), Length: len(rest), RFC: "RFC 5321 §4.1.4", Book: "§2.3.1"}
	last := ""
	if len(s.replies) > 0 {
		last = s.replies[len(s.replies)-1]
	}
	switch {
	case s.inData:
		m.Name, m.Expected, m.RFC = "no-end-mark", "\r\n.\r\n", "RFC 5321 §4.1.1.4"
		if got := s.c.Received(); len(got) > 0 {
			m.Actual = string(got[max(0, len(got)-40):])
			m.Offset = max(0, len(got)-1)
		}
	case len(rest) > 0:
		m.Name, m.Expected, m.Actual, m.RFC = "no-line-end", rest+"\r\n", rest, "RFC 5321 §2.3.8"
	case len(s.log) == 0:
		m.Name, m.Expected = "no-command", "HELO student\r\n"
	default:
		m.Name, m.Args = "stops", map[string]any{"Reply": strings.TrimSpace(last)}
		m.Expected = next(s)
	}
	if end == check.Done { // it said QUIT, and there was no message
		s.t.Wrong(check.Mistake{Name: "no-message", Conn: s.c, Offset: s.log[len(s.log)-1].offset, Expected: next(s), Actual: "QUIT\r\n", RFC: "RFC 5321 §3.3", Book: "§2.3.1"})
	}
	s.t.Await(end, m)
}

// next is the command that is due.
func next(s *session) string {
	switch {
	case s.to:
		return "DATA\r\n"
	case s.from:
		return "RCPT TO:<bob@example.net>\r\n"
	}
	return "MAIL FROM:<alice@example.com>\r\n"
}
