// Package filter chooses messages, and frames before they are messages, by a line
// that a person has typed:
//
//	dns
//	http or tcp
//	host alice and not arp
//	from 192.0.2.0/24 port 53
//	conversation 12
//	"index.html" or lost
//
// Words beside each other must all be true; or binds less than and, and not binds
// most; there are parentheses. The words are:
//
//	dns http ftp …    the protocol of a message, tcp udp icmp arp ip … that which carries it
//	host X            said by or to X: a host's name, an address, or a prefix
//	from X, to X      said by X, said to X
//	port N            from or to that port
//	conversation N    of that number
//	"text"            in the summary, or in what was said; capitals or not
//	lost, wrong       did not arrive; breaks a rule of an RFC
//
// A frame is not yet a message when it is asked about, so some things cannot be
// known of it: whether it will be lost. What is unknown chooses. On frames, http is
// a segment that brings data from or to HTTP's port: the handshake is tcp. (Only
// who opens FTP's data connection belongs to ftp.)
//
//	f, err := filter.Parse("dns or http")
//	if f.Message(m) { … }
//	in.Hold().Begin(internet.HoldOptions{Match: f.Frames(filter.Known{})})
package filter
