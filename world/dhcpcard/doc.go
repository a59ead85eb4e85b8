// Package dhcpcard lets a DHCP client of this process get an address for a host
// whose TCP/IP is somewhere else: in the kernel, beyond a TAP device.
//
// A host without an address has no use of its TCP/IP yet, so that a DHCP client
// on Linux goes round it: it opens a packet socket (packet(7)) and reads and
// writes whole Ethernet frames, in which it builds the IP and UDP headers
// itself. busybox udhcpc and dhclient do so. A [Card] is such a socket, on the
// cable that leads to the host:
//
//	card := dhcpcard.New(mac, port.Send, clock)
//	client := dhcpc.Client{Network: card, Card: "eth0", MAC: mac, Observe: …}
//
//	func deliver(frame []byte) { // from the cable
//		if !card.Take(frame) {
//			toTheHost(frame)
//		}
//	}
//
// The two share the cable and its Ethernet address. What answers the client,
// which [Card.Take] knows by the number of the exchange (xid, RFC 2131 §2), is
// not for the host: its kernel would say that nobody has port 68. All else is,
// so that a DHCP client on the host itself works beside this one.
//
// Frames are written down in the order in which they are on the cable: Ethernet
// (RFC 894), IPv4 (RFC 791), UDP (RFC 768), and ARP (RFC 826) to find the
// server when it is to be asked alone.
package dhcpcard
