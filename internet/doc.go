// Package internet is a miniature Internet in one process: hosts, switches and
// routers, and the cables between them.
//
// It is real where it matters. Each [Host] has a TCP/IP stack of its own
// (gVisor's, which runs containers in production), with its own addresses, port
// numbers and tables. What leaves its network card is an Ethernet frame with
// true checksums, and it reaches another host by way of a [Switch] that learns
// addresses and a [Router] that looks up prefixes. Everything happens in
// memory, without a privilege, in as many worlds at once as one likes: a
// thousand hosts start in a third of a second.
//
// # Layers
//
// Read it as Kurose & Ross do, from the top down:
//
//   - Sockets (§2.7). A host is a [github.com/wirebook/wirebook/netx.Network].
//     Servers and clients listen and dial on it, and cannot tell it from the
//     operating system: files endpoint.go, dial.go, tcp.go, udp.go.
//   - Transport and network layer (chapters 3 to 5). UDP, TCP, IPv4, IPv6, ICMP
//     and ARP are the stack's, set up in stack.go; addresses and routes are in
//     addresses.go and routes.go. A router's data plane is ours: package
//     forward. What fits the way to an IPv6 destination is in pathmtu.go.
//   - Link layer (chapter 6). A [Card] takes frames from the stack and puts
//     them on a [Link]; it filters what arrives, and hands it to the stack in a
//     goroutine of its own: card.go. A switch learns, and forwards or floods:
//     switch.go.
//   - Physical layer. A link is two lanes, one a direction: lane.go. A lane is
//     perfect until it is given [Faults]: loss, delay, a rate, a queue
//     (faultylane.go). Then what the book draws can be watched.
//
// # A frame's way
//
// A stack sends with its locks held. The card copies the packet once, into a
// slice that nobody changes any more, and gives it an ID; the lane shows it to
// the taps and calls the switch, which calls the lane to the other card, where
// it is put into a bounded queue. All of this happens in the sender's call, and
// nothing in it waits: a frame that finds the queue full is lost, as on a real
// network. Only a lane with a delay or a rate keeps frames, until a timer of
// the Internet's clock rings.
//
// An observer ([Internet.Tap]) is shown every frame once a link: when, where,
// and what became of it; and once more when a router throws it away. Without one, nothing is done for it.
//
// # Holding
//
// At the place where a frame enters the network, it can be made to wait: to be
// looked at, changed, lost or doubled, and to go on when somebody says so
// ([Internet.Hold]). The clock, if it is one that can, stands still meanwhile.
// Without anybody who holds, a sender looks at one flag.
//
// # Chance and time
//
// Everything random on a link comes from [Config].Seed, the link's name and the
// direction: the same seed, the same fate for the nth frame. All that waits
// (retransmission, TIME-WAIT, ARP, deadlines, delays) waits on [Config].Clock,
// which may be one that is moved ahead; [Internet.Settle] tells it when the
// network has come to rest.
package internet
