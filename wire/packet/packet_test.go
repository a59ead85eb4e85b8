package packet_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/internal/forge"
	"github.com/wirebook/wirebook/wire/packet"
)

var (
	a4, b4 = forge.NewHost("a", "10.0.0.1", 1), forge.NewHost("b", "10.0.0.2", 2)
	a6, b6 = forge.NewHost("a", "2001:db8::1", 1), forge.NewHost("b", "2001:db8::2", 2)
)

func tcp(from, to *forge.Host) []byte {
	t := &layers.TCP{
		SrcPort: 40000, DstPort: 80, Seq: 1000, SYN: true, Window: 64240,
		Options: []layers.TCPOption{
			{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 0xb4}},
			{OptionType: layers.TCPOptionKindNop},
			{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{7}},
			{OptionType: layers.TCPOptionKindSACKPermitted, OptionLength: 2},
		},
	}
	return forge.Packet(from, to, layers.IPProtocolTCP, t, []byte("hello"))
}

func serialize(t testing.TB, parts ...gopacket.SerializableLayer) []byte {
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, parts...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func ethernet(kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: a4.MAC, DstMAC: b4.MAC, EthernetType: kind}
}

func ipv4(protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Protocol: protocol, SrcIP: a4.Addr.AsSlice(), DstIP: b4.Addr.AsSlice()}
}

// corpus is a frame of each sort, with its summary.
func corpus(t testing.TB) map[string][]byte {
	ip6 := &layers.IPv6{Version: 6, HopLimit: 255, NextHeader: layers.IPProtocolICMPv6, SrcIP: a6.Addr.AsSlice(), DstIP: b6.Addr.AsSlice()}
	solicitation := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(135, 0)}
	_ = solicitation.SetNetworkLayerForChecksum(ip6)
	exceeded := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(3, 0)}
	_ = exceeded.SetNetworkLayerForChecksum(ip6)
	quoted, quoted6 := tcp(a4, b4)[14:42], append(make([]byte, 4), tcp(a6, b6)[14:]...) // four bytes are unused
	arp := &layers.ARP{
		AddrType: 1, Protocol: 0x800, HwAddressSize: 6, ProtAddressSize: 4, Operation: 1,
		SourceHwAddress: a4.MAC, SourceProtAddress: a4.Addr.AsSlice(), DstHwAddress: make([]byte, 6), DstProtAddress: b4.Addr.AsSlice(),
	}
	return map[string][]byte{
		"SYN seq=0 len=5 mss=1460":        tcp(a4, b4),
		"SYN seq=0 len=5 mss=1460 ":       tcp(a6, b6),
		"53 → 40000 len=3":                forge.Packet(a4, b4, layers.IPProtocolUDP, &layers.UDP{SrcPort: 53, DstPort: 40000}, []byte("abc")),
		"53 → 40000 len=4":                forge.Packet(a6, b6, layers.IPProtocolUDP, &layers.UDP{SrcPort: 53, DstPort: 40000}, []byte("abcd")),
		"who has 10.0.0.2? tell 10.0.0.1": serialize(t, ethernet(layers.EthernetTypeARP), arp),
		"echo request id=7 seq=9": serialize(t, ethernet(layers.EthernetTypeIPv4), ipv4(layers.IPProtocolICMPv4),
			&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0), Id: 7, Seq: 9}, gopacket.Payload("12345678")),
		"port unreachable: TCP 10.0.0.2:80": serialize(t, ethernet(layers.EthernetTypeIPv4), ipv4(layers.IPProtocolICMPv4),
			&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 3)}, gopacket.Payload(quoted)),
		"hop limit exceeded in transit: TCP [2001:db8::2]:80": serialize(t, ethernet(layers.EthernetTypeIPv6), ip6, exceeded,
			gopacket.Payload(quoted6)),
		"who has 2001:db8::2?": serialize(t, ethernet(layers.EthernetTypeIPv6), ip6, solicitation,
			&layers.ICMPv6NeighborSolicitation{TargetAddress: b6.Addr.AsSlice(), Options: layers.ICMPv6Options{
				{Type: layers.ICMPv6OptSourceAddress, Data: a6.MAC}}}),
		"echo request id=1 seq=2": serialize(t, ethernet(layers.EthernetTypeDot1Q), &layers.Dot1Q{VLANIdentifier: 5, Type: layers.EthernetTypeIPv4},
			ipv4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0), Id: 1, Seq: 2}),
	}
}

func TestSummaries(t *testing.T) {
	for want, data := range corpus(t) {
		var p packet.Packet
		p.Decode(data)
		if p.Faults != 0 {
			t.Errorf("%s: faults %b", want, p.Faults)
		}
		if got := p.Summary(packet.Relative{Seq: p.Seq}); got != strings.TrimSpace(want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The fields of the layers lie in each other and in the frame, and the values
// are what gopacket reads.
func TestLayers(t *testing.T) {
	for name, data := range corpus(t) {
		tree := packet.Layers(data)
		checkTree(t, tree, dissect.Field{Length: len(data)})
		at := 0
		for _, layer := range tree {
			if layer.Offset != at {
				t.Errorf("%s: %s begins at %d, the layer before ends at %d", name, layer.Name, layer.Offset, at)
			}
			at = layer.Offset + layer.Length
		}
		if at != len(data) {
			t.Errorf("%s: the layers end at %d of %d", name, at, len(data))
		}
	}
	tree := packet.Layers(tcp(a4, b4))
	for key, want := range map[string]string{
		"ethernet.src": "02:00:00:00:00:01", "ipv4.ttl": "64", "ipv4.protocol": "6 (TCP)", "ipv4.src": "10.0.0.1",
		"ipv4.ihl": "5 (20 bytes)", "tcp.seq": "1000", "tcp.flag.SYN": "set", "tcp.flag.ACK": "not set",
		"tcp.dataoffset": "8 (32 bytes)", "tcp.option.mss": "1460 bytes", "tcp.option.wscale": "7 (multiply by 128)", "layer.application": "5 bytes",
	} {
		if f := dissect.Find(tree, key); f == nil || f.Value != want {
			t.Errorf("%s is %+v, want %q", key, f, want)
		}
	}
	if f := dissect.Find(tree, "tcp.checksum"); !strings.HasSuffix(f.Value, "(correct)") {
		t.Errorf("checksum %s", f.Value)
	}
}

func checkTree(t testing.TB, tree []dissect.Field, in dissect.Field) {
	t.Helper()
	for _, f := range tree {
		if f.Length < 0 || f.Offset < in.Offset || f.Offset+f.Length > in.Offset+in.Length {
			t.Errorf("%s (%d+%d) is not in %s (%d+%d)", f.Name, f.Offset, f.Length, in.Name, in.Offset, in.Length)
		}
		checkTree(t, f.Children, f)
	}
}

func TestChecksums(t *testing.T) {
	for name, data := range corpus(t) {
		var whole packet.Packet
		whole.Decode(data)
		if whole.Type == packet.TypeARP {
			continue
		}
		for i := whole.TransportOffset(); i < whole.PayloadOffset()+len(whole.Payload()); i++ {
			damaged := bytes.Clone(data)
			damaged[i] ^= 0x10
			var p packet.Packet
			if p.Decode(damaged); p.Faults == 0 {
				t.Errorf("%s: a flipped bit in byte %d was not noticed", name, i)
			}
		}
	}
}

// A tree of a damaged segment says what the checksum should have been.
func TestWantedChecksum(t *testing.T) {
	data := tcp(a4, b4)
	right := dissect.Find(packet.Layers(data), "tcp.checksum").Value[:6]
	damaged := bytes.Clone(data)
	damaged[14+20+16] ^= 0xff
	if f := dissect.Find(packet.Layers(damaged), "tcp.checksum"); !strings.HasSuffix(f.Value, "(should be "+right+")") {
		t.Errorf("%s, want %s", f.Value, right)
	}
}

func TestFragments(t *testing.T) {
	whole := serialize(t, ethernet(layers.EthernetTypeIPv4), func() gopacket.SerializableLayer { ip := ipv4(17); ip.Id = 77; return ip }(),
		gopacket.Payload(udpTo(t, bytes.Repeat([]byte("0123456789"), 300))))
	body := whole[34:]
	var pieces []packet.Packet
	for at := 0; at < len(body); at += 1000 {
		end := min(at+1000, len(body))
		ip := ipv4(17)
		ip.Id, ip.FragOffset = 77, uint16(at/8)
		if end < len(body) {
			ip.Flags = layers.IPv4MoreFragments
		}
		var p packet.Packet
		p.Decode(bytes.Clone(serialize(t, ethernet(layers.EthernetTypeIPv4), ip, gopacket.Payload(body[at:end]))))
		pieces = append(pieces, p)
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 1, 3, 0, 2}} {
		var f packet.Fragments
		var joined packet.Packet
		count := 0
		for _, i := range order {
			if p, ok := f.Add(&pieces[i]); ok {
				joined, count = p, count+1
			}
		}
		if count != 1 || joined.FromPort != 5000 || len(joined.Payload()) != 3000 || joined.Faults != 0 {
			t.Errorf("order %v: %d whole, %d bytes, faults %b", order, count, len(joined.Payload()), joined.Faults)
		}
	}
}

func udpTo(t testing.TB, payload []byte) []byte {
	udp := &layers.UDP{SrcPort: 5000, DstPort: 6000}
	_ = udp.SetNetworkLayerForChecksum(ipv4(17))
	return bytes.Clone(serialize(t, udp, gopacket.Payload(payload)))
}

func TestIPv6Extensions(t *testing.T) {
	data := forge.Packet(a6, b6, layers.IPProtocolUDP, &layers.UDP{SrcPort: 1, DstPort: 2}, []byte("x"))
	extended := bytes.Clone(data[:54])
	extended[20] = 0                                     // hop-by-hop options next
	extended = append(extended, 60, 0, 1, 4, 0, 0, 0, 0) // then destination options
	extended = append(extended, 17, 0, 1, 4, 0, 0, 0, 0) // then UDP
	extended[19] += 16
	extended = append(extended, data[54:]...)
	var p packet.Packet
	p.Decode(extended)
	if !p.Has(packet.UDP) || p.ToPort != 2 || p.Faults != 0 {
		t.Errorf("%+v", p)
	}
	if tree := packet.Layers(extended); len(tree) != 6 {
		t.Errorf("%d layers", len(tree))
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	data := tcp(a6, b6)
	var p packet.Packet
	if n := testing.AllocsPerRun(100, func() { p.Decode(data) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, data := range corpus(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p packet.Packet
		p.Decode(data)
		checkTree(t, packet.Layers(data), dissect.Field{Length: len(data)})
		_ = p.Summary(packet.Relative{})
		_, _ = p.Quoted()
		_ = p.Target()
		if p.MSS() < 0 || len(p.Payload()) > len(data) {
			t.Error("more than there is")
		}
		var fragments packet.Fragments
		if p.IP() && p.Fragments.Part() {
			fragments.Add(&p)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	data := forge.Packet(a4, b4, layers.IPProtocolTCP, &layers.TCP{ACK: true}, make([]byte, 1460))
	b.SetBytes(int64(len(data)))
	var p packet.Packet
	for b.Loop() {
		p.Decode(data)
	}
}
