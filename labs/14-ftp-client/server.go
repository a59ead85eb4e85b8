package ftpclient

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// server is the tester: the server's side of one dialogue.
type server struct {
	t       *check.T
	p       *check.Program
	arrive  *check.Listener
	control *check.Conn
	said    []string // the program's commands, their verbs in capitals
	line    int      // where the last of them begins in what has come
	closed  check.End

	// What the server has, and how it behaves.
	content  []byte // of every file that is asked for; nil: there is none
	listing  string
	greeting []string
	refuse   bool // every password
	formats  string
	slow     bool   // it waits before each reply
	halves   bool   // a reply comes in two segments
	patient  bool   // it says 150 only when the program has connected
	suspect  string // what whatever goes wrong in this case is called
	command  string // what is typed at the program's prompt, if not the operation

	// What has happened.
	image    bool // TYPE I
	loggedIn bool
	data     door
	got      []byte // of STOR
	sent     bool   // a RETR is over
	listed   bool
	stored   bool
	denied   bool // a RETR was answered with 550
	modes    map[string]bool
}

// door is where the next data connection will be: the server's, if it listens, or
// the program's.
type door struct {
	passive bool
	at      netip.AddrPort
}

// begin starts the program with the words for an operation, and waits for its
// connection.
func begin(t *check.T, op, file, mode string, set func(s *server)) *server {
	s := &server{t: t, arrive: t.AcceptTCP(), greeting: []string{"220 Wirebook's FTP server"}, modes: make(map[string]bool)}
	if set != nil {
		set(s)
	}
	values := places(op, file, mode)
	if s.command != "" {
		values["command"] = s.command
	}
	s.p = t.Start(values)
	c, end := s.arrive.Accept()
	t.Accepted(end, check.Mistake{Name: "no-connection", RFC: "RFC 959 §5.2"})
	s.control = c
	s.say(s.greeting...)
	return s
}

// say sends a reply; each of its lines is a segment of its own.
func (s *server) say(lines ...string) {
	for i, line := range lines {
		if i > 0 {
			time.Sleep(150 * time.Millisecond)
		}
		text := line + "\r\n"
		if s.halves {
			s.control.SendText(text[:2])
			time.Sleep(150 * time.Millisecond)
			text = text[2:]
		}
		s.control.SendText(text)
	}
}

// fails names a mistake by what this case is about, if it is about one.
func (s *server) fails(m check.Mistake) check.Mistake {
	if rfc, ok := suspects[s.suspect]; ok {
		return check.Mistake{Name: s.suspect, Crash: true, RFC: rfc, Conn: m.Conn, Offset: m.Offset, Length: m.Length}
	}
	return m
}

// suspects are the mistakes that cases are about, and where to read on.
var suspects = map[string]string{
	"multi-line":     "RFC 959 §4.2",
	"half-reply":     "RFC 959 §4.2",
	"passive-format": "RFC 1123 §4.1.2.6",
	"connects-first": "RFC 959 §5.2",
}

// await ends the case unless end is Done. A program that ends by itself with an exit
// code, and not by an error, has not crashed; one that asks what to do does not hang.
func (s *server) await(end check.End, m check.Mistake) {
	m = s.fails(m)
	if end == check.Idle && s.p.Asks() {
		s.t.Wrong(m)
	}
	if end == check.Closed || end == check.Reset || end == check.Exited {
		if s.p.Wait() == check.Done && !crashed(s.p) {
			s.t.Wrong(m)
		}
	}
	s.t.Await(end, m)
}

// wrong ends the case: the mistake is in the last command.
func (s *server) wrong(m check.Mistake) {
	m.Conn, m.Offset = s.control, s.line
	if m.Length == 0 {
		m.Length = max(1, s.control.Offset()-s.line)
	}
	s.t.Wrong(s.fails(m))
}

// until carries the dialogue on until enough is so. If it ends before, so does the
// case, with the mistake m.
func (s *server) until(enough func() bool, m check.Mistake) {
	for !enough() {
		line, end := s.next(nil)
		if end != check.Done {
			m.Conn, m.Offset = s.control, s.control.Offset()
			if len(s.said) > 0 && m.Actual == nil {
				m.Actual = s.said[len(s.said)-1] + "\r\n"
			}
			s.await(end, m)
		}
		s.obey(line)
	}
}

// rest carries the dialogue on until the program ends it, or rests, or done is so.
func (s *server) rest(done func() bool) {
	for s.closed == check.Done {
		line, end := s.next(done)
		if end != check.Done || line == "" {
			return
		}
		s.obey(line)
	}
}

// next waits for a command, or until done is so: then it is "".
func (s *server) next(done func() bool) (string, check.End) {
	c := s.control
	from := c.Offset()
	all, end := c.Receive(func(all []byte) bool {
		return bytes.IndexByte(all[from:], '\n') >= 0 || done != nil && done()
	})
	if end == check.Done && bytes.IndexByte(all[from:], '\n') < 0 {
		return "", check.Done
	}
	s.line = from
	if end != check.Done {
		if s.closed = end; end == check.Closed {
			c.EndSending() // as a server does whose client has left
		}
		if len(all) > from && end == check.Idle {
			s.t.Wrong(s.fails(check.Mistake{
				Name: "no-line-end", Conn: c, Offset: len(all) - 1, Length: 1, Expected: string(all[from:]) + "\r\n", Actual: string(all[from:]), RFC: "RFC 959 §5.3.1",
			}))
		}
		return "", end
	}
	line, _ := c.Line()
	if !strings.HasSuffix(line, "\r\n") {
		s.t.Remark("bare-lf")
	}
	return strings.TrimRight(line, "\r\n"), check.Done
}

// obey does what a command says, and replies.
func (s *server) obey(line string) {
	verb, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
	verb = strings.ToUpper(verb)
	s.said = append(s.said, strings.TrimSpace(verb+" "+arg))
	if s.slow && !s.control.Quiet(300*time.Millisecond) {
		s.t.Wrong(check.Mistake{
			Name: "hurries", Conn: s.control, Offset: s.control.Offset(), Length: len(s.control.Rest()), Args: map[string]any{"Command": verb}, RFC: "RFC 959 §5.4",
		})
	}
	switch verb {
	case "USER":
		s.say("331 Password, please")
	case "PASS":
		s.pass()
	case "QUIT":
		s.say("221 Goodbye")
		s.control.EndSending()
	case "TYPE":
		s.image = strings.HasPrefix(strings.ToUpper(arg), "I")
		s.say("200 So be it")
	case "SYST":
		s.say("215 UNIX Type: L8")
	case "PWD", "XPWD":
		s.say(`257 "/"`)
	case "NOOP", "MODE", "STRU", "OPTS", "CLNT", "ALLO", "SITE":
		s.say("200 So be it")
	case "CWD", "CDUP":
		s.say("250 So be it")
	case "SIZE":
		s.size()
	case "PASV", "EPSV", "PORT", "EPRT":
		s.open(verb, arg)
	case "LIST", "NLST", "RETR", "STOR":
		s.transfer(verb)
	default:
		s.say("502 Not implemented")
	}
}

func (s *server) pass() {
	switch {
	case s.refuse:
		s.say("530 Login incorrect")
	case !s.has("USER"):
		s.say("503 USER first")
	default:
		s.loggedIn = true
		s.say("230 Logged in")
	}
}

func (s *server) size() {
	if s.content == nil {
		s.say("550 No such file")
		return
	}
	s.say(fmt.Sprintf("213 %d", len(s.content)))
}

// has reports whether a command was given.
func (s *server) has(verb string) bool {
	for _, line := range s.said {
		if got, _, _ := strings.Cut(line, " "); got == verb {
			return true
		}
	}
	return false
}
