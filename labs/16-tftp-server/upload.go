package tftpserver

import (
	"bytes"
	"path"

	"github.com/wirebook/wirebook/labs/check"
)

func upload(t *check.T) { store(t, bytesOf(t, 2*blockSize+1+t.Rand.IntN(400)), 0) }

// uploadExact is a file of whole blocks: an empty block says where it ends.
func uploadExact(t *check.T) { store(t, bytesOf(t, 3*blockSize), 0) }

// uploadDuplicate has the acknowledgement of a block lost: the block comes again.
func uploadDuplicate(t *check.T) { store(t, bytesOf(t, 3*blockSize+99), 2) }

// store sends a file; one block is sent again.
func store(t *check.T, content []byte, twice int) {
	p := t.Start(nil)
	s := open(t, p)
	name := t.Word() + ".bin"
	s.ask(opWRQ, name)
	s.acknowledged(0, "no-upload")
	for n := 1; ; n++ {
		data := content[(n-1)*blockSize : min(n*blockSize, len(content))]
		s.data(n, data)
		s.acknowledged(n, "upload-stops")
		if n == twice {
			s.data(n, data)
			s.acknowledged(n, "no-second-ack")
		}
		if len(data) < blockSize {
			break
		}
	}
	if p.Prints(func(string) bool { return stored(t, name, content) }) == check.Done {
		return
	}
	s.lost(name, content)
}

func stored(t *check.T, name string, content []byte) bool {
	for _, file := range t.Files() {
		if data, err := t.ReadFile(file); path.Base(file) == name && err == nil && bytes.Equal(data, content) {
			return true
		}
	}
	return false
}

// lost ends the case: the program has not kept what it was sent.
func (s *session) lost(name string, content []byte) {
	m := check.Mistake{Name: "not-stored", Expected: check.Say("tftp-server.bytes", "Bytes", len(content)), RFC: "RFC 1350 §2"}
	for _, file := range s.t.Files() {
		data, err := s.t.ReadFile(file)
		if err != nil || path.Base(file) != name {
			continue
		}
		m.Actual = check.Say("tftp-server.bytes", "Bytes", len(data))
		switch {
		case len(data) > len(content):
			m.Name = "written-twice"
		case bytes.HasPrefix(content, data):
			m.Name = "stored-cut"
		default:
			m.Name = "stored-differs"
		}
	}
	s.t.Wrong(m)
}
