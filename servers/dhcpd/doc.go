// Package dhcpd is a DHCP server: it lends addresses to the hosts of its LAN,
// and tells them the rest of what a host must know: the subnet mask, the first
// router, the DNS server (RFC 2131, RFC 2132; Kurose & Ross §4.3.2).
//
// # The four messages
//
//	alice                                               dhcp 192.0.2.67
//	  │ DISCOVER ─────────────────────────────────────────▶ │ who lends addresses here?
//	  │ ◀───────────────────── OFFER 192.0.2.100, 12 hours  │ nobody answered a ping there
//	  │ REQUEST 192.0.2.100 of 192.0.2.67 ────────────────▶ │ other servers hear it, too
//	  │ ◀─────────────────────── ACK 192.0.2.100, 12 hours  │ now it is on the disk
//
// alice has no address yet, so all four are broadcast. After half of the time
// (T1) she asks to keep the address, with REQUEST and ACK alone, by unicast.
// When she goes, she gives it back with RELEASE.
//
// # Standards
//
// RFC 2131: the protocol. RFC 2132: the options. RFC 1542: relay agents, by
// which one server serves many LANs (package dhcprelay). RFC 3046: what the
// relay agents add comes back to them. RFC 6842: so does the client's
// identifier.
//
// # A session
//
//	server := dhcpd.Server{
//		Card: "eth0",
//		ID:   netip.MustParseAddr("192.0.2.67"),
//		Networks: []dhcpd.Network{{
//			Prefix:        netip.MustParsePrefix("192.0.2.0/24"),
//			Pool:          []dhcpd.Range{{netip.MustParseAddr("192.0.2.100"), netip.MustParseAddr("192.0.2.199")}},
//			Routers:       []netip.Addr{netip.MustParseAddr("192.0.2.1")},
//			DNS:           []netip.Addr{netip.MustParseAddr("192.0.2.53")},
//			Domain:        "example.edu",
//			Authoritative: true,
//		}},
//		Dir: leases, // an *os.Root: where leases outlive the server
//	}
//	err := server.Serve(ctx, netx.OS{}) // as root: port 67, tied to a card
//
// and on another host of that LAN:
//
//	$ sudo busybox udhcpc -i eth0 -f -q
//	udhcpc: broadcasting discover
//	udhcpc: broadcasting select for 192.0.2.100, server 192.0.2.67
//	udhcpc: lease of 192.0.2.100 obtained from 192.0.2.67, lease time 43200
//
// # How to read it
//
// A datagram comes in at conversation.go, which has a method for each message
// of the protocol, and for each of the four meanings of REQUEST. pool.go
// chooses the address. message.go reads requests and builds replies, and says
// where they go; format.go is what a message looks like in bytes, and socket.go
// how many come and go at once. book.go keeps the leases on the disk; record.go
// is one line of that file.
//
// Nothing here waits for the disk or for a ping: a REQUEST's ACK is sent by the
// goroutine that has written its lease down, along with all others that came
// in the meantime, and an address is probed in a goroutine of its own.
package dhcpd
