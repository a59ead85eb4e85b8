// Package frame is what an observer of a network is told: one Ethernet frame,
// as it was put on one link, and what the link then did to it. It is the only
// thing that the network (package internet, or a capture on a real card) and
// the observers (package wire, a pcapng file) have in common.
package frame

import "time"

// Node is one end of a link: something that frames come from and go to.
type Node struct {
	Name string
	Kind Kind
}

// Kind tells what a node does with a frame.
type Kind uint8

// The kinds of nodes.
const (
	Host Kind = iota
	Switch
	Router
)

// Link is one cable. A packet that crosses a switch or a router is seen again
// on the next link.
type Link struct {
	Index int    // 0, 1, 2 …: unique in its network; the interface's number in pcapng
	Name  string // unique in its network, as "alice" or "gw-core"
	A, B  Node   // A is the end it is named for; B is usually a switch
}

// Fate is what a link did to a frame, as a set of flags. Zero: it was
// delivered, whole, once, at once.
type Fate uint8

// What can happen to a frame.
const (
	Lost      Fate = 1 << iota // dropped by chance, by script, or because the cable is unplugged
	Overrun                    // dropped because a queue was full
	Doubled                    // delivered twice
	Changed                    // a bit was flipped on the way, or somebody has written into it
	Reordered                  // overtaken by later frames
	Discarded                  // the node at the other end has got it, and thrown it away
)

// Arrived reports whether the frame, whole or not, went on from there.
func (f Fate) Arrived() bool { return f&(Lost|Overrun|Discarded) == 0 }

// Frame is one Ethernet frame on one link.
type Frame struct {
	// ID is the same for every sighting of one packet: switches and routers
	// keep it. A capture that cannot know it has 0.
	ID uint64

	// Hop counts the links: 0 on the link of the node that made the packet.
	// What a host said is read where Hop is 0.
	Hop uint8

	Link  *Link
	FromB bool // it goes from Link.B to Link.A

	Time  time.Time     // when the link took it, on the network's clock
	Delay time.Duration // how long the link held it
	Fate  Fate

	// Again says that the link has carried this frame before, and the observer was
	// shown it then. Fate is what is known of it since: a router had no route for
	// it, say. A capture leaves it out.
	Again bool

	// Data is the whole frame, without preamble and check sequence. It is
	// shared by all who see it: nobody may change it.
	Data []byte
}

// From is the node that put the frame on the link.
func (f *Frame) From() Node {
	if f.FromB {
		return f.Link.B
	}
	return f.Link.A
}

// To is the node at the other end.
func (f *Frame) To() Node {
	if f.FromB {
		return f.Link.A
	}
	return f.Link.B
}

// Tap is told of every frame. See is called from the sender's goroutine, with
// locks held: it must neither wait nor call back into the network.
type Tap interface {
	See(Frame)
}
