// Package gateway joins two networks that know nothing of each other: as a
// rule the operating system's and a host of the miniature Internet. It carries
// what is said, not packets: each end talks to a gateway on its own network, as
// a proxy does (the book's §2.2.5).
//
//	TCP     a port here leads to a host and port there
//	UDP     the same for datagrams
//	SOCKS5  a port here leads to whatever its client asks for (RFC 1928)
//
// Each listens on the network that Serve is given, and dials by way of the
// network in its field Through. A way in from the operating system to the
// host www inside:
//
//	in := &gateway.TCP{Address: "127.0.0.1:10080", To: "www.example.com:80", Through: alice}
//	err := in.Serve(ctx, netx.OS{})
//
// and then, in another window:
//
//	$ curl http://127.0.0.1:10080/
//
// The other way round, a program on this machine appears inside as a host:
//
//	attached := &gateway.TCP{Address: ":80", To: "127.0.0.1:8000", Through: netx.OS{}}
//	err := attached.Serve(ctx, host)
//
// Through the SOCKS5 door a client reaches everything, by its name inside:
//
//	$ curl --socks5-hostname 127.0.0.1:1080 http://www.example.com/
package gateway
