// Package resolver is the caching resolver: the role of a DNS server that
// looks names up for others (RFC 1034 §5.3.3; Kurose & Ross §2.4.2, where it
// is the "local DNS server").
//
// A host asks it one question and wants the whole answer (a recursive query).
// The resolver finds it by asking others, one after another (iterative
// queries). For www.example.com it asks
//
//   - a root server, which knows only who serves com, and says so: a referral;
//   - a server of com, which refers it to the servers of example.com;
//   - a server of example.com, which has the answer, and says that it is an
//     authority on it.
//
// Everything learned on the way stays in the cache for as long as its owner
// allows (the TTL), so that the next question under com starts one step lower,
// and the same question costs nothing.
//
//	r := &resolver.Resolver{
//		Roots: []resolver.Hint{{Name: "a.root-servers.net.", Addrs: roots}},
//		Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
//	}
//	err := (&dnsd.Server{Role: r}).Serve(ctx, nw)
//
// A session, from a host of that network:
//
//	$ dig @192.0.2.53 www.example.com
//	;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 6114
//	;; flags: qr rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1
//	;; ANSWER SECTION:
//	www.example.com.	300	IN	A	203.0.113.80
//
// # What may go wrong, and where that is dealt with
//
// The other servers are strangers. One may be silent or broken: the next one
// is asked (walk.go, servers.go). One may speak of what is not its business,
// or somebody else may speak in its name: nothing is believed but what this
// server, asked this question, is responsible for (exchange.go, sift.go). And
// a zone may be tied so that looking for it never ends: a question may only
// cost so much (limits.go).
//
// The RFCs: 1034 §5.3.3 and 1035 §7 the algorithm; 2181 §5.4.1 which of two
// accounts to believe; 2308 remembering that there is nothing; 5452 forged
// answers; 6891 EDNS; 7766 TCP; 8020 nothing below a name that is not; 9520
// remembering a failure. It does not validate DNSSEC.
package resolver
