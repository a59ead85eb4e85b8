// Package dns dissects DNS messages over UDP and TCP: RFC 1035, with EDNS(0)
// (RFC 6891). The book: section 2.4.
//
//	header       an ID that the reply repeats, flags, four counts
//	question     "A? www.example.com"
//	answer       resource records: name, type, class, time to live, data
//	authority    who knows more
//	additional   their addresses, so that nobody has to ask for them
//
// A name that was written before is not written again: two bytes point to it
// (RFC 1035 §4.1.4). The field tree shows each pointer, and where it leads.
package dns
