// Package tftp dissects TFTP: RFC 1350, with options (RFC 2347) and windows (RFC
// 7440). The book's stop-and-wait protocol, section 3.4.1.
//
//	RRQ, WRQ   a request, to port 69
//	DATA       a block of the file
//	ACK        the block has arrived
//	ERROR      the transfer is over
//	OACK       the options that the server accepts
//
// Only the request goes to port 69. The answer comes from a port that the server
// chooses, and the transfer is known by the two ports: the dissector learns the
// client's from the request, and expects there what belongs to the transfer.
package tftp
