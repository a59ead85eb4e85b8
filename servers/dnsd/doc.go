// Package dnsd is a server of the Domain Name System, the Internet's directory:
// it tells the address of www.example.com, the mail servers of example.com, the
// name of 192.0.2.80 (Kurose & Ross §2.4).
//
// # Two roles
//
// What all name servers do is in [Server]: receive a message over UDP or TCP,
// check it, answer, and cut the answer down to what the asker can take. What a
// server knows is its [Role]:
//
//   - [Authority] answers for zones of its own, from zone files or, as their
//     secondary, from another server's copy, and for nothing else;
//   - package resolver looks up any name for the hosts of its network, by
//     asking the authorities from the root down, and remembers the answers.
//
// # Standards
//
// RFC 1034 and 1035: the names, the messages, the algorithm of an answer.
// RFC 2181, 4343: what is a set of records; upper and lower case. RFC 2308: how
// long "no" holds. RFC 4592: wildcards. RFC 6672: DNAME. RFC 6891: EDNS, for
// replies over 512 bytes. RFC 7766: TCP. RFC 5936, 1995, 1996, 1982: how
// secondaries follow their primary. RFC 8482: replies to ANY. RFC 9471: glue.
// Zones may hold DNSSEC's records, but the server does not add them to answers.
//
// # A session
//
// A zone file, and a server for it:
//
//	$ORIGIN example.com.
//	$TTL 3600
//	@    SOA  ns1 hostmaster 1 2h 15m 2w 5m
//	     NS   ns1
//	ns1  A    192.0.2.1
//	www  A    192.0.2.80
//
//	zone, err := dnsd.LoadZone(os.DirFS("zones"), "example.com.zone", "example.com")
//	…
//	authority := &dnsd.Authority{}
//	authority.AddZone(zone)
//	server := dnsd.Server{Addr: "127.0.0.1:5353", Role: authority}
//	err = server.Serve(ctx, netx.OS{})
//
// and what it says:
//
//	$ dig +noall +answer -p 5353 @127.0.0.1 www.example.com
//	www.example.com.	3600	IN	A	192.0.2.80
//	$ dig +short +tcp -p 5353 @127.0.0.1 example.com SOA
//	ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 300
//
// # How to read it
//
// A datagram comes in at datagram.go (on Linux many at a time, batch.go), a
// message on a connection at stream.go; both go through conversation.go to
// the role. The authoritative one answers in answer.go, which is the algorithm
// of RFC 1034 §4.3.2 step by step, out of the zone in zone.go and records.go, where match.go
// finds the way to a name; package names is how names are ordered. fit.go cuts long replies. packed.go and plain.go are
// the short cut that makes it fast, and can be left out when reading.
// transfer.go, secondary.go and notify.go keep copies of a zone the same.
package dnsd
