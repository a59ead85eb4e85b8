package forward

import (
	"fmt"
	"sync/atomic"
)

// Reason is why a packet was dropped.
type Reason uint8

// The reasons.
const (
	None            Reason = iota
	Malformed              // a header that is cut short or contradicts itself
	BadChecksum            // the IPv4 header was damaged on the way
	Martian                // from or to an address that no packet can have
	Broadcast              // sent to all stations of a link: it stays there
	OutOfScope             // a link-local address: it has no meaning elsewhere
	NoRoute                // no prefix in the table matches
	Prohibited             // the table says that nobody may go there
	TimeExceeded           // the TTL, or hop limit, has come to its end
	TooBig                 // too big for the next link, and it must not be cut
	HostUnreachable        // the next hop does not answer
	QueueFull              // too many packets wait for the next hop to answer
	Filtered               // a NAT lets only those in who were written to
	Untranslatable         // it has no port by which a NAT could tell hosts apart
	Orphan                 // a fragment whose first one a NAT has not seen
	TableFull              // a NAT has no room for another session
	reasons
)

var reasonNames = [reasons]string{
	"none", "malformed header", "bad header checksum", "martian address", "broadcast",
	"out of scope", "no route", "prohibited", "time exceeded", "too big", "host unreachable", "queue full",
	"filtered by the NAT", "not translatable", "fragment without its first", "NAT table full",
}

func (r Reason) String() string {
	if r < reasons {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// Counters is what a forwarder has done since it was made.
type Counters struct {
	Delivered uint64            // packets for the router itself
	Forwarded uint64            // packets that went on
	Answered  uint64            // ICMP errors made
	Dropped   map[Reason]uint64 // packets that went no further; only what occurred
}

// Counters returns the numbers as they are now.
func (f *Forwarder) Counters() Counters {
	c := Counters{
		Delivered: f.counters.verdicts[Deliver].Load(),
		Forwarded: f.counters.verdicts[Send].Load(),
		Answered:  f.counters.verdicts[Answer].Load(),
		Dropped:   make(map[Reason]uint64),
	}
	for r := range reasons {
		if n := f.counters.dropped[r].Load(); n > 0 {
			c.Dropped[r] = n
		}
	}
	return c
}

// CountDrop counts a packet that was dropped by the forwarder's user.
func (f *Forwarder) CountDrop(r Reason) { f.counters.dropped[r].Add(1) }

type counters struct {
	verdicts [Answer + 1]atomic.Uint64
	dropped  [reasons]atomic.Uint64
}

func (c *counters) count(d Decision) Decision {
	c.verdicts[d.Verdict].Add(1)
	if d.Verdict == Drop || d.Verdict == Answer {
		c.dropped[d.Reason].Add(1)
	}
	return d
}
