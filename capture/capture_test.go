package capture

import (
	"context"
	"encoding/binary"
	"io"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/frame"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	alice  = &frame.Link{Index: 0, Name: "alice", A: frame.Node{Name: "alice"}, B: frame.Node{Name: "campus", Kind: frame.Switch}}
	router = &frame.Link{Index: 1, Name: "gw-campus", A: frame.Node{Name: "gw", Kind: frame.Router}, B: alice.B}
	core   = &frame.Link{Index: 2, Name: "gw-core", A: router.A, B: frame.Node{Name: "core", Kind: frame.Switch}}
	www    = &frame.Link{Index: 3, Name: "www", A: frame.Node{Name: "www"}, B: core.B}
)

// collected is a tap that keeps what it is shown.
type collected []frame.Frame

func (c *collected) See(f frame.Frame) { *c = append(*c, f) }

func TestStream(t *testing.T) {
	ring := frame.NewRing(16)
	at := time.Unix(1_800_000_000, 5)
	ring.See(frame.Frame{ID: 1, Link: alice, Time: at, Data: []byte("one")})
	ring.See(frame.Frame{}) // a mark
	ring.See(frame.Frame{ID: 1, Hop: 1, Link: router, FromB: true, Fate: frame.Doubled, Data: []byte("one")})
	ring.See(frame.Frame{ID: 2, Link: alice, Data: []byte("two")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what is in the ring is sent all the same
	from, to := io.Pipe()
	go func() {
		_ = Send(ctx, to, ring, nil)
		to.Close()
	}()
	var got collected
	marks := 0
	if err := Receive(from, &got, func() { marks = len(got) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || marks != 1 {
		t.Fatalf("%d frames, the mark after %d: %+v", len(got), marks, got)
	}
	if f := got[0]; f.ID != 1 || !f.Time.Equal(at) || string(f.Data) != "one" || *f.Link != *alice {
		t.Errorf("%+v", f)
	}
	if f := got[1]; f.Hop != 1 || !f.FromB || f.Fate != frame.Doubled || f.Link.Name != "gw-campus" {
		t.Errorf("%+v", f)
	}
	if got[2].Link != got[0].Link {
		t.Error("one cable has become two")
	}
}

func TestBrokenStream(t *testing.T) {
	from, to := io.Pipe()
	go func() {
		to.Write([]byte("this is not gob"))
		to.Close()
	}()
	if err := Receive(from, new(collected), nil); err == nil {
		t.Error("taken for frames")
	}
}

// datagram is an Ethernet frame with an IPv4 UDP datagram in it.
func datagram(ttl byte, from, to [4]byte, fromPort uint16, id uint16) []byte {
	b := make([]byte, 14+20+8+4)
	binary.BigEndian.PutUint16(b[12:], 0x0800)
	ip := b[14:]
	ip[0], ip[8], ip[9] = 0x45, ttl, 17
	binary.BigEndian.PutUint16(ip[2:], 32)
	binary.BigEndian.PutUint16(ip[4:], id)
	binary.BigEndian.PutUint16(ip[10:], uint16(ttl)) // stands for the checksum
	copy(ip[12:], from[:])
	copy(ip[16:], to[:])
	binary.BigEndian.PutUint16(ip[20:], fromPort)
	copy(ip[28:], "text")
	b[0] = ttl // the Ethernet addresses change, too
	return b
}

var (
	inside, outside, server = [4]byte{192, 0, 2, 11}, [4]byte{198, 51, 100, 3}, [4]byte{203, 0, 113, 80}
)

func identify(s *Sightings, link *frame.Link, fromB, translates bool, data []byte) (uint64, uint8) {
	f := frame.Frame{Link: link, FromB: fromB, Data: data}
	s.Identify(&f, translates)
	return f.ID, f.Hop
}

// A packet is one and the same on all cables that it crosses.
func TestSightings(t *testing.T) {
	s := NewSightings()
	there := datagram(64, inside, server, 4000, 7)
	id, hop := identify(s, alice, false, false, there)
	if id != 1 || hop != 0 {
		t.Fatalf("first: packet %d, hop %d", id, hop)
	}
	further := datagram(63, inside, server, 4000, 7)
	for i, seen := range []struct {
		link  *frame.Link
		fromB bool
		data  []byte
	}{{router, true, there}, {core, false, further}, {www, true, further}} {
		if id, hop := identify(s, seen.link, seen.fromB, false, seen.data); id != 1 || int(hop) != i+1 {
			t.Errorf("on %s: packet %d, hop %d", seen.link.Name, id, hop)
		}
	}
	if id, hop := identify(s, alice, false, false, there); id != 2 || hop != 0 {
		t.Errorf("sent again: packet %d, hop %d", id, hop)
	}
	if id, hop := identify(s, core, false, false, datagram(64, outside, server, 67, 8)); id != 3 || hop != 0 {
		t.Errorf("the router's own: packet %d, hop %d", id, hop)
	}
	if id, hop := identify(s, www, true, false, datagram(64, outside, server, 1, 99)); id != 0 || hop != 1 {
		t.Errorf("what was never seen before: packet %d, hop %d", id, hop)
	}
}

func TestSightingsBehindNAT(t *testing.T) {
	s := NewSightings()
	identify(s, alice, false, false, datagram(64, inside, server, 4000, 7))
	translated := datagram(63, outside, server, 61000, 7)
	if id, hop := identify(s, core, false, true, translated); id != 1 || hop != 1 {
		t.Errorf("at the NAT: packet %d, hop %d", id, hop)
	}
	if id, hop := identify(s, www, true, false, translated); id != 1 || hop != 2 {
		t.Errorf("behind it: packet %d, hop %d", id, hop)
	}
	if id, hop := identify(s, core, false, false, datagram(63, outside, server, 62000, 7)); id != 2 || hop != 0 {
		t.Errorf("a router that translates nothing: packet %d, hop %d", id, hop)
	}
}

func TestForgets(t *testing.T) {
	s := NewSightings()
	for i := range 20_000 {
		data := datagram(64, inside, server, uint16(i), uint16(i))
		data[len(data)-1] = byte(i >> 16)
		identify(s, alice, false, false, data)
	}
	if n := len(s.whole.by); n > len(s.whole.ring) {
		t.Errorf("%d packets are remembered", n)
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add(datagram(64, inside, server, 1, 1))
	f.Add([]byte{})
	longer := slices.Concat(datagram(64, inside, server, 1, 1), make([]byte, 60))
	longer[14], longer[17] = 0x4f, 20 // a header longer than the packet
	f.Add(longer)
	s := NewSightings()
	f.Fuzz(func(_ *testing.T, data []byte) {
		identify(s, alice, false, false, data)
		identify(s, core, false, true, data)
	})
}
