// Package dhcp dissects DHCP messages: RFC 2131, with the options of RFC 2132.
// The book: section 4.3.2.
//
//	op htype hlen hops   a request (1) or a reply (2); the kind of network
//	xid                  a number that the reply repeats
//	secs flags           since when the client tries; whether to reply by broadcast
//	ciaddr yiaddr        the address that the client has, and the one that it gets
//	siaddr giaddr        the server to boot from, and the relay agent
//	chaddr               the client's Ethernet address
//	sname file           for booting; empty as a rule
//	options              after 99 130 83 99: number, length, value; the last is 255
//
// All eight messages have this format; option 53 tells which one it is.
package dhcp
