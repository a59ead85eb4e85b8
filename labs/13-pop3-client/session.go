package pop3client

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// session is the tester's end of a POP3 conversation. It answers as a real server
// does, and judges nothing: that is for the cases, afterwards.
type session struct {
	t       *check.T
	c       *check.Conn
	letters []letter

	// A case's own: how an answer of one line, and one of several, is brought, and
	// whether the password is refused.
	bring  func(answer string)
	lines  func(verb, answer string)
	refuse bool

	log     []command
	partial string // a last line without an end
	user    bool   // USER was accepted
	open    bool   // PASS was
	secure  bool
	clear   bool  // a password came without TLS
	fetched []int // by RETR or TOP, from 0 on
	refusal string
}

// command is a line of the program.
type command struct {
	line, verb string
	args       []string
	conn       *check.Conn
	offset     int
}

var tlsFirst, plain = []uint16{995}, []uint16{110, 1100, 1110}

// start starts the program.
func start(t *check.T) (*check.Listener, *check.Program) {
	l := t.AcceptTCP()
	return l, t.Start(check.Values{"user": t.Word(), "password": t.Word()})
}

// serve holds the conversation to its end: QUIT, or how else it ended. A
// connection on which nothing was said is somebody who has looked whether the
// server is there.
func serve(t *check.T, l *check.Listener, prepare func(s *session)) (*session, check.End) {
	var silent *session
	for {
		c, end := l.Accept()
		if end != check.Done && silent != nil {
			return silent, end // it was no look
		}
		t.Accepted(end, check.Mistake{Name: "no-connection", RFC: "RFC 1939 §3", Book: "§2.3.3"})
		s := &session{t: t, c: c, letters: []letter{newLetter(t), newLetter(t), newLetter(t)}}
		if prepare != nil {
			prepare(s)
		}
		end = s.run()
		if len(s.log) > 0 || s.partial != "" || end != check.Closed && end != check.Reset {
			return s, end
		}
		silent = s
	}
}

func (s *session) run() check.End {
	if s.c.BeginsTLS(tlsFirst, plain) {
		s.c, s.secure = s.c.TLS(), true
	}
	s.say("+OK POP3 server ready " + s.t.Word() + "\r\n")
	for {
		at := s.c.Offset()
		line, end := s.c.Line()
		if end != check.Done {
			s.partial = line
			return end
		}
		words := strings.Fields(line)
		verb := ""
		if len(words) > 0 {
			verb, words = strings.ToUpper(words[0]), words[1:]
		}
		s.log = append(s.log, command{line, verb, words, s.c, at})
		if s.answer(verb, words); verb == "QUIT" {
			return check.Done
		}
	}
}

// say brings an answer of one line.
func (s *session) say(answer string) {
	if s.bring != nil {
		s.bring(answer)
		return
	}
	s.c.SendText(answer)
}

// list brings an answer of several lines.
func (s *session) list(verb, first, rest string) {
	if s.lines != nil {
		s.lines(verb, first+rest)
		return
	}
	s.say(first + rest)
}

func (s *session) answer(verb string, args []string) {
	switch verb {
	case "USER":
		s.user = true
		s.say("+OK and the password? " + s.t.Word() + "\r\n")
	case "PASS", "APOP", "AUTH":
		s.logIn(verb, args)
	case "CAPA":
		s.list(verb, "+OK\r\n", "USER\r\nUIDL\r\nTOP\r\nSTLS\r\n.\r\n")
	case "STLS":
		s.say("+OK begin TLS\r\n")
		if !s.secure {
			s.c, s.secure = s.c.TLS(), true
		}
	case "QUIT":
		s.say("+OK bye " + s.t.Word() + "\r\n")
		s.c.Close()
	case "STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "NOOP", "RSET", "LAST":
		if !s.open {
			s.say("-ERR log in first\r\n")
			return
		}
		s.transaction(verb, args)
	default:
		s.say("-ERR unknown command\r\n")
	}
}

func (s *session) logIn(verb string, args []string) {
	if verb != "APOP" && !s.secure {
		s.clear = true
	}
	switch {
	case verb == "AUTH" && len(args) == 1 && strings.EqualFold(args[0], "PLAIN"):
		s.say("+ \r\n")
		s.c.Line()
	case verb == "AUTH" && len(args) == 1 && strings.EqualFold(args[0], "LOGIN"):
		for _, prompt := range []string{"VXNlcm5hbWU6", "UGFzc3dvcmQ6"} {
			s.say("+ " + prompt + "\r\n")
			s.c.Line()
		}
	case verb == "AUTH" && len(args) != 2:
		s.say("-ERR no such mechanism\r\n")
		return
	case verb == "PASS" && !s.user:
		s.say("-ERR USER first\r\n")
		return
	}
	if s.refuse {
		s.user = false
		s.refusal = "-ERR [AUTH] wrong user name or password " + s.t.Word()
		s.say(s.refusal + "\r\n")
		return
	}
	s.open = true
	s.say(fmt.Sprintf("+OK %d messages\r\n", len(s.letters)))
}

// transaction is RFC 1939 §5.
func (s *session) transaction(verb string, args []string) {
	n := -1
	if len(args) > 0 {
		i, err := strconv.Atoi(args[0])
		if n = i - 1; err != nil || n < 0 || n >= len(s.letters) {
			s.say("-ERR no such message\r\n")
			return
		}
	}
	total := 0
	for _, l := range s.letters {
		total += l.size()
	}
	size := func(l letter) string { return fmt.Sprint(l.size()) }
	unique := func(l letter) string { return l.unique }
	switch {
	case verb == "STAT":
		s.say(fmt.Sprintf("+OK %d %d\r\n", len(s.letters), total))
	case verb == "LIST" && n >= 0:
		s.say(fmt.Sprintf("+OK %d %d\r\n", n+1, s.letters[n].size()))
	case verb == "LIST":
		s.list(verb, fmt.Sprintf("+OK %d messages (%d octets)\r\n", len(s.letters), total), listing(s.letters, size))
	case verb == "UIDL" && n >= 0:
		s.say(fmt.Sprintf("+OK %d %s\r\n", n+1, s.letters[n].unique))
	case verb == "UIDL":
		s.list(verb, "+OK\r\n", listing(s.letters, unique))
	case verb == "RETR" && n >= 0:
		s.fetched = append(s.fetched, n)
		s.list(verb, fmt.Sprintf("+OK %d octets\r\n", s.letters[n].size()), s.letters[n].wire(-1))
	case verb == "TOP" && n >= 0 && len(args) > 1:
		most, _ := strconv.Atoi(args[1])
		s.fetched = append(s.fetched, n)
		s.list(verb, "+OK\r\n", s.letters[n].wire(most))
	case (verb == "RETR" || verb == "TOP" || verb == "DELE") && (n < 0 || verb == "TOP"):
		s.say("-ERR which message?\r\n")
	default: // DELE, NOOP, RSET, LAST
		s.say("+OK " + s.t.Word() + "\r\n")
	}
}

// finish ends the case if the program has not got as far as to fetch a message.
func (s *session) finish(end check.End) {
	if len(s.fetched) == 0 {
		s.stopped(end)
	}
}

// loggedIn ends the case if the program has not got as far as that.
func (s *session) loggedIn(end check.End) {
	if !s.open {
		s.stopped(end)
	}
}

// stopped ends the case: what should have come next did not.
func (s *session) stopped(end check.End) {
	m := check.Mistake{
		Conn: s.c, Offset: s.c.Offset() - len(s.partial), Length: len(s.partial), RFC: "RFC 1939 §5", Book: "§2.3.3", Expected: s.next(),
	}
	switch {
	case s.partial != "":
		m.Name, m.Expected, m.Actual, m.RFC = "no-line-end", s.partial+"\r\n", s.partial, "RFC 1939 §3"
	case len(s.log) == 0:
		m.Name, m.RFC = "no-command", "RFC 1939 §4"
	case !s.open:
		m.Name, m.RFC = "no-login", "RFC 1939 §4"
	default:
		m.Name = "no-retr"
	}
	if end == check.Done {
		s.t.Wrong(m)
	}
	s.t.Await(end, m)
}

// next is the command that is due.
func (s *session) next() string {
	switch {
	case s.open:
		return "RETR 1\r\n"
	case s.user:
		return "PASS secret\r\n"
	}
	return "USER alice\r\n"
}
