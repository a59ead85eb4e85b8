package tftpclient

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// The opcodes (RFC 1350 §5).
const (
	opRRQ = 1 + iota
	opWRQ
	opData
	opAck
	opError
)

const blockSize = 512

// session is a transfer: the port at which the program asked, the one that the
// server chose for it, and the program's.
type session struct {
	t       *check.T
	p       *check.Program
	asked   *check.Datagrams
	own     *check.Datagrams
	request *check.Datagram
	name    string
	mode    string
	empty   int // the number of the block without data that ends a file of whole blocks
}

// begin starts the program, with the words for an operation, and waits for its
// request. One that does the other operation first is served.
func begin(t *check.T, op byte, file string) *session {
	s := launch(t, op, file)
	s.awaitRequest(op, check.Mistake{Name: "no-request", RFC: "RFC 1350 §4", Book: "§3.4.1"})
	return s
}

func launch(t *check.T, op byte, file string) *session {
	s := &session{t: t, asked: t.AcceptUDP()}
	word := "get"
	if op == opWRQ {
		word = "put"
	}
	s.p = t.Start(places(word, file))
	return s
}

func (s *session) awaitRequest(op byte, m check.Mistake) {
	t := s.t
	for {
		g, end := s.asked.Receive()
		if end != check.Done {
			s.noRequest(op, end, m)
		}
		if s.request != nil {
			s.straying(g)
		}
		if !s.isRequest(g) {
			t.Wrong(check.Mistake{
				Name: "request-format", Datagram: g, Length: len(g.Data), RFC: "RFC 1350 §5",
				Expected: "\x00" + string(rune(op)) + "test.txt\x00octet\x00", Actual: string(g.Data[:min(len(g.Data), 64)]),
			})
		}
		s.request = g
		s.own = t.OpenUDPAt(g.To.Addr())
		if g.Data[1] == op {
			break
		}
		s.serveOther(g.Data[1])
	}
	switch strings.ToLower(s.mode) {
	case "octet", "netascii":
	default:
		t.Wrong(check.Mistake{
			Name: "mode", Datagram: s.request, Offset: 3 + len(s.name), Length: len(s.mode), Expected: "octet", Actual: s.mode, RFC: "RFC 1350 §1",
		})
	}
}

// noRequest ends the case: the program has not asked. Sending files is no part of
// the base task.
func (s *session) noRequest(op byte, end check.End, m check.Mistake) {
	if op == opWRQ {
		m.Name = "no-upload"
		s.await(end, m)
	}
	if end == check.Exited && s.request == nil && len(s.t.Tried()) > 0 {
		s.crashes() // after it has tried, by itself: it gave up
		s.t.Wrong(m)
	}
	s.t.Accepted(end, m)
}

// isRequest takes a request apart. Options behind the mode (RFC 2347) are read
// over: a server need not know any.
func (s *session) isRequest(g *check.Datagram) bool {
	if len(g.Data) < 4 || g.Data[0] != 0 || g.Data[1] != opRRQ && g.Data[1] != opWRQ || g.Data[len(g.Data)-1] != 0 {
		return false
	}
	words := bytes.Split(g.Data[2:len(g.Data)-1], []byte{0})
	if len(words) < 2 || len(words[0]) == 0 {
		return false
	}
	s.name, s.mode = string(words[0]), string(words[1])
	return true
}

// serveOther serves what this case is not about.
func (s *session) serveOther(op byte) {
	if op == opWRQ {
		s.take()
		return
	}
	s.send(opData, 1, []byte("wirebook\n"))
	s.own.Within(awhile)
}

// send sends a message with a block number from the server's own port.
func (s *session) send(op byte, block int, data []byte) {
	s.own.Send(s.request.From, message(op, block, data))
}

func message(op byte, block int, data []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0, op}, uint16(block)), data...)
}

// sendError sends an error message (RFC 1350 §5, figure 5-4).
func (s *session) sendError(code int, text string) {
	s.send(opError, code, append([]byte(text), 0))
}

// next waits for the program's next message at the server's port. What it sends
// elsewhere, or from elsewhere, is a mistake, and so is what is too short.
func (s *session) next(m check.Mistake) *check.Datagram {
	g, end := s.own.Receive()
	if end != check.Done {
		s.strayed()
		s.await(end, m)
	}
	return s.checked(g)
}

// await ends the case. A program that ends by itself with an exit code, and not by an
// error, has not crashed; one that asks what to do does not hang.
func (s *session) await(end check.End, m check.Mistake) {
	if end == check.Exited {
		s.crashes()
	}
	if end == check.Exited || end == check.Idle && s.p.Asks() {
		s.t.Wrong(m)
	}
	s.t.Await(end, m)
}

func (s *session) checked(g *check.Datagram) *check.Datagram {
	t := s.t
	if g.From != s.request.From {
		t.Wrong(check.Mistake{
			Name: "new-port", Datagram: g, Length: len(g.Data), Args: map[string]any{"First": s.request.From.Port(), "Now": g.From.Port()}, RFC: "RFC 1350 §4",
		})
	}
	if len(g.Data) < 4 || g.Data[0] != 0 || g.Data[1] < opRRQ || g.Data[1] > opError {
		t.Wrong(check.Mistake{
			Name: "message-format", Datagram: g, Length: len(g.Data), Actual: string(g.Data[:min(len(g.Data), 64)]), RFC: "RFC 1350 §5",
		})
	}
	if g.Data[1] == opError {
		t.Wrong(check.Mistake{
			Name: "gave-up", Datagram: g, Length: len(g.Data), Args: map[string]any{"Text": strings.Trim(string(g.Data[4:]), "\x00")}, RFC: "RFC 1350 §2",
		})
	}
	return g
}

// strayed ends the case if the program speaks on to the port at which it asked.
func (s *session) strayed() {
	for {
		g := s.asked.Within(awhile / 100)
		if g == nil {
			return
		}
		s.straying(g)
	}
}

// straying ends the case if a message to the port for requests is none.
func (s *session) straying(g *check.Datagram) {
	if len(g.Data) >= 2 && (g.Data[1] == opData || g.Data[1] == opAck) {
		s.t.Wrong(check.Mistake{
			Name: "answers-request-port", Datagram: g, Length: len(g.Data), RFC: "RFC 1350 §4",
			Args: map[string]any{"Asked": g.To.Port(), "Chosen": s.own.At().Port()},
		})
	}
}

// block is a message's block number.
func block(g *check.Datagram) int { return int(binary.BigEndian.Uint16(g.Data[2:])) }
