// Package dnsc is a client of the Domain Name System (RFC 1034, RFC 1035;
// Kurose & Ross §2.4). It asks in the four ways in which one can ask:
//
//   - a question to one server, as dig and every stub resolver do ([Client.Query]);
//   - down from the root, each server in turn, as the local DNS server does
//     ([Client.Iterate]);
//   - for a whole zone, as a secondary does ([Client.AXFR]);
//   - for the addresses of a host, as every program does before it connects
//     ([Client.LookupHost]).
//
// What comes back is data; [Reply.Print] writes it as dig does.
//
//	$ wirebook dns www.example.com @192.0.2.53
//	;; Got answer:
//	;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 6114
//	;; flags: qr rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1
//
//	;; OPT PSEUDOSECTION:
//	; EDNS: version: 0, flags:; udp: 1232
//	;; QUESTION SECTION:
//	;www.example.com.		IN	A
//
//	;; ANSWER SECTION:
//	www.example.com.	300	IN	A	203.0.113.80
//
//	;; Query time: 4 msec
//	;; SERVER: 192.0.2.53#53(192.0.2.53) (UDP)
//	;; WHEN: Mon Mar 02 09:00:00 UTC 2026
//	;; MSG SIZE  rcvd: 60
//
// A question goes out as one UDP datagram, and again, each time with twice as
// long to wait, when no reply comes. A reply that was too long for a datagram
// says so (TC), and the question is asked again over TCP (RFC 7766 §5).
package dnsc
