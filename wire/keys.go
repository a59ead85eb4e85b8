package wire

import "slices"

// Keys are those of every sentence that a message or finding can name, sorted:
// package explain has each in each language.
func Keys() []string {
	keys := slices.Clone(own)
	for _, p := range Protocols() {
		keys = append(keys, p.Keys...)
	}
	for _, kind := range icmpKeys {
		keys = append(keys, "message.icmp."+kind)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

var own = []string{
	"message.arp.request", "message.arp.reply", "message.arp.announcement", "message.icmp.other", "message.udp.data",
	"message.tcp.data", "message.tcp.syn", "message.tcp.syn-ack", "message.tcp.ack", "message.tcp.fin", "message.tcp.rst",
	"message.tcp.refused", "message.tcp.segment", "message.tcp.retransmission",
	"finding.ipv4.checksum", "finding.tcp.checksum", "finding.udp.checksum", "finding.icmp.checksum",
	"finding.nat.rewritten",
}
