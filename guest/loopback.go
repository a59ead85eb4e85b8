package guest

// A LoopbackMode says where 127.0.0.1 is. A program of which the peer's address
// is written in its source, as it is in most exercises, talks to nobody but
// itself on a host of its own; these modes lead it, unmodified, to a peer that
// is somewhere else on the LAN.
type LoopbackMode int

const (
	// LoopbackInside is the usual: 127.0.0.1 is the host itself, and what comes
	// over the cable from or for such an address is thrown away (RFC 1122
	// §3.2.1.3).
	LoopbackInside LoopbackMode = iota

	// LoopbackServed is for servers that listen at 127.0.0.1 only: packets for
	// that address that come over the cable, addressed to the card, are taken,
	// and the answers leave by the card with that address as their source. What
	// the program itself sends to 127.0.0.1 stays inside. The name localhost stands
	// for 127.0.0.1 only, since ::1 is not on the cable.
	LoopbackServed

	// LoopbackAnywhere is LoopbackServed for servers that may have in their source
	// the address of a machine on which they once ran: every IPv4 address that is
	// not of the card's LAN is the host's own, as 127.0.0.1 is. So the program can
	// speak with its LAN only.
	LoopbackAnywhere

	// LoopbackOutside is for clients of 127.0.0.1: the host has no such address.
	// What is sent to 127.0.0.0/8 leaves by the card for the IPv4 gateway, from
	// the card's address, and what comes from there is taken. Nothing can listen
	// at 127.0.0.1 then. The name localhost stands for 127.0.0.1 only; ::1 stays
	// inside.
	LoopbackOutside
)
