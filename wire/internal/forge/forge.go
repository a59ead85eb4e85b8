// Package forge makes frames for tests: of packets with true checksums, and of
// whole TCP conversations, as a host on a link of its own would send them. It
// is built on gopacket, so that what wire reads was not written by wire.
package forge

import (
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/wirebook/wirebook/frame"
)

// Host is a host with a link of its own.
type Host struct {
	Name string
	Addr netip.Addr
	MAC  net.HardwareAddr
	Link *frame.Link
}

// NewHost makes a host; its link is named for it.
func NewHost(name, addr string, n byte) *Host {
	return &Host{
		Name: name, Addr: netip.MustParseAddr(addr), MAC: net.HardwareAddr{2, 0, 0, 0, 0, n},
		Link: &frame.Link{
			Index: int(n), Name: name,
			A: frame.Node{Name: name, Kind: frame.Host}, B: frame.Node{Name: "switch", Kind: frame.Switch},
		},
	}
}

// Network gives frames their IDs and times: one each 100 µs.
type Network struct {
	lastID uint64
	now    time.Time
}

// Start is the time of the first frame.
var Start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Frame puts data on the host's link.
func (n *Network) Frame(from *Host, data []byte) frame.Frame {
	if n.now.IsZero() {
		n.now = Start
	}
	n.lastID++
	f := frame.Frame{ID: n.lastID, Link: from.Link, Time: n.now, Data: data}
	n.now = n.now.Add(100 * time.Microsecond)
	return f
}

// Pause lets time pass.
func (n *Network) Pause(d time.Duration) { n.now = n.now.Add(d) }

// Again is the frame as it is seen on the receiver's link.
func Again(f frame.Frame, to *Host, fate frame.Fate) frame.Frame {
	f.Hop, f.Link, f.FromB, f.Fate = f.Hop+1, to.Link, true, fate
	return f
}

// UDP makes a datagram.
func (n *Network) UDP(from, to *Host, fromPort, toPort uint16, payload []byte) frame.Frame {
	udp := &layers.UDP{SrcPort: layers.UDPPort(fromPort), DstPort: layers.UDPPort(toPort)}
	return n.Frame(from, Packet(from, to, layers.IPProtocolUDP, udp, payload))
}

// Unreachable is a router's ICMP error about a packet, which it quotes.
func Unreachable(n *Network, router, to *Host, packet []byte) frame.Frame {
	if to.Addr.Is4() {
		icmp := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeDestinationUnreachable, layers.ICMPv4CodeHost)}
		return n.Frame(router, Packet(router, to, layers.IPProtocolICMPv4, unsummed{icmp}, packet))
	}
	icmp := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(layers.ICMPv6TypeDestinationUnreachable, layers.ICMPv6CodeAddressUnreachable)}
	return n.Frame(router, Packet(router, to, layers.IPProtocolICMPv6, icmp, append(make([]byte, 4), packet...)))
}

// unsummed is a layer whose checksum needs no addresses.
type unsummed struct{ gopacket.SerializableLayer }

func (unsummed) SetNetworkLayerForChecksum(gopacket.NetworkLayer) error { return nil }

// transport is a layer whose checksum needs the addresses.
type transport interface {
	gopacket.SerializableLayer
	SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
}

// Packet makes a frame's bytes.
func Packet(from, to *Host, protocol layers.IPProtocol, segment transport, payload []byte) []byte {
	ethernet := &layers.Ethernet{SrcMAC: from.MAC, DstMAC: to.MAC, EthernetType: layers.EthernetTypeIPv4}
	var network gopacket.SerializableLayer
	if from.Addr.Is4() {
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: protocol, SrcIP: from.Addr.AsSlice(), DstIP: to.Addr.AsSlice()}
		_ = segment.SetNetworkLayerForChecksum(ip)
		network = ip
	} else {
		ip := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: protocol, SrcIP: from.Addr.AsSlice(), DstIP: to.Addr.AsSlice()}
		ethernet.EthernetType = layers.EthernetTypeIPv6
		_ = segment.SetNetworkLayerForChecksum(ip)
		network = ip
	}
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buffer, options, ethernet, network, segment, gopacket.Payload(payload)); err != nil {
		panic(err) // a mistake in a test
	}
	return append([]byte(nil), buffer.Bytes()...)
}

// Conversation is a TCP connection between two hosts.
type Conversation struct {
	Network        *Network
	Client, Server *Host
	Ports          [2]uint16
	Seq            [2]uint32 // each side's next sequence number
	MSS            int
}

// Dial returns a conversation and the frames of its handshake.
func (n *Network) Dial(client, server *Host, clientPort, serverPort uint16) (*Conversation, []frame.Frame) {
	c := &Conversation{
		Network: n, Client: client, Server: server, Ports: [2]uint16{clientPort, serverPort},
		Seq: [2]uint32{0xfffffff0, 5000}, MSS: 1460, // the client's numbers soon wrap
	}
	frames := []frame.Frame{
		c.Segment(0, func(t *layers.TCP) {
			t.SYN, t.ACK, t.Ack = true, false, 0
			t.Options = []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 0xb4}}}
		}, nil),
	}
	c.Seq[0]++
	frames = append(frames, c.Segment(1, func(t *layers.TCP) { t.SYN = true }, nil))
	c.Seq[1]++
	return c, append(frames, c.Segment(0, nil, nil))
}

// Segment makes one segment of a side, 0 the client; change may alter its header.
func (c *Conversation) Segment(side int, change func(*layers.TCP), payload []byte) frame.Frame {
	from, to := c.Client, c.Server
	if side == 1 {
		from, to = to, from
	}
	t := &layers.TCP{
		SrcPort: layers.TCPPort(c.Ports[side]), DstPort: layers.TCPPort(c.Ports[1-side]),
		Seq: c.Seq[side], Ack: c.Seq[1-side], ACK: true, Window: 64240,
	}
	if change != nil {
		change(t)
	}
	return c.Network.Frame(from, Packet(from, to, layers.IPProtocolTCP, t, payload))
}

// Say makes the segments of what a side says.
func (c *Conversation) Say(side int, text string) []frame.Frame {
	var frames []frame.Frame
	for len(text) > 0 {
		n := min(len(text), c.MSS)
		last := n == len(text)
		frames = append(frames, c.Segment(side, func(t *layers.TCP) { t.PSH = last }, []byte(text[:n])))
		c.Seq[side] += uint32(n)
		text = text[n:]
	}
	return frames
}

// Close makes the segments that end the conversation, the side's FIN first.
func (c *Conversation) Close(side int) []frame.Frame {
	fin := func(t *layers.TCP) { t.FIN = true }
	frames := []frame.Frame{c.Segment(side, fin, nil)}
	c.Seq[side]++
	frames = append(frames, c.Segment(1-side, fin, nil))
	c.Seq[1-side]++
	return append(frames, c.Segment(side, nil, nil))
}
