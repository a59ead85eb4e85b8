// Package stream puts the two directions of a TCP connection back in order, as
// an observer beside the sender sees them: each byte once, retransmissions and
// duplicates left out, holes waited for and, when the receiver has acknowledged
// what the observer missed, reported as gaps.
//
// It also says of each segment what it is to the connection: new, sent again,
// out of order, a duplicate acknowledgment (RFC 9293 §3.4, §3.8; RFC 5681 §2).
// The book: sections 3.4 and 3.5.
package stream
