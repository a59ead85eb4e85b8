package tftpserver

import (
	"encoding/binary"
	"net/netip"
	"path"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// The opcodes (RFC 1350 §5), and one of RFC 2347.
const (
	opRRQ = 1 + iota
	opWRQ
	opData
	opAck
	opError
	opOACK
)

const blockSize = 512

// awhile is for what a program does at once, if it does it.
const awhile = 500 * time.Millisecond

// session is a transfer of the tester's, from a socket of its own.
type session struct {
	t      *check.T
	p      *check.Program
	at     netip.AddrPort // where the program takes requests
	socket *check.Datagrams
	peer   netip.AddrPort // the program's port for this transfer, once it is known
	stops  string         // what it is called if no further block comes
}

// open is a new client.
func open(t *check.T, p *check.Program) *session {
	return &session{t: t, p: p, at: p.Listening("udp"), socket: t.OpenUDP()}
}

// provide puts a file wherever the program may look for it.
func provide(t *check.T, p *check.Program, content []byte) (name string) {
	p.Listening("udp") // it may make its folder at its beginning
	name = t.Word() + ".bin"
	for _, folder := range t.Folders() {
		t.WriteFile(path.Join(folder, name), content)
	}
	return name
}

func (s *session) ask(op byte, name string) { s.askIn(op, name, "octet") }

func (s *session) askIn(op byte, name string, words ...string) {
	s.socket.Send(s.at, []byte("\x00"+string(rune(op))+name+"\x00"+strings.Join(words, "\x00")+"\x00"))
}

func message(op byte, block int, data []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0, op}, uint16(block)), data...)
}

func (s *session) ack(block int) { s.socket.Send(s.peer, message(opAck, block, nil)) }

func (s *session) data(block int, data []byte) { s.socket.Send(s.peer, message(opData, block, data)) }

// next waits for the program's next message of this transfer.
func (s *session) next(m check.Mistake) *check.Datagram {
	t := s.t
	g, end := s.socket.Receive()
	t.Await(end, m)
	if len(g.Data) < 4 || g.Data[0] != 0 || g.Data[1] < opRRQ || g.Data[1] > opOACK {
		t.Wrong(check.Mistake{
			Name: "message-format", Datagram: g, Length: len(g.Data), Actual: string(g.Data[:min(len(g.Data), 64)]), RFC: "RFC 1350 §5",
		})
	}
	if s.peer.IsValid() && g.From != s.peer {
		t.Wrong(check.Mistake{
			Name: "changes-port", Datagram: g, Length: len(g.Data), Args: map[string]any{"First": s.peer.Port(), "Now": g.From.Port()}, RFC: "RFC 1350 §4",
		})
	}
	s.peer = g.From
	return g
}

// block is a message's block number, or an error's.
func block(g *check.Datagram) int { return int(binary.BigEndian.Uint16(g.Data[2:])) }

// errorText is what an error message says.
func errorText(g *check.Datagram) string { return strings.TrimRight(string(g.Data[4:]), "\x00") }

// receive waits for a block; those before it may come again.
func (s *session) receive(n int, mistake string) []byte {
	t := s.t
	for {
		g := s.next(check.Mistake{Name: mistake, Args: map[string]any{"Block": n}, RFC: "RFC 1350 §2", Book: "§3.4.1"})
		switch {
		case g.Data[1] == opError:
			s.refused(g)
		case g.Data[1] == opData && n > 1 && (block(g) == n-1 || block(g) == n-2):
			continue
		case g.Data[1] != opData || block(g) != n:
			t.Wrong(check.Mistake{
				Name: "data-number", Datagram: g, Length: 4, Args: map[string]any{"Block": n}, Expected: string(message(opData, n, nil)), Actual: string(g.Data[:4]),
				RFC: "RFC 1350 §2", Book: "§3.4.1",
			})
		case len(g.Data) > 4+blockSize:
			t.Wrong(check.Mistake{Name: "data-size", Datagram: g, Offset: 4 + blockSize, Args: map[string]any{"Bytes": len(g.Data) - 4}, RFC: "RFC 1350 §2"})
		}
		return g.Data[4:]
	}
}

// refused ends the case: the program has answered with an error message.
func (s *session) refused(g *check.Datagram) {
	s.t.Wrong(check.Mistake{Name: "refused", Datagram: g, Length: len(g.Data), Args: map[string]any{"Code": block(g), "Text": errorText(g)}, RFC: "RFC 1350 §5"})
}

// acknowledged waits for the acknowledgement of a block; those of earlier ones may
// come again.
func (s *session) acknowledged(n int, mistake string) {
	for {
		g := s.next(check.Mistake{Name: mistake, Args: map[string]any{"Block": n}, RFC: "RFC 1350 §2", Book: "§3.4.1"})
		switch {
		case g.Data[1] == opError:
			s.t.Wrong(check.Mistake{Name: "no-upload", Datagram: g, Length: len(g.Data), Actual: errorText(g), RFC: "RFC 1350 §4"})
		case g.Data[1] != opAck || block(g) > n:
			s.t.Wrong(check.Mistake{
				Name: "ack-number", Datagram: g, Length: 4, Args: map[string]any{"Block": n}, Expected: string(message(opAck, n, nil)), Actual: string(g.Data[:4]), RFC: "RFC 1350 §2",
			})
		case block(g) == n:
			return
		}
	}
}
