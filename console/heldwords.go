package console

import (
	"bytes"
	"slices"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
)

// expects reports whether one of the ports is the packet's.
func expects(ports []uint16, p *packet.Packet) bool {
	return slices.Contains(ports, p.ToPort) || slices.Contains(ports, p.FromPort)
}

// datagramInWords is what a protocol makes of a datagram by itself: it knows of
// nothing that came before.
func datagramInWords(protocol dissect.Protocol, p *packet.Packet) (name, summary string) {
	dissector, ok := protocol.New().(dissect.DatagramDissector)
	if !ok {
		return "", ""
	}
	from, to := p.Ends()
	part := dissector.Datagram(&dissect.Datagram{From: from, To: to, Payload: p.Payload(), Expect: func(dissect.Expectation) {}})
	if part == nil {
		return "", ""
	}
	if part.Protocol != "" {
		return part.Protocol, part.Summary
	}
	return protocol.Name, part.Summary
}

func firstLine(b []byte) []byte {
	if end := bytes.IndexByte(b, '\n'); end >= 0 {
		return bytes.TrimRight(b[:end], "\r")
	}
	return b
}
