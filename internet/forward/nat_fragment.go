package forward

import (
	"encoding/binary"
	"time"
)

// Only the first fragment of a packet has the ports. The others follow it, if
// they come after it, and soon; a fragment whose first one was not seen is
// dropped. Fragments of two hosts that happen to have the same identification
// cannot be told apart by the receiver: RFC 3022 §6.3 knows no remedy.
const (
	fragmentLifetime = 30 * time.Second
	maxFragmented    = 256 // packets in pieces that are remembered
)

// fragmentKey is what the fragments of a packet have in common (RFC 791 §3.2).
type fragmentKey struct {
	src, dst [4]byte
	id       uint16
	protocol byte
}

func (p ipv4) fragmentKey() fragmentKey {
	return fragmentKey{[4]byte(p[sourceAt:]), [4]byte(p[destinationAt:]), binary.BigEndian.Uint16(p[4:]), p.protocol()}
}

func (p ipv4) isLaterFragment() bool { return p.flags()&ipv4OffsetMask != 0 }
func (p ipv4) isFirstFragment() bool { return p.flags()&(ipv4OffsetMask|ipv4MF) == ipv4MF }

// fragments knows to which addresses first fragments were translated. The zero
// value knows none.
type fragments struct {
	known map[fragmentKey]addresses
	ring  [maxFragmented]fragmentKey // those that are known, to forget the oldest
	next  int
}

type addresses struct {
	src, dst [4]byte
	expires  time.Time
}

// remember notes what became of a packet, if it is a first fragment.
func (f *fragments) remember(came fragmentKey, packet ipv4, now time.Time) {
	if !packet.isFirstFragment() {
		return
	}
	if f.known == nil {
		f.known = make(map[fragmentKey]addresses, maxFragmented)
	}
	if _, again := f.known[came]; !again {
		delete(f.known, f.ring[f.next])
		f.ring[f.next] = came
		f.next = (f.next + 1) % maxFragmented
	}
	f.known[came] = addresses{[4]byte(packet[sourceAt:]), [4]byte(packet[destinationAt:]), now.Add(fragmentLifetime)}
}

// follows tells whether a later fragment's first one was seen.
func (f *fragments) follows(packet ipv4, now time.Time) bool {
	to, known := f.known[packet.fragmentKey()]
	return known && now.Before(to.expires)
}

// follow gives a later fragment the addresses of the first.
func (f *fragments) follow(packet ipv4) {
	to := f.known[packet.fragmentKey()]
	packet.setAddr(sourceAt, to.src)
	packet.setAddr(destinationAt, to.dst)
}
