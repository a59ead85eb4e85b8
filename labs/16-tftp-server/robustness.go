package tftpserver

import (
	"bytes"

	"github.com/wirebook/wirebook/labs/check"
)

// ownPort judges that a transfer has a port of its own on the server's side.
func ownPort(t *check.T) {
	p := t.Start(nil)
	content := text(t, blockSize+50)
	name := provide(t, p, content)
	s := open(t, p)
	s.ask(opRRQ, name)
	g := s.next(check.Mistake{Name: "no-data", Args: map[string]any{"Block": 1}, RFC: "RFC 1350 §2"})
	if g.From.Port() == s.at.Port() {
		t.Wrong(check.Mistake{Name: "own-port", Datagram: g, Length: 4, Args: map[string]any{"Port": s.at.Port()}, RFC: "RFC 1350 §4"})
	}
}

// resend has the first block lost.
func resend(t *check.T) {
	p := t.Start(nil)
	content := text(t, blockSize+50)
	name := provide(t, p, content)
	s := open(t, p)
	s.ask(opRRQ, name)
	first := s.receive(1, "no-data")
	again := s.receive(1, "no-resend")
	if !bytes.Equal(first, again) {
		t.Wrong(check.Mistake{Name: "resends-other", Args: map[string]any{"Block": 1}, RFC: "RFC 1350 §2", Book: "§3.4.1"})
	}
	s.ack(1)
	s.all(first, content)
}

// duplicateAck acknowledges each block twice. Who answers each acknowledgement with
// a block sends every block twice from then on: the sorcerer's apprentice.
func duplicateAck(t *check.T) {
	const blocks = 9
	p := t.Start(nil)
	content := text(t, (blocks-1)*blockSize+50)
	name := provide(t, p, content)
	s := open(t, p)
	s.ask(opRRQ, name)
	doubled := 0
	var got []byte
	var last *check.Datagram
	for n := 1; n <= blocks; {
		mistake := "second-ack-stops"
		if n == 1 {
			mistake = "no-data"
		}
		g := s.next(check.Mistake{Name: mistake, Args: map[string]any{"Block": n}, RFC: "RFC 1123 §4.2.3.1", Book: "§3.4.1"})
		switch {
		case g.Data[1] == opError:
			s.refused(g)
		case g.Data[1] == opData && block(g) < n:
			doubled++
			last = g
			continue
		case g.Data[1] != opData || block(g) > n:
			t.Wrong(check.Mistake{Name: "second-ack-skips", Datagram: g, Length: 4, Args: map[string]any{"Block": n}, RFC: "RFC 1123 §4.2.3.1", Book: "§3.4.1"})
		}
		got = append(got, g.Data[4:]...)
		s.ack(n)
		s.ack(n)
		n++
	}
	if doubled > blocks/2 {
		t.Wrong(check.Mistake{Name: "apprentice", Datagram: last, Length: 4, Args: map[string]any{"Twice": doubled}, RFC: "RFC 1123 §4.2.3.1", Book: "§3.4.1"})
	}
	if !bytes.Equal(got, content) {
		t.Wrong(check.Mistake{Name: "content", RFC: "RFC 1350 §2", Expected: check.Say("tftp-server.bytes", "Bytes", len(content)), Actual: check.Say("tftp-server.bytes", "Bytes", len(got))})
	}
}

// stranger has somebody else acknowledge a block.
func stranger(t *check.T) {
	p := t.Start(nil)
	content := text(t, 2*blockSize+50)
	name := provide(t, p, content)
	s := open(t, p)
	s.ask(opRRQ, name)
	got := s.receive(1, "no-data")
	other := t.OpenUDP()
	other.Send(s.peer, message(opAck, 1, nil))
	taken := check.Mistake{Name: "stranger", Length: 4, RFC: "RFC 1350 §4"}
	if g := other.Within(awhile); g != nil && len(g.Data) > 4 && g.Data[1] == opData {
		taken.Datagram = g
		t.Wrong(taken)
	}
	if g := s.socket.Within(awhile / 10); g != nil && len(g.Data) > 4 && g.Data[1] == opData && block(g) == 2 {
		taken.Datagram = g
		t.Wrong(taken)
	}
	s.ack(1)
	s.all(got, content)
}

// wayOut asks for a file outside the server's folder.
func wayOut(t *check.T) {
	p := t.Start(nil)
	for _, name := range []string{"../../../../../../../../etc/passwd", "/etc/passwd"} {
		s := open(t, p)
		s.ask(opRRQ, name)
		g, end := s.socket.Receive()
		if end != check.Done && end != check.Idle {
			t.Await(end, check.Mistake{Name: "no-error", RFC: "RFC 1350 §2"})
		}
		if g == nil {
			continue
		}
		if at := bytes.Index(g.Data, []byte("root:")); at >= 0 {
			t.Wrong(check.Mistake{
				Name: "way-out", Datagram: g, Offset: at, Length: 5, Args: map[string]any{"Path": name}, Expected: "\x00\x05\x00\x02Access violation\x00", RFC: "RFC 1350 §5",
			})
		}
	}
	fetch(t, p, text(t, blockSize+50))
}

// garbage is what is no request.
func garbage(t *check.T) {
	p := t.Start(nil)
	s := open(t, p)
	for _, data := range []string{"\x00", "\x00\x09hello\x00", "\x00\x01no zero byte", "\x00\x04\x00\x01", "\xff\xff\xff\xff\xff"} {
		s.socket.Send(s.at, []byte(data))
	}
	s.socket.Within(awhile)
	content := text(t, blockSize+50)
	name := provide(t, p, content)
	after := open(t, p)
	after.ask(opRRQ, name)
	m := check.Mistake{Name: "dies-of-garbage", Crash: true, RFC: "RFC 1350 §5"}
	g, end := after.socket.Receive()
	t.Await(end, m)
	switch {
	case len(g.Data) >= 4 && g.Data[1] == opError:
		after.refused(g)
	case len(g.Data) < 4 || g.Data[1] != opData || block(g) != 1:
		m.Datagram, m.Length = g, min(len(g.Data), 4)
		t.Wrong(m)
	}
	after.peer = g.From
	after.ack(1)
	after.all(g.Data[4:], content)
}

// finds ends the case if the program has not found the file: then how it was asked for
// is not what is wrong.
func (s *session) finds(g *check.Datagram) {
	const notFound = 1
	if g.Data[1] == opError && block(g) == notFound {
		s.refused(g)
	}
}

// modeCase writes the mode in other letters (RFC 1350 §1: in any).
func modeCase(t *check.T) {
	p := t.Start(nil)
	content := text(t, blockSize+50)
	name := provide(t, p, content)
	s := open(t, p)
	s.askIn(opRRQ, name, "OcTeT")
	g := s.next(check.Mistake{Name: "mode-case", RFC: "RFC 1350 §5"})
	s.finds(g)
	if g.Data[1] != opData {
		t.Wrong(check.Mistake{Name: "mode-case", Datagram: g, Length: len(g.Data), Actual: errorText(g), RFC: "RFC 1350 §5"})
	}
	s.ack(1)
	s.all(g.Data[4:], content)
}

// options asks as today's clients do. A server that knows no options reads over
// them; one that does acknowledges those that it takes.
func options(t *check.T) {
	p := t.Start(nil)
	content := text(t, 100+t.Rand.IntN(300))
	name := provide(t, p, content)
	s := open(t, p)
	s.askIn(opRRQ, name, "octet", "tsize", "0", "blksize", "1024")
	m := check.Mistake{Name: "options", Crash: true, RFC: "RFC 2347"}
	g := s.next(m)
	s.finds(g)
	if g.Data[1] == opOACK {
		s.ack(0)
		g = s.next(m)
	}
	if g.Data[1] != opData || block(g) != 1 || !bytes.Equal(g.Data[4:], content) {
		m.Datagram, m.Length = g, len(g.Data)
		t.Wrong(m)
	}
	s.ack(1)
}
