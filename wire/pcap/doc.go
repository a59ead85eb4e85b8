// Package pcap writes frames as a pcapng file, which Wireshark, tshark and
// tcpdump read. Each link is an interface of the file, with its name; times are
// in nanoseconds. What a link did to a frame stands in the packet's comment
// ("lost on this link"), since no capture format has a place for it.
//
// Captures are passed on: passwords have become asterisks in them, as package wire
// finds them, the checksum made to fit, and a comment says so.
//
//	w, err := pcap.NewWriter(file)
//	w.See(frames...)
//	err = w.Close()
package pcap
