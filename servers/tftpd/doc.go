// Package tftpd is a server of the Trivial File Transfer Protocol: it gives away
// files, and takes them where it is allowed, over UDP.
//
// TFTP is the smallest protocol that can move a file: no login, no listing, one
// file and that is all, so little code that it fits into the ROM of a network
// card, and devices boot with it. UDP promises nothing, so TFTP makes a reliable
// transfer of it by itself: each block waits for its acknowledgment, and who
// waits too long sends again. This is the stop-and-wait protocol of Kurose &
// Ross §3.4.1 in daily use.
//
// # A session
//
//	server := tftpd.Server{Addr: "127.0.0.1:6969", Root: "/srv/tftp", Writable: "."}
//	err := server.Serve(ctx, netx.OS{})
//
// and what it says to an RRQ, with the ports of both sides:
//
//	client 40001 > 6969   RRQ hello.txt octet
//	server 51966 > 40001  DATA 1, 512 bytes     from a new port: the server's TID
//	client 40001 > 51966  ACK 1
//	server 51966 > 40001  DATA 2, 88 bytes      less than 512: the last block
//	client 40001 > 51966  ACK 2
//
//	$ curl tftp://127.0.0.1:6969/hello.txt
//
// # Standards
//
// RFC 1350: the protocol. RFC 1123 §4.2: what every implementation must mend, the
// Sorcerer's Apprentice above all. RFC 2347, 2348, 2349: options, blksize, timeout
// and tsize. RFC 7440: windowsize.
//
// # How to read it
//
// server.go waits at port 69 and gives each request a socket and a goroutine.
// conversation.go decides what is done with a request: read, write, or an error.
// The two state machines that move the blocks are those of package
// protocol/tftp, since the client has the same two. files.go and memory.go are
// where the files are; unfinished.go clears away what a crash has left.
package tftpd
