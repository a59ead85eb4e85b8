// Package dhcprelay is a DHCP relay agent (RFC 1542 §4, RFC 2131 §2; Kurose &
// Ross §4.3.2). DISCOVER is broadcast, and a router forwards no broadcasts: on a
// LAN without a DHCP server, the router itself hears the client, and passes its
// message on to the server by unicast. It writes its own address on that LAN
// into the field giaddr, so that the server knows which network the client is
// on, and whom to send the reply to.
//
//	client          relay 198.51.100.1            server 192.0.2.67
//	   │ DISCOVER ────▶ │                              │
//	   │  to everybody  │ DISCOVER, giaddr 198.51.100.1 ▶ │
//	   │                │ ◀ OFFER, to giaddr, port 67  │
//	   │ ◀──── OFFER    │                              │
//	   │  to everybody  │                              │
//
// On a router gw with a card on each side:
//
//	relay := dhcprelay.Server{
//		Cards:    []dhcprelay.Card{{Name: "eth1", Addr: netip.MustParseAddr("198.51.100.1")}},
//		Upstream: "eth0",
//		Servers:  []netip.Addr{netip.MustParseAddr("192.0.2.67")},
//	}
//	err := relay.Serve(ctx, gw)
//
// A client that has an address asks the server directly when it renews; the
// relay agent is needed only while it broadcasts.
package dhcprelay
