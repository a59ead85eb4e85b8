// Package forward is the data plane of a router: what happens to one packet
// between the card that it comes in on and the card that it leaves by. It is
// the book's chapter 4 as a function from bytes to bytes. It opens no socket,
// starts no goroutine and knows nothing of Ethernet.
//
//	var f forward.Forwarder
//	f.Configure(
//		[]forward.Interface{
//			{Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.1.1/24")}, MTU: 1500},
//			{Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.2.1/24")}, MTU: 1500},
//		},
//		[]forward.Route{{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("10.0.2.254"), Out: 1}},
//	)
//	d := f.Forward(forward.Arrival{Interface: 0}, packet)
//	if d.Verdict == forward.Send {
//		transmit(d.Out, d.NextHop, d.Packet)
//	}
//
// A packet takes these steps, in the order of RFC 1812 §5.2.1:
//
//	check     is the header whole, and its checksum right?      ipv4.go, ipv6.go
//	deliver   is the packet for the router itself?              forward.go
//	route     the longest matching prefix names the next hop    table.go
//	count     the TTL goes down by one; at zero it is dropped   ipv4.go, ipv6.go
//	fit       too big for the next link? Cut it, or say so      fragment.go
//	tell      a dropped packet's sender is told why             icmp.go
//
// The packet that comes in is never changed: others (the tap, the other ports
// of a switch) look at the same bytes. The packet that goes out is a copy,
// whose transport checksum is the sender's own: a router that computed it
// anew would hide its own mistakes (the end-to-end argument, and RFC 1812 §5.2.1).
//
// A NAT is two more steps: it changes the destination of what comes in from
// outside before "deliver", and the source of what goes out after "route". All
// hosts inside share one address outside, and the port says which of them is meant
// (the book's §4.3.3). Here 192.168.1.11 and 192.168.1.12 both use port 3345, so the
// second one gets another port:
//
//	192.168.1.11:3345 --+
//	                    +-- 192.168.1.1 [ NAT ] 198.51.100.2 -- the world -- 203.0.113.80:80
//	192.168.1.12:3345 --+
//	                           NAT translation table
//	                    inside               outside
//	                    192.168.1.11:3345    198.51.100.2:3345
//	                    192.168.1.12:3345    198.51.100.2:3347
//
//	1  from 192.168.1.12:3345           2  from 198.51.100.2:3347
//	   to   203.0.113.80:80     ---->      to   203.0.113.80:80     ---->
//	4  from 203.0.113.80:80             3  from 203.0.113.80:80
//	   to   192.168.1.12:3345   <----      to   198.51.100.2:3347   <----
//
//	inward       which host inside is meant by this port?         nat.go
//	cross        by which port is this host known outside?        nat.go
//	session      found, opened, and forgotten in time             nat_translate.go, nat_table.go, nat_tcp.go
//	rewrite      the headers, and the checksums over them         nat_rewrite.go
//	error        the packet that an ICMP error quotes, too        nat_icmp.go
//	fragment     it follows the first one, which has the ports    nat_fragment.go
//	help         FTP's text, and the numbers of its bytes         nat_ftp.go, nat_stream.go
//
// The specifications are RFC 791 and 792 (IP, ICMP), RFC 1812 (requirements for
// IPv4 routers), RFC 1191 and 8201 (path MTU discovery), RFC 1624 (incremental
// checksums), RFC 8200 and 4443 (IPv6, ICMPv6); for the NAT RFC 3022, and what RFC
// 4787 (UDP), 5382 (TCP) and 5508 (ICMP) require of one.
package forward
