package packet

import (
	"fmt"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Layers is the tree of a frame's fields, a layer each, from Ethernet up; the
// last is the payload, if there is one. All offsets are from the frame's start.
func Layers(data []byte) []dissect.Field {
	var p Packet
	p.Decode(data)
	if len(data) < ethernetHeader {
		return nil
	}
	layers := []dissect.Field{ethernetFields(data)}
	if p.Type == TypeARP && p.end > 0 {
		layers = append(layers, arpFields(data, p.network))
	} else {
		layers = append(layers, p.ipLayers()...)
	}
	switch {
	case len(layers) == 1 && p.network < len(data):
		layers = append(layers, dataField(p.network, len(data)-p.network))
	case len(layers) > 1 && p.end < len(data):
		layers = append(layers, dissect.Field{
			Name: "Padding", Key: "ethernet.padding", Value: fmt.Sprintf("%d bytes", len(data)-p.end),
			Offset: p.end, Length: len(data) - p.end,
		})
	}
	return layers
}

// ipLayers is what there is from IP up.
func (p *Packet) ipLayers() []dissect.Field {
	var layers []dissect.Field
	switch {
	case !p.IP():
		return nil
	case p.Type == TypeIPv4:
		layers = append(layers, ipv4Fields(p))
	default:
		layers = append(layers, ipv6Fields(p)...)
	}
	switch {
	case p.Has(TCP):
		layers = append(layers, tcpFields(p))
	case p.Has(UDP):
		layers = append(layers, udpFields(p))
	case p.Has(ICMP), p.Has(ICMPv6):
		return append(layers, icmpFields(p))
	}
	if n := len(p.Payload()); n > 0 {
		layers = append(layers, dataField(p.payload, n))
	}
	return layers
}

func dataField(at, length int) dissect.Field {
	return dissect.Field{Name: "Data", Key: "layer.application", Value: fmt.Sprintf("%d bytes", length), Offset: at, Length: length}
}
