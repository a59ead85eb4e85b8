package capture

import (
	"bytes"
	"encoding/binary"
	"slices"
	"syscall"
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

// Lost at its sender's cable, a frame has been seen there already; at its receiver's,
// it never was.
func TestLostIsSeenOnceOnACable(t *testing.T) {
	const sender, receiver, gone = 1, 2, 3
	s := &Socket{sightings: NewSightings(), ports: map[int]port{sender: {link: alice}, receiver: {link: www}}}
	packet := datagram(64, inside, server, 4000, 7)
	identify(s.sightings, alice, false, false, packet)
	told := func(prefix string, side uint16, number uint32) (all collected) {
		s.seeLost(&all, syscall.NetlinkMessage{Data: slices.Concat(
			make([]byte, 4),
			attribute(nfulaPrefix, []byte(prefix+"\x00")),
			attribute(side, binary.BigEndian.AppendUint32(nil, number)),
			attribute(nfulaHWHeader, packet[:14]), attribute(nfulaPayload, packet[14:]),
		)})
		return all
	}
	if got := told(LostFrom, nfulaPhysIn, sender); len(got) != 1 || !got[0].Again || got[0].FromB || got[0].Link != alice || got[0].ID != 1 {
		t.Errorf("lost at its sender: %+v", got)
	}
	if got := told(LostTo, nfulaPhysOut, receiver); len(got) != 1 || got[0].Again || !got[0].FromB || got[0].Link != www || got[0].ID != 1 {
		t.Errorf("lost at its receiver: %+v", got)
	}
	if got := told(LostTo, nfulaPhysOut, gone); len(got) > 0 {
		t.Errorf("at a port that is no more: %+v", got)
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
