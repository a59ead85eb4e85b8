package guest

import (
	"bytes"
	"context"
	"net"
	"sync"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// A neighbour is the only other host on a guest's LAN: 10.1.0.1 and
// 2001:db8:1::1. It answers ARP, neighbour solicitations and pings, with no
// stack but these lines.
type neighbour struct {
	mac    net.HardwareAddr
	v4, v6 net.IP
	mu     sync.Mutex
	frames [][]byte // all that it has received
}

func newNeighbour() *neighbour {
	return &neighbour{
		mac: net.HardwareAddr{2, 0, 0, 0, 0, 1},
		v4:  net.IPv4(10, 1, 0, 1).To4(),
		v6:  net.ParseIP("2001:db8:1::1"),
	}
}

// attach is for Start. The pump ends when the guest closes the Tap.
func (n *neighbour) attach(_ *Guest, tap *Tap) error {
	go Pump(context.Background(), tap, func(frame []byte) {
		n.note(frame)
		if reply := n.answer(frame); reply != nil {
			tap.WriteFrame(reply)
		}
	})
	return nil
}

func (n *neighbour) note(frame []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.frames = append(n.frames, bytes.Clone(frame))
}

func (n *neighbour) received() [][]byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.frames
}

func (n *neighbour) answer(frame []byte) []byte {
	packet := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.NoCopy)
	eth, ok := packet.LinkLayer().(*layers.Ethernet)
	if !ok {
		return nil
	}
	back := &layers.Ethernet{SrcMAC: n.mac, DstMAC: eth.SrcMAC, EthernetType: eth.EthernetType}
	if arp, ok := packet.Layer(layers.LayerTypeARP).(*layers.ARP); ok {
		return n.answerARP(back, arp)
	}
	if ip, ok := packet.NetworkLayer().(*layers.IPv4); ok {
		return n.answerV4(back, ip, packet)
	}
	if ip, ok := packet.NetworkLayer().(*layers.IPv6); ok {
		return n.answerV6(back, ip, packet)
	}
	return nil
}

func (n *neighbour) answerARP(back *layers.Ethernet, arp *layers.ARP) []byte {
	if arp.Operation != layers.ARPRequest || !bytes.Equal(arp.DstProtAddress, n.v4) {
		return nil
	}
	reply := *arp
	reply.Operation = layers.ARPReply
	reply.SourceHwAddress, reply.SourceProtAddress = n.mac, n.v4
	reply.DstHwAddress, reply.DstProtAddress = arp.SourceHwAddress, arp.SourceProtAddress
	return serialize(back, &reply)
}

func (n *neighbour) answerV4(back *layers.Ethernet, ip *layers.IPv4, packet gopacket.Packet) []byte {
	icmp, ok := packet.Layer(layers.LayerTypeICMPv4).(*layers.ICMPv4)
	if !ok || icmp.TypeCode.Type() != layers.ICMPv4TypeEchoRequest || !ip.DstIP.Equal(n.v4) {
		return nil
	}
	header := &layers.IPv4{Version: 4, TTL: 64, Protocol: ip.Protocol, SrcIP: n.v4, DstIP: ip.SrcIP}
	reply := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoReply, 0), Id: icmp.Id, Seq: icmp.Seq}
	return serialize(back, header, reply, gopacket.Payload(icmp.Payload))
}

func (n *neighbour) answerV6(back *layers.Ethernet, ip *layers.IPv6, packet gopacket.Packet) []byte {
	header := &layers.IPv6{Version: 6, HopLimit: 255, NextHeader: layers.IPProtocolICMPv6, SrcIP: n.v6, DstIP: ip.SrcIP}
	reply := &layers.ICMPv6{}
	reply.SetNetworkLayerForChecksum(header)
	if ask, ok := packet.Layer(layers.LayerTypeICMPv6NeighborSolicitation).(*layers.ICMPv6NeighborSolicitation); ok {
		if !ask.TargetAddress.Equal(n.v6) {
			return nil
		}
		reply.TypeCode = layers.CreateICMPv6TypeCode(layers.ICMPv6TypeNeighborAdvertisement, 0)
		return serialize(back, header, reply, &layers.ICMPv6NeighborAdvertisement{
			Flags:         0x60, // solicited, override
			TargetAddress: n.v6,
			Options:       layers.ICMPv6Options{{Type: layers.ICMPv6OptTargetAddress, Data: n.mac}},
		})
	}
	icmp, ok := packet.Layer(layers.LayerTypeICMPv6).(*layers.ICMPv6)
	if !ok || icmp.TypeCode.Type() != layers.ICMPv6TypeEchoRequest || !ip.DstIP.Equal(n.v6) {
		return nil
	}
	reply.TypeCode = layers.CreateICMPv6TypeCode(layers.ICMPv6TypeEchoReply, 0)
	return serialize(back, header, reply, gopacket.Payload(icmp.Payload))
}

func serialize(all ...gopacket.SerializableLayer) []byte {
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buffer, options, all...); err != nil {
		panic(err)
	}
	return buffer.Bytes()
}
