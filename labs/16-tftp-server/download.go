package tftpserver

import (
	"bytes"
	"cmp"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// text is a file's content: letters and spaces.
func text(t *check.T, size int) []byte {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(t.Word() + " ")
	}
	return []byte(b.String()[:size])
}

// bytesOf is a content that is no text.
func bytesOf(t *check.T, size int) []byte {
	content := t.Bytes(size)
	copy(content, "\x00\r\n\xff\n\r\x1a\x80")
	return content
}

func download(t *check.T) { fetch(t, t.Start(nil), text(t, 3*blockSize+1+t.Rand.IntN(400))) }

func exact(t *check.T) { fetch(t, t.Start(nil), text(t, (2+t.Rand.IntN(3))*blockSize)) }

func binaryFile(t *check.T) { fetch(t, t.Start(nil), bytesOf(t, 2*blockSize+300)) }

// large has more blocks than a byte counts.
func large(t *check.T) { fetch(t, t.Start(nil), bytesOf(t, 300*blockSize+77)) }

// fetch asks for a file of that content, and judges all of it.
func fetch(t *check.T, p *check.Program, content []byte) {
	name := provide(t, p, content)
	s := open(t, p)
	s.ask(opRRQ, name)
	s.all(nil, content)
}

// all receives what is left of a file, and compares.
func (s *session) all(got, content []byte) {
	for n := len(got)/blockSize + 1; ; n++ {
		mistake := cmp.Or(s.stops, "stops")
		switch {
		case n == 1:
			mistake = "no-data"
		case len(got) == len(content):
			mistake = "no-empty-block"
		}
		data := s.receive(n, mistake)
		got = append(got, data...)
		s.ack(n)
		if len(data) < blockSize || len(got) > len(content)+blockSize {
			break
		}
	}
	if bytes.Equal(got, content) {
		return
	}
	m := check.Mistake{
		Name: "content", RFC: "RFC 1350 §2", Expected: check.Say("tftp-server.bytes", "Bytes", len(content)), Actual: check.Say("tftp-server.bytes", "Bytes", len(got)),
	}
	if len(got) < len(content) && bytes.HasPrefix(content, got) {
		m.Name = "cut"
	}
	s.t.Wrong(m)
}

func notFound(t *check.T) {
	p := t.Start(nil)
	s := open(t, p)
	s.askMissing()
}

// askMissing asks for a file that is not there.
func (s *session) askMissing() {
	s.ask(opRRQ, s.t.Word()+".bin")
	expected := "\x00\x05\x00\x01File not found\x00"
	g := s.next(check.Mistake{Name: "no-error", Expected: expected, RFC: "RFC 1350 §2"})
	if g.Data[1] != opError {
		s.t.Wrong(check.Mistake{Name: "not-an-error", Datagram: g, Length: 2, Expected: expected, Actual: string(g.Data[:min(len(g.Data), 64)]), RFC: "RFC 1350 §5"})
	}
	if block(g) != 1 {
		s.t.Remark("error-code")
	}
	if g.Data[len(g.Data)-1] != 0 {
		s.t.Remark("error-end")
	}
}

// again is one transfer after the other, with an error among them.
func again(t *check.T) {
	p := t.Start(nil)
	fetch(t, p, text(t, blockSize+50))
	open(t, p).askMissing()
	fetch(t, p, text(t, 2*blockSize+50))
}

// concurrent has a client fetch a file while another is in the middle of one.
func concurrent(t *check.T) {
	p := t.Start(nil)
	one, other := text(t, 2*blockSize+9), text(t, 2*blockSize+99)
	name, second := provide(t, p, one), provide(t, p, other)
	a := open(t, p)
	a.ask(opRRQ, name)
	got := a.receive(1, "no-data")
	b := open(t, p)
	b.ask(opRRQ, second)
	asked := time.Now()
	first := b.receive(1, "one-at-a-time")
	if a.resent() >= 2 && time.Since(asked) > 3*time.Second { // it gave up a, and only then took b
		t.Wrong(check.Mistake{Name: "one-at-a-time", RFC: "RFC 1350 §4"})
	}
	if time.Since(asked) > time.Second { // perhaps it has given up a; then a gets nothing more
		a.stops = "one-at-a-time"
	}
	a.ack(1)
	b.ack(1)
	b.all(first, other)
	a.all(got, one)
}

// resent is how often the server has sent again what it had sent.
func (s *session) resent() (n int) {
	for s.socket.Within(time.Millisecond) != nil {
		n++
	}
	return n
}
