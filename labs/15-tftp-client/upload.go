package tftpclient

import (
	"bytes"
	"path"

	"github.com/wirebook/wirebook/labs/check"
)

func upload(t *check.T) { store(t, bytesOf(t, 2*blockSize+t.Rand.IntN(400)+1)) }

// uploadExact is a file of whole blocks: an empty block says where it ends.
func uploadExact(t *check.T) { store(t, bytesOf(t, 3*blockSize)) }

// store has the program send a file.
func store(t *check.T, content []byte) {
	s, content := offer(t, content)
	if len(content)%blockSize == 0 {
		s.empty = len(content)/blockSize + 1
	}
	s.send(opAck, 0, nil)
	s.compare(s.take(), content)
}

// offer starts the program with a file to send, and waits until it asks for leave.
// A program with a file's name in its source sends that one.
func offer(t *check.T, content []byte) (*session, []byte) {
	name := t.Word() + ".bin"
	t.WriteFile(name, content)
	s := begin(t, opWRQ, name)
	for _, own := range []string{s.name, path.Base(s.name)} {
		if data, err := t.ReadFile(own); err == nil {
			return s, data
		}
	}
	return s, content
}

// take receives a file to its end, and acknowledges each block.
func (s *session) take() (content []byte) {
	for n := 1; ; n++ {
		data := s.receive(n, "no-data")
		content = append(content, data...)
		s.send(opAck, n, nil)
		if len(data) < blockSize {
			return content
		}
	}
}

// receive waits for a block; the one before it may come again.
func (s *session) receive(n int, mistake string) []byte {
	if n > 1 && mistake == "no-data" {
		mistake = "data-stops"
	}
	if n == s.empty {
		mistake = "no-empty-block"
	}
	for {
		g := s.next(check.Mistake{Name: mistake, Args: map[string]any{"Block": n}, RFC: "RFC 1350 §2", Book: "§3.4.1"})
		switch got := block(g); {
		case g.Data[1] != opData || got > n || n == 1 && got != n:
			s.t.Wrong(check.Mistake{
				Name: "data-number", Datagram: g, Length: 4, Args: map[string]any{"Block": n}, Expected: string(message(opData, n, nil)), Actual: string(g.Data[:4]), RFC: "RFC 1350 §2",
			})
		case got < n:
			s.send(opAck, got, nil)
		case len(g.Data) > 4+blockSize:
			s.t.Wrong(check.Mistake{Name: "data-size", Datagram: g, Offset: 4 + blockSize, Args: map[string]any{"Bytes": len(g.Data) - 4}, RFC: "RFC 1350 §2"})
		default:
			return g.Data[4:]
		}
	}
}

// compare judges what has come.
func (s *session) compare(got, content []byte) {
	want := bytes.Join(s.blocks(content), nil)
	if bytes.Equal(got, want) || bytes.Equal(got, content) {
		return
	}
	m := check.Mistake{
		Name: "sent-differs", RFC: "RFC 1350 §2", Expected: check.Say("tftp-client.bytes", "Bytes", len(content)),
		Actual: check.Say("tftp-client.bytes", "Bytes", len(got)),
	}
	if len(got) < len(content) && bytes.HasPrefix(content, got) {
		m.Name = "sent-cut"
	}
	s.t.Wrong(m)
}

// uploadLost has a block lost: it must come again.
func uploadLost(t *check.T) {
	s, content := offer(t, bytesOf(t, 2*blockSize+99))
	s.send(opAck, 0, nil)
	got := s.receive(1, "no-data")
	s.send(opAck, 1, nil)
	s.receive(2, "data-stops")
	got = append(got, s.resent(2)...)
	s.send(opAck, 2, nil)
	s.compare(append(got, s.receive(3, "data-stops")...), content)
	s.send(opAck, 3, nil)
}

func (s *session) resent(n int) []byte { return s.receive(n, "no-resend") }

// duplicateAck acknowledges each block twice. Who answers each acknowledgement with
// a block sends every block twice from then on: the sorcerer's apprentice.
func duplicateAck(t *check.T) {
	s, content := offer(t, bytesOf(t, 8*blockSize+99))
	s.send(opAck, 0, nil)
	s.send(opAck, 0, nil)
	var got []byte
	doubled, all := 0, len(s.blocks(content))
	var last *check.Datagram
	for n := 1; n <= all; {
		g := s.next(check.Mistake{Name: "second-ack-stops", Args: map[string]any{"Block": n}, RFC: "RFC 1123 §4.2.3.1", Book: "§3.4.1"})
		if g.Data[1] != opData || block(g) < n {
			doubled++
			last = g
			continue
		}
		if block(g) > n {
			t.Wrong(check.Mistake{Name: "second-ack-skips", Datagram: g, Offset: 2, Length: 2, Args: map[string]any{"Block": n}, RFC: "RFC 1123 §4.2.3.1", Book: "§3.4.1"})
		}
		got = append(got, g.Data[4:]...)
		s.send(opAck, n, nil)
		s.send(opAck, n, nil)
		n++
	}
	if doubled > all/2 {
		t.Wrong(check.Mistake{Name: "apprentice", Datagram: last, Length: 4, Args: map[string]any{"Twice": doubled}, RFC: "RFC 1123 §4.2.3.1", Book: "§3.4.1"})
	}
	s.compare(got, content)
}
