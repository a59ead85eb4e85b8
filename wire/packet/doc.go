// Package packet reads one Ethernet frame: its layers up to the transport.
//
// [Decode] fills a [Packet] with what is needed of every frame (addresses,
// ports, flags, sequence numbers, payload) and allocates nothing. [Layers]
// makes the tree of all fields, with their places in the frame, when somebody
// looks at one.
//
// Ethernet II with 802.1Q tags, ARP (RFC 826), IPv4 (RFC 791), IPv6 (RFC 8200),
// ICMP (RFC 792), ICMPv6 (RFC 4443) with neighbour discovery (RFC 4861), UDP
// (RFC 768), TCP (RFC 9293). The book: chapters 3 to 6.
package packet
