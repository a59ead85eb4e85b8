// Package tftp is what the two sides of a TFTP transfer have in common: the six
// kinds of datagram, and the two state machines, one that sends a file and one
// that receives it. Which of them a server or a client is depends on who asked
// for what:
//
//	RRQ (read)    the server is the Sender, the client the Receiver
//	WRQ (write)   the client is the Sender, the server the Receiver
//
// The file travels in blocks of 512 bytes, and a shorter one is the last. Each
// block waits for its acknowledgment before the next is sent:
//
//	Sender                      Receiver
//	DATA 1, 512 bytes   ---->
//	                    <----   ACK 1
//	DATA 2, 512 bytes   --X         lost on the way
//	   timeout
//	DATA 2, 512 bytes   ---->
//	                    <----   ACK 2
//	DATA 3, 100 bytes   ---->       short: the last
//	                    <----   ACK 3
//
// This is the stop-and-wait protocol of the book, rdt3.0 (Kurose & Ross §3.4.1);
// with the option windowsize it becomes Go-Back-N (§3.4.3). sender.go and
// receiver.go are the two machines, exchange.go the timer of both.
//
// Standards: RFC 1350; RFC 1123 §4.2, which mends it; RFC 2347, 2348, 2349 and
// 7440 for the options.
package tftp
