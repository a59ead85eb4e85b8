package tftpclient

import (
	"bytes"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// awhile is for what a program does at once, if it does it.
const awhile = 500 * time.Millisecond

// text is a file's content: letters and spaces, the same in every mode.
func text(t *check.T, size int) []byte {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(t.Word() + " ")
	}
	return []byte(b.String()[:size])
}

func download(t *check.T) {
	fetch(t, text(t, 3*blockSize+100+t.Rand.IntN(200)))
}

// short has a last block so long that it fits 512 bytes only without its header.
func short(t *check.T) {
	fetch(t, text(t, 2*blockSize-1-t.Rand.IntN(3)))
}

// exact is a file of whole blocks: its end is a block without data.
func exact(t *check.T) {
	fetch(t, text(t, (2+t.Rand.IntN(3))*blockSize))
}

// bytesOf is a content that is no text.
func bytesOf(t *check.T, size int) []byte {
	content := t.Bytes(size)
	copy(content, "\x00\r\n\xff\n\r\x1a\x80")
	return content
}

func binaryFile(t *check.T) { fetch(t, bytesOf(t, 2*blockSize+300)) }

// large has more blocks than a byte counts.
func large(t *check.T) { fetch(t, bytesOf(t, 300*blockSize+77)) }

// fetch has the program fetch a file of that content, and judges all of it.
func fetch(t *check.T, content []byte) {
	s := begin(t, opRRQ, t.Word()+".bin")
	blocks := s.blocks(content)
	for i, data := range blocks {
		s.send(opData, i+1, data)
		if i+1 < len(blocks) {
			s.acknowledged(i + 1)
		}
	}
	s.keeps(content)
	s.ends()
}

// blocks are what a file is sent as: the last has less than 512 bytes.
func (s *session) blocks(content []byte) (all [][]byte) {
	if strings.EqualFold(s.mode, "netascii") { // RFC 764: a line's end is CR LF
		content = bytes.ReplaceAll(bytes.ReplaceAll(content, []byte("\r"), []byte("\r\x00")), []byte("\n"), []byte("\r\n"))
	}
	for ; len(content) >= blockSize; content = content[blockSize:] {
		all = append(all, content[:blockSize])
	}
	return append(all, content)
}

// acknowledged waits for the acknowledgement of a block; that of an earlier one
// may come again.
func (s *session) acknowledged(n int) {
	name := "no-ack"
	if n > 1 {
		name = "stops"
	}
	for {
		g := s.next(check.Mistake{Name: name, Args: map[string]any{"Block": n}, RFC: "RFC 1350 §2", Book: "§3.4.1"})
		if g.Data[1] != opAck {
			s.t.Wrong(check.Mistake{Name: "not-an-ack", Datagram: g, Length: 2, Expected: string(message(opAck, n, nil)), Actual: string(g.Data[:4]), RFC: "RFC 1350 §5"})
		}
		if len(g.Data) > 4 {
			s.t.Remark("long-ack")
		}
		switch got := block(g); {
		case got == n&0xffff:
			return
		case got > n || got < n-2:
			s.t.Wrong(check.Mistake{
				Name: "ack-number", Datagram: g, Offset: 2, Length: 2, Args: map[string]any{"Block": n, "Got": got},
				Expected: string(message(opAck, n, nil)), Actual: string(g.Data[:4]), RFC: "RFC 1350 §2", Book: "§3.4.1",
			})
		}
	}
}

// keeps judges what the program has made of a file, after its last block was sent.
func (s *session) keeps(content []byte) {
	t := s.t
	fate, data, end := s.p.Keeps(content)
	m := check.Mistake{
		Name: "file-differs", RFC: "RFC 1350 §2", Book: "§3.4.1",
		Expected: check.Say("tftp-client.bytes", "Bytes", len(content)), Actual: check.Say("tftp-client.bytes", "Bytes", len(data)),
	}
	switch fate {
	case check.Kept:
		return
	case check.Unready:
		t.Remark("not-closed")
		return
	case check.Missing:
		m.Name, m.Actual = "not-saved", nil
	case check.Cut:
		m.Name = "file-cut"
	case check.Changed:
		if twice(data, content) {
			m.Name = "written-twice"
		}
	}
	if waits := end == check.Idle && !s.p.Asks(); waits || end == check.Exited {
		if waits && fate != check.Changed {
			m.Name, m.RFC = "never-ends", "RFC 1350 §6" // what it has, it may not have written yet
		}
		s.await(end, m)
	}
	t.Wrong(m)
}

// twice is whether a file is another with one of its blocks written again.
func twice(data, content []byte) bool {
	for at := 0; at < len(content); at += blockSize {
		to := min(at+blockSize, len(content))
		again := bytes.Join([][]byte{content[:to], content[at:to], content[to:]}, nil)
		if bytes.Equal(data, again) {
			return true
		}
	}
	return false
}

// ends judges that the program knows that the file is whole: it ends, or asks what
// to do next.
func (s *session) ends() {
	end := s.p.Wait()
	switch {
	case end == check.Done:
		if s.p.Code() != 0 {
			s.crashes()
		}
	case s.p.Asks():
	default:
		s.t.Await(end, check.Mistake{Name: "never-ends", RFC: "RFC 1350 §6"})
	}
}

// crashes ends the case if the program has ended by an error. An exit code alone
// is no mistake.
func (s *session) crashes() {
	if s.p.Code() >= 128 || strings.Contains(s.p.Output(), "Traceback") || strings.Contains(s.p.Output(), "panic: ") {
		s.t.Await(check.Exited, check.Mistake{Name: "never-ends"})
	}
}

// notFound answers the request with an error message: nothing follows, and
// nothing is sent.
func notFound(t *check.T) {
	s := begin(t, opRRQ, t.Word()+".bin")
	reason := "No such file: " + t.Word()
	before := s.p.Output()
	s.sendError(1, reason)
	end := s.p.Wait()
	if end == check.Done {
		s.crashes()
	}
	if end != check.Done && !s.p.Asks() {
		t.Await(end, check.Mistake{Name: "error-ignored", RFC: "RFC 1350 §2", Expected: check.Say("tftp-client.error", "Text", reason)})
	}
	if strings.TrimSpace(strings.TrimPrefix(s.p.Output(), before)) == "" {
		t.Remark("error-not-told")
	}
	for g := s.own.Within(awhile / 10); g != nil; g = s.own.Within(awhile / 10) {
		if len(g.Data) >= 2 && g.Data[1] == opAck {
			t.Wrong(check.Mistake{Name: "error-acknowledged", Datagram: g, Length: len(g.Data), RFC: "RFC 1350 §2"})
		}
	}
}

// lastAck judges that the last block is acknowledged, too.
func lastAck(t *check.T) {
	content := text(t, blockSize+100)
	s := begin(t, opRRQ, t.Word()+".bin")
	s.send(opData, 1, content[:blockSize])
	s.acknowledged(1)
	s.send(opData, 2, content[blockSize:])
	g, end := s.own.Receive()
	if end != check.Done {
		s.strayed()
		s.await(end, check.Mistake{Name: "no-last-ack", Args: map[string]any{"Block": 2}, RFC: "RFC 1350 §6"})
	}
	s.checked(g)
	s.keeps(content)
}

// duplicate has the acknowledgement of a block lost: the block comes again, is
// acknowledged again, and is not written again.
func duplicate(t *check.T) {
	content := bytesOf(t, 3*blockSize+150)
	s := begin(t, opRRQ, t.Word()+".bin")
	for i, data := range s.blocks(content) {
		s.send(opData, i+1, data)
		if i == 3 {
			break
		}
		s.acknowledged(i + 1)
		if i == 1 {
			s.send(opData, i+1, data)
			s.again(i + 1)
		}
	}
	s.keeps(content)
}

func (s *session) again(n int) {
	for {
		g := s.next(check.Mistake{Name: "no-second-ack", Args: map[string]any{"Block": n}, RFC: "RFC 1350 §2", Book: "§3.4.1"})
		if g.Data[1] == opAck && block(g) == n {
			return
		}
	}
}

// stranger has somebody else send a block in the middle of a transfer.
func stranger(t *check.T) {
	content := bytesOf(t, 2*blockSize+150)
	s := begin(t, opRRQ, t.Word()+".bin")
	blocks := s.blocks(content)
	s.send(opData, 1, blocks[0])
	s.acknowledged(1)
	other := t.OpenUDPAt(s.request.To.Addr())
	other.Send(s.request.From, message(opData, 2, t.Bytes(blockSize)))
	if g := other.Within(awhile); g != nil && len(g.Data) >= 4 && g.Data[1] == opAck {
		t.Wrong(check.Mistake{Name: "stranger", Datagram: g, Length: len(g.Data), RFC: "RFC 1350 §4"})
	}
	if g := s.own.Within(awhile / 10); g != nil && len(g.Data) >= 4 && g.Data[1] == opAck && block(g) == 2 {
		t.Wrong(check.Mistake{Name: "stranger", Datagram: g, Length: len(g.Data), RFC: "RFC 1350 §4"})
	}
	s.send(opData, 2, blocks[1])
	s.acknowledged(2)
	s.send(opData, 3, blocks[2])
	s.keeps(content)
}

// lostRequest has the first request never arrive.
func lostRequest(t *check.T) {
	t.Lose([]int{1}, nil)
	s := launch(t, opRRQ, t.Word()+".bin")
	s.awaitRequest(opRRQ, check.Mistake{Name: "no-resend", RFC: "RFC 1350 §2", Book: "§3.4.1"})
	content := text(t, 100)
	s.send(opData, 1, content)
	s.keeps(content)
}
