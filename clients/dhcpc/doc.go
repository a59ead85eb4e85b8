// Package dhcpc is a DHCP client (RFC 2131; Kurose & Ross §4.3.2): it gives a
// host that has just been plugged in an address, and keeps it as long as the
// host is there.
//
// What the book shows as four messages is the beginning of a life in states,
// which RFC 2131 draws in figure 5. Each is a method in states.go:
//
//	INIT-REBOOT ──REQUEST──▶ REBOOTING ─────────ACK────────┐
//	                             │ NAK, silence            │
//	                             ▼                         ▼
//	INIT ──DISCOVER──▶ SELECTING ──REQUEST──▶ REQUESTING ──ACK──▶ BOUND ◀───ACK───┐
//	 ▲                                            │                 │ T1, REQUEST  │
//	 ├────────────────────NAK, silence────────────┘                 ▼              │
//	 │                                                           RENEWING ─────────┤
//	 │                                                              │ T2, REQUEST  │
//	 │                                                              ▼              │
//	 └───────────────NAK, or the lease has expired────────────── REBINDING ────────┘
//
// A client on a host of the miniature Internet, from the plug to the end:
//
//	client := dhcpc.Client{
//		Network: host, Card: "eth0", MAC: mac,
//		Configure: host,
//		Observe:   func(e dhcpc.Event) { fmt.Println(e.State, e.Lease) },
//	}
//	err := client.Run(ctx)
//
// Renewals (T1: half the time, asking the server that gave the lease; T2: seven
// eighths of it, asking any) and expiry happen by the client's clock. What is
// not answered is sent again after 4, 8, 16, 32 and then each 64 seconds, each
// time up to a second more or less, so that a campus whose power returns does
// not ask in chorus (RFC 2131 §4.1).
//
// A UDP socket is enough: the client asks for replies by broadcast (the
// BROADCAST flag), since it cannot yet receive what is sent to an address
// that it does not have.
package dhcpc
