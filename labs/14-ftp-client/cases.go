package ftpclient

import (
	"bytes"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

func text(t *check.T, size int) []byte {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(t.Word() + " ")
	}
	return []byte(b.String()[:size])
}

// login judges that the program says who it is, one command a time.
func login(t *check.T) {
	s := begin(t, "get", t.Word()+".txt", "passive", func(s *server) { s.content = text(t, 300) })
	s.logsIn()
	s.rest(func() bool { return s.sent })
	s.rest(nil)
	if !s.has("QUIT") && s.closed != check.Idle {
		t.Remark("no-quit")
	}
}

func (s *server) logsIn() {
	s.until(func() bool { return s.has("USER") || s.has("PASS") }, check.Mistake{Name: "no-user", Expected: "USER anonymous\r\n", RFC: "RFC 959 §4.1.1"})
	if !s.has("USER") {
		s.wrong(check.Mistake{Name: "no-user", Expected: "USER anonymous\r\n", Actual: s.said[len(s.said)-1] + "\r\n", RFC: "RFC 959 §4.1.1"})
	}
	s.until(func() bool { return s.has("PASS") }, check.Mistake{Name: "no-pass", Expected: "PASS guest\r\n", RFC: "RFC 959 §4.1.1"})
}

func download(t *check.T) { fetch(t, "passive", text(t, 700+t.Rand.IntN(300)), nil) }

// binary is a file that is no text. It fits one segment: that a program takes the
// first for the whole is another case's question.
func binary(t *check.T) {
	content := t.Bytes(1000)
	copy(content, "\x00\r\n\xff\n\r\x1a\x80")
	fetch(t, "passive", content, nil)
}

// large is a file that comes in many segments.
func large(t *check.T) { fetch(t, "passive", t.Bytes(300_000+t.Rand.IntN(1000)), nil) }

// fetch has the program fetch a file of that content, and judges what it keeps.
func fetch(t *check.T, mode string, content []byte, set func(*server)) *server {
	s := begin(t, "get", t.Word()+".bin", mode, func(s *server) {
		s.content = content
		s.listing = "-rw-r--r-- 1 ftp ftp 1000 Jan  1 12:00 " + t.Word() + ".bin\r\n"
		if set != nil {
			set(s)
		}
	})
	s.logsIn()
	s.until(func() bool { return s.sent }, check.Mistake{Name: "no-download", Expected: "RETR …\r\n", RFC: "RFC 959 §4.1.3"})
	s.rest(func() bool { return t.Kept(content) })
	s.keeps(content)
	return s
}

func (s *server) keeps(content []byte) {
	fate, data, end := s.p.Keeps(content)
	m := check.Mistake{
		Name: "file-differs", RFC: "RFC 959 §3.4", Expected: check.Say("ftp-client.bytes", "Bytes", len(content)), Actual: check.Say("ftp-client.bytes", "Bytes", len(data)),
	}
	switch fate {
	case check.Kept:
		return
	case check.Unready:
		s.t.Remark("not-closed")
		return
	case check.Missing:
		m.Name, m.Actual = "not-saved", nil
	case check.Cut:
		m.Name = "file-cut"
	}
	if end == check.Exited || end == check.Idle && !s.p.Asks() {
		s.await(end, m)
	}
	s.t.Wrong(s.fails(m))
}

// notFound has no file: 550, and no data connection.
func notFound(t *check.T) {
	s := begin(t, "get", t.Word()+".bin", "passive", nil)
	s.logsIn()
	s.until(func() bool { return s.denied }, check.Mistake{Name: "no-download", Expected: "RETR …\r\n", RFC: "RFC 959 §4.1.3"})
	s.rest(nil)
	end := s.p.Wait()
	m := check.Mistake{Name: "waits-after-550", Conn: s.control, Offset: s.line, RFC: "RFC 959 §4.2"}
	switch {
	case end == check.Done && crashed(s.p):
		t.Await(check.Exited, m)
	case end != check.Done && !s.p.Asks():
		t.Await(end, m)
	}
}

// crashed is whether a program has ended by an error; an exit code alone is none.
func crashed(p *check.Program) bool {
	return p.Code() >= 128 || p.Code() != 0 && (strings.Contains(p.Output(), "Traceback (most") || strings.Contains(p.Output(), "panic: "))
}

func passiveMode(t *check.T) { inMode(t, "passive", "no-passive") }

func activeMode(t *check.T) { inMode(t, "active", "no-active") }

// inMode judges that a file comes in one of the two modes.
func inMode(t *check.T, mode, mistake string) {
	s := fetch(t, mode, text(t, 900+t.Rand.IntN(300)), nil)
	if !s.modes[mode] {
		t.Wrong(check.Mistake{Name: mistake, Conn: s.control, RFC: "RFC 959 §3.2"})
	}
}

// list judges that the program shows what is there.
func list(t *check.T) {
	name := t.Word() + ".txt"
	s := begin(t, "ls", t.Word()+".txt", "passive", func(s *server) {
		s.content = text(t, 300)
		s.listing = "-rw-r--r--   1 ftp ftp     4711 Jan  1 12:00 " + name + "\r\n-rw-r--r--   1 ftp ftp       42 Jan  1 12:00 " + t.Word() + ".txt\r\n"
	})
	s.logsIn()
	s.until(func() bool { return s.listed }, check.Mistake{Name: "no-list", Expected: "LIST\r\n", RFC: "RFC 959 §4.1.3"})
	shows := func(output string) bool { return strings.Contains(output, name) }
	s.rest(func() bool { return shows(s.p.Output()) })
	if end := s.p.Prints(shows); end != check.Done && !t.Kept([]byte(s.listing)) {
		m := check.Mistake{Name: "list-not-shown", Expected: s.listing, RFC: "RFC 959 §4.1.3"}
		s.await(end, m)
	}
}

// upload has the program send a file.
func upload(t *check.T) {
	name, content := t.File(".bin", 5000)
	s := begin(t, "put", name, "passive", func(s *server) { s.content = text(t, 300) })
	s.logsIn()
	s.untilStored()
	if bytes.Equal(s.got, content) {
		return
	}
	for _, own := range t.Files() { // a program with a file's name in its source sends that one
		if data, err := t.ReadFile(own); err == nil && len(data) > 0 && bytes.Equal(data, s.got) {
			return
		}
	}
	t.Wrong(check.Mistake{
		Name: "sent-differs", RFC: "RFC 959 §3.4", Expected: check.Say("ftp-client.bytes", "Bytes", len(content)), Actual: check.Say("ftp-client.bytes", "Bytes", len(s.got)),
	})
}

// untilStored waits for STOR, which is no part of the base task.
func (s *server) untilStored() {
	for !s.stored {
		line, end := s.next(nil)
		if end != check.Done {
			m := check.Mistake{Name: "no-upload", Conn: s.control, Offset: s.control.Offset(), Expected: "STOR …\r\n", RFC: "RFC 959 §4.1.3"}
			s.await(end, m)
		}
		s.obey(line)
	}
}
