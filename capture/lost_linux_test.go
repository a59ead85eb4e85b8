package capture

import (
	"bytes"
	"testing"

	"github.com/wirebook/wirebook/frame"
)

// What a switch has thrown away is the packet that was seen before, on one cable more.
func TestAgain(t *testing.T) {
	s := NewSightings()
	packet := datagram(64, inside, server, 4000, 7)
	lost := frame.Frame{Link: www, FromB: true, Data: packet, Fate: frame.Lost}
	if s.Again(&lost) {
		t.Error("a packet that nobody has seen")
	}
	identify(s, alice, false, false, packet)
	if !s.Again(&lost) || lost.ID != 1 || lost.Hop != 1 {
		t.Errorf("packet %d, hop %d", lost.ID, lost.Hop)
	}
}

func TestAttributes(t *testing.T) {
	b := append(attribute(nfulaPrefix, []byte("to\x00")), attribute(nfulaPayload, []byte{1, 2, 3, 4, 5})...)
	got := attributes(b)
	if !bytes.Equal(got[nfulaPrefix], []byte("to\x00")) || !bytes.Equal(got[nfulaPayload], []byte{1, 2, 3, 4, 5}) || len(got) != 2 {
		t.Errorf("%v", got)
	}
}

func FuzzAttributes(f *testing.F) {
	f.Add(attribute(nfulaPrefix, []byte("from")))
	f.Add([]byte{255, 255, 0, 0, 1})
	f.Fuzz(func(_ *testing.T, b []byte) { attributes(b) })
}
