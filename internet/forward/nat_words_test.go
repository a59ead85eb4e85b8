package forward

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/wirebook/wirebook/clock"
)

// The network of the NAT tests. All behind home share 198.51.100.2.
//
//	192.168.1.0/24 --lan--[ home ]--core-- 198.51.100.0/24 -- 198.51.100.1 -- the world
//	192.168.2.0/24 --attic--^
var natCards = map[string]int{"lan": 0, "core": 1, "attic": 2}

type home struct {
	Forwarder
	clock *clock.Movable
}

func newHome(t testing.TB, config NAT) *home {
	t.Helper()
	h := &home{clock: clock.NewMovable()}
	h.Forwarder.Clock, h.Headroom = h.clock, headroom
	h.Configure([]Interface{
		{MTU: 1500, Addrs: prefixes("192.168.1.1/24")},
		{MTU: 1500, Addrs: prefixes("198.51.100.2/24", "198.51.100.3/24")},
		{MTU: 1500, Addrs: prefixes("192.168.2.1/24")},
	}, []Route{{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Via: addr("198.51.100.1"), Out: 1}})
	config.Outside = natCards["core"]
	if err := h.SetNAT(&config); err != nil {
		t.Fatal(err)
	}
	return h
}

// play plays a transcript: packets, with the card that they come in by, and what
// becomes of each.
//
//	lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
//	  -> core | udp 198.51.100.2:3345 > 203.0.113.80:80
//	core | udp 203.0.113.99:80 > 198.51.100.2:3345
//	  -> filtered by the NAT
//	wait 5m
func (h *home) play(t *testing.T, transcript string) {
	t.Helper()
	got := ""
	for line := range strings.Lines(transcript) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "->"):
			if want := strings.TrimSpace(line[2:]); got != want {
				t.Fatalf("got  %s\nwant %s\nin%s", got, want, transcript)
			}
		case strings.HasPrefix(line, "wait "):
			d, err := time.ParseDuration(line[5:])
			if err != nil {
				t.Fatal(err)
			}
			h.clock.Skip(d)
		default:
			got = h.pass(t, line)
		}
	}
}

// pass lets one packet through, and tells what became of it.
func (h *home) pass(t testing.TB, line string) string {
	t.Helper()
	card, words, _ := strings.Cut(line, "|")
	number, ok := natCards[strings.TrimSpace(card)]
	if !ok {
		t.Fatalf("%q names no card", line)
	}
	sent := spoken(t, words)
	before := bytes.Clone(sent)
	d := h.Forward(Arrival{Interface: number}, sent)
	if !bytes.Equal(sent, before) {
		t.Errorf("%s: the packet that came in was changed", line)
	}
	switch d.Verdict {
	case Drop:
		return d.Reason.String()
	case Deliver:
		return "the router"
	}
	var told []string
	for _, made := range append([][]byte{d.Packet}, d.Rest...) {
		for name, number := range natCards {
			if number == d.Out {
				told = append(told, name+" | "+described(made[headroom:]))
			}
		}
	}
	return strings.Join(told, ", ")
}

// spoken makes a packet of words:
//
//	udp SRC > DST [TEXT]            tcp FLAGS SEQ,ACK SRC > DST [TEXT]
//	echo ID SRC > DST [TEXT]        reply ID SRC > DST [TEXT]
//	unreachable|exceeded SRC > DST: PACKET
//	proto NUMBER SRC > DST
//
// "broken" before it makes its checksum wrong, and "ttl N" sets its time to live.
func spoken(t testing.TB, words string) []byte {
	t.Helper()
	words, about, isError := strings.Cut(strings.TrimSpace(words), ": ")
	var text string
	if !isError {
		words, text, _ = strings.Cut(words, " \"")
		text = strings.NewReplacer(`\r`, "\r", `\n`, "\n", `"`, "").Replace(text)
	}
	f := strings.Fields(words)
	broken, ttl := f[0] == "broken", 64
	if broken {
		f = f[1:]
	}
	if f[0] == "ttl" {
		ttl, _ = strconv.Atoi(f[1])
		f = f[2:]
	}
	ip := &layers.IPv4{Version: 4, TTL: uint8(ttl), Id: 77}
	src, dst := f[len(f)-3], f[len(f)-1]
	stack := []gopacket.SerializableLayer{ip}
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		return n
	}
	switch f[0] {
	case "udp", "tcp":
		from, to := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
		src, dst = from.Addr().String(), to.Addr().String()
		if f[0] == "udp" {
			ip.Protocol = layers.IPProtocolUDP
			stack = append(stack, &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port())})
			break
		}
		ip.Protocol = layers.IPProtocolTCP
		seq, ack, _ := strings.Cut(f[2], ",")
		stack = append(stack, &layers.TCP{
			SrcPort: layers.TCPPort(from.Port()), DstPort: layers.TCPPort(to.Port()), Window: 1000,
			Seq: uint32(number(seq)), Ack: uint32(number(ack)),
			SYN: strings.Contains(f[1], "S"), FIN: strings.Contains(f[1], "F"), RST: strings.Contains(f[1], "R"), ACK: strings.Contains(f[1], "A"),
		})
	case "echo", "reply":
		ip.Protocol = layers.IPProtocolICMPv4
		stack = append(stack, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(map[string]uint8{"echo": 8, "reply": 0}[f[0]], 0), Id: uint16(number(f[1])), Seq: 1})
	case "unreachable", "exceeded":
		ip.Protocol = layers.IPProtocolICMPv4
		kind := map[string]layers.ICMPv4TypeCode{"unreachable": layers.CreateICMPv4TypeCode(3, 3), "exceeded": layers.CreateICMPv4TypeCode(11, 0)}[f[0]]
		quote := spoken(t, about)
		text = string(quote[:min(len(quote), 28)]) // as little as RFC 792 wants
		stack = append(stack, &layers.ICMPv4{TypeCode: kind})
	case "proto":
		ip.Protocol = layers.IPProtocol(number(f[1]))
	default:
		t.Fatalf("%q is no packet", words)
	}
	ip.SrcIP, ip.DstIP = addr(src).AsSlice(), addr(dst).AsSlice()
	for _, l := range stack {
		if l, ok := l.(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			l.SetNetworkLayerForChecksum(ip)
		}
	}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, append(stack, gopacket.Payload(text))...); err != nil {
		t.Fatal(err)
	}
	b := bytes.Clone(buf.Bytes())
	if broken {
		at := ipv4HeaderMin + map[layers.IPProtocol]int{layers.IPProtocolTCP: tcpChecksum, layers.IPProtocolUDP: 6, layers.IPProtocolICMPv4: 2}[ip.Protocol]
		b[at] ^= 0x5a
	}
	return b
}

// described says a packet in the words of spoken, and checks its checksums.
func described(b []byte) string {
	p, reason := checkIPv4(b)
	if reason != None {
		return fmt.Sprintf("%v: %x", reason, b)
	}
	words := ""
	if p.flags()&ipv4OffsetMask == 0 && p.flags()&ipv4MF == 0 && !sound(p) {
		words = "broken "
	}
	return words + header(p)
}

func sound(p ipv4) bool {
	switch Protocol(p.protocol()) {
	case ICMP:
		return checksum(p.payload(), 0) == 0
	case UDP:
		return binary.BigEndian.Uint16(p.payload()[6:]) == 0 || p.transportSum() == 0
	case TCP:
		return p.transportSum() == 0
	}
	return true
}

func header(p ipv4) string {
	b := p.payload()
	text := func(b []byte) string {
		if len(b) == 0 {
			return ""
		}
		return " " + strconv.Quote(string(b))
	}
	f, _ := p.ports()
	switch f.protocol {
	case UDP:
		return fmt.Sprintf("udp %v > %v", f.src.addrPort(), f.dst.addrPort()) + text(b[udpHeader:])
	case TCP:
		if len(b) < tcpHeader { // it is quoted
			return fmt.Sprintf("tcp %v > %v", f.src.addrPort(), f.dst.addrPort())
		}
		flags := ""
		for i, c := range "FSR_A" {
			if b[tcpFlags]>>i&1 != 0 {
				flags += string(c)
			}
		}
		head := int(b[tcpOffset]>>4) * 4
		return fmt.Sprintf("tcp %s %d,%d %v > %v", flags, binary.BigEndian.Uint32(b[tcpSequence:]), binary.BigEndian.Uint32(b[tcpAck:]), f.src.addrPort(), f.dst.addrPort()) + text(b[head:])
	}
	if p.protocol() == protocolICMP {
		switch b[0] {
		case echoRequest:
			return fmt.Sprintf("echo %d %v > %v", f.src.port, p.src(), p.dst()) + text(b[icmpHeader:])
		case echoReply:
			return fmt.Sprintf("reply %d %v > %v", f.dst.port, p.src(), p.dst()) + text(b[icmpHeader:])
		}
		name := map[byte]string{3: "unreachable", 11: "exceeded"}[b[0]]
		if b[0] == 3 && b[1] != 3 {
			name += fmt.Sprintf(" %d", b[1])
		}
		quote := ipv4(b[icmpHeader:])
		if checksum(quote[:quote.headerLen()], 0) != 0 {
			name += " with a damaged quote"
		}
		return fmt.Sprintf("%s %v > %v: %s", name, p.src(), p.dst(), header(quote))
	}
	return fmt.Sprintf("proto %d %v > %v", p.protocol(), p.src(), p.dst())
}
