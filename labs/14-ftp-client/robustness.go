package ftpclient

import (
	"github.com/wirebook/wirebook/labs/check"
)

// refused has the server take no password: the program must not go on as if. One that
// asks what to do is told to end; what else is typed is not the program's fault.
func refused(t *check.T) {
	s := begin(t, "get", t.Word()+".bin", "passive", func(s *server) { s.refuse, s.command = true, "quit" })
	s.logsIn()
	for tries := 0; ; {
		line, end := s.next(nil)
		if end != check.Done || tries > 3 {
			break
		}
		s.obey(line)
		switch {
		case s.last("PASS"):
			tries++
		case s.last("RETR"), s.last("LIST"), s.last("NLST"), s.last("STOR"), s.last("PASV"), s.last("EPSV"), s.last("PORT"), s.last("EPRT"):
			s.wrong(check.Mistake{Name: "ignores-530", Actual: s.said[len(s.said)-1] + "\r\n", RFC: "RFC 959 §5.4"})
		}
	}
	end := s.p.Wait()
	m := check.Mistake{Name: "waits-after-530", Conn: s.control, Offset: s.line, RFC: "RFC 959 §5.4"}
	switch {
	case end == check.Done && crashed(s.p):
		t.Await(check.Exited, m)
	case end != check.Done && !s.p.Asks():
		t.Await(end, m)
	}
}

// last is whether the latest command was that one.
func (s *server) last(verb string) bool {
	line := s.said[len(s.said)-1]
	return line == verb || len(line) > len(verb) && line[:len(verb)+1] == verb+" "
}

// multiLine greets in several lines, each in a segment of its own.
func multiLine(t *check.T) {
	fetch(t, "passive", text(t, 900), func(s *server) {
		s.suspect = "multi-line"
		s.greeting = []string{"220-Welcome to Wirebook's FTP server.", " 230 is a number in a text.", "220 Ready"}
	})
}

// halfReply has each reply come in two segments.
func halfReply(t *check.T) {
	fetch(t, "passive", text(t, 900), func(s *server) { s.halves, s.suspect = true, "half-reply" })
}

// passiveFormat words the reply to PASV otherwise: a client looks for six numbers
// (RFC 1123 §4.1.2.6).
func passiveFormat(t *check.T) {
	s := fetch(t, "passive", text(t, 900), func(s *server) {
		s.formats, s.suspect = "227 =%s", "passive-format"
	})
	if !s.has("PASV") {
		t.Skip("no-pasv")
	}
}

// connectsFirst says that the file comes only when the data connection is there, as
// many servers do: who waits for 150 before connecting waits for ever.
func connectsFirst(t *check.T) {
	fetch(t, "passive", text(t, 900), func(s *server) { s.patient, s.suspect = true, "connects-first" })
}

// typeImage judges that a file which is no text is asked for as such.
func typeImage(t *check.T) {
	s := fetch(t, "passive", t.Bytes(1000), nil)
	t.Expect(s.image, check.Mistake{Name: "no-type", Conn: s.control, Expected: "TYPE I\r\n", RFC: "RFC 959 §3.1.1"})
}

// waits has the server reply late: each command waits for the reply to the one
// before.
func waits(t *check.T) {
	fetch(t, "passive", text(t, 900), func(s *server) { s.slow = true })
}
