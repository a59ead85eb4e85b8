package guest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/wirebook/wirebook/internal/peer"
)

// A looper is a neighbour, the gateway, behind which somebody talks with
// 127.0.0.1: what it is sent it shows to hear, and sends what that returns.
type looper struct {
	*neighbour
	hear func(packet gopacket.Packet, ip *layers.IPv4) []gopacket.SerializableLayer
}

func (l *looper) attach(_ *Guest, tap *Tap) error {
	go Pump(context.Background(), tap, func(frame []byte) {
		l.note(frame)
		reply := l.answer(frame)
		packet := gopacket.NewPacket(bytes.Clone(frame), layers.LayerTypeEthernet, gopacket.NoCopy)
		if ip, ok := packet.NetworkLayer().(*layers.IPv4); ok && bytes.Equal(packet.LinkLayer().LinkFlow().Dst().Raw(), l.mac) {
			if up := l.hear(packet, ip); up != nil {
				back := &layers.IPv4{Version: 4, TTL: 64, Protocol: ip.Protocol, SrcIP: ip.DstIP, DstIP: ip.SrcIP}
				reply = l.frame(back, up...)
			}
		}
		if reply != nil {
			tap.WriteFrame(reply)
		}
	})
	return nil
}

// frame is one for the guest's card.
func (l *looper) frame(ip *layers.IPv4, up ...gopacket.SerializableLayer) []byte {
	for _, layer := range up {
		switch layer := layer.(type) {
		case *layers.UDP:
			layer.SetNetworkLayerForChecksum(ip)
		case *layers.TCP:
			layer.SetNetworkLayerForChecksum(ip)
		}
	}
	eth := &layers.Ethernet{SrcMAC: l.mac, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 5}, EthernetType: layers.EthernetTypeIPv4}
	return serialize(append([]gopacket.SerializableLayer{eth, ip}, up...)...)
}

const loopbackServer = `import select, sys
from socket import *
self = sys.argv[1]
web = socket(); web.bind((self, 6789)); web.listen()
upper = socket(AF_INET, SOCK_DGRAM); upper.bind((self, 12000))
print("ready", flush=True)
text, client = upper.recvfrom(2048)
upper.sendto(text.upper(), client)
print("served", client, flush=True)
while True: select.select([], [], [])`

// A client far away talks with a server that listens at 127.0.0.1 only.
func TestLoopbackServed(t *testing.T) {
	serves(t, LoopbackServed, "203.0.113.7", "127.0.0.1")
}

// A client on the LAN talks with a server that has somebody's address in its source.
func TestLoopbackAnywhere(t *testing.T) {
	serves(t, LoopbackAnywhere, "10.1.0.1", "127.0.0.1")
	serves(t, LoopbackAnywhere, "10.1.0.1", "192.168.1.17")
}

// serves has a client speak with a server that listens at an address, and nowhere
// else.
func serves(t *testing.T, mode LoopbackMode, from, at string) {
	t.Helper()
	needGuests(t)
	peer.Path(t, "python3", "python3")
	client, server := net.ParseIP(from).To4(), net.ParseIP(at).To4()
	heard := make(chan string, 64)
	lan := &looper{newNeighbour(), func(packet gopacket.Packet, ip *layers.IPv4) []gopacket.SerializableLayer {
		flow := fmt.Sprint(ip.SrcIP, " to ", ip.DstIP, ": ")
		if udp, ok := packet.TransportLayer().(*layers.UDP); ok {
			heard <- flow + string(udp.Payload)
		} else if tcp, ok := packet.TransportLayer().(*layers.TCP); ok && tcp.SYN && tcp.ACK {
			heard <- flow + "SYN ACK"
		}
		return nil
	}}
	c := host("python3", "-c", loopbackServer, at)
	c.Loopback = mode
	var card *Tap
	g, out := runningOn(t, c, func(g *Guest, tap *Tap) error {
		card = tap
		return lan.attach(g, tap)
	})
	if len(find(t, g, "tcp", 6789)) != 1 {
		t.Error("the server does not listen")
	}
	to := func(protocol layers.IPProtocol) *layers.IPv4 {
		return &layers.IPv4{Version: 4, TTL: 64, Protocol: protocol, SrcIP: client, DstIP: server}
	}
	card.WriteFrame(lan.frame(to(layers.IPProtocolUDP), &layers.UDP{SrcPort: 5000, DstPort: 12000}, gopacket.Payload("hello")))
	hears(t, heard, at+" to "+from+": HELLO")
	out.until("served ('" + from + "', 5000)")
	card.WriteFrame(lan.frame(to(layers.IPProtocolTCP), &layers.TCP{SrcPort: 5001, DstPort: 6789, SYN: true, Window: 1000}))
	hears(t, heard, at+" to "+from+": SYN ACK")
	asked := 0
	for _, frame := range lan.received() {
		if bytes.Equal(frame[12:14], []byte{8, 6}) {
			asked++
		}
		if bytes.Equal(frame[12:14], []byte{8, 6}) && bytes.Contains(frame[14:], server) {
			t.Errorf("it asks for a MAC address as %s: %x", at, frame)
		}
	}
	if asked == 0 {
		t.Error("it has asked for no MAC address")
	}
}

func hears(t testing.TB, heard <-chan string, want string) {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case said := <-heard:
			if said == want {
				return
			}
			t.Logf("and %s", said)
		case <-late:
			t.Fatalf("not in 20 seconds: %s", want)
		}
	}
}

// A client of 127.0.0.1 and localhost talks with servers behind the gateway.
func TestLoopbackOutside(t *testing.T) {
	needGuests(t)
	peer.Path(t, "python3", "python3")
	const script = `from socket import *
asks = socket(AF_INET, SOCK_DGRAM); asks.settimeout(15)
asks.sendto(b"hello", ("127.0.0.1", 12000)); print(asks.recvfrom(2048))
try: create_connection(("localhost", 6789), 15)
except OSError as e: print(e)
try: socket().bind(("127.0.0.1", 80))
except OSError as e: print(e)
here = socket(AF_INET6); here.bind(("::1", 80)); here.listen(); create_connection(("::1", 80))
print(gethostbyname(gethostname()))`
	lan := &looper{newNeighbour(), func(packet gopacket.Packet, ip *layers.IPv4) []gopacket.SerializableLayer {
		switch up := packet.TransportLayer().(type) {
		case *layers.UDP:
			return []gopacket.SerializableLayer{&layers.UDP{SrcPort: up.DstPort, DstPort: up.SrcPort}, gopacket.Payload(strings.ToUpper(string(up.Payload)))}
		case *layers.TCP:
			return []gopacket.SerializableLayer{&layers.TCP{SrcPort: up.DstPort, DstPort: up.SrcPort, RST: true, ACK: true, Ack: up.Seq + 1}}
		}
		return nil
	}}
	c := host("python3", "-c", script)
	c.Loopback, c.Self = LoopbackOutside, netip.MustParseAddr("10.1.0.99")
	var text strings.Builder
	c.Stdout, c.Stderr = &text, &text
	g, err := Start(t.Context(), c, lan.attach)
	if err != nil {
		t.Fatal(err)
	}
	status, err := g.Wait()
	const want = `(b'HELLO', ('127.0.0.1', 12000))
[Errno 111] Connection refused
[Errno 99] Cannot assign requested address
10.1.0.99
`
	if err != nil || text.String() != want {
		t.Errorf("%v, %v:\n%s\nwant\n%s", status, err, &text, want)
	}
}

// The address and the gateway may come later, and change.
func TestLoopbackFollowsTheGateway(t *testing.T) {
	c := host()
	c.Loopback, c.Addressing = LoopbackOutside, lent("", "")
	s := newSession(t, c)
	for _, step := range []struct{ addr, gateway, want string }{
		{"10.1.0.7/24", "10.1.0.1", "127.0.0.0/8 via 10.1.0.1 dev eth0 onlink"},
		{"10.1.0.7/24", "10.1.0.2", "127.0.0.0/8 via 10.1.0.2 dev eth0 onlink"},
		{"10.1.0.8/24", "10.1.0.2", "127.0.0.0/8 via 10.1.0.2 dev eth0 onlink"},
		{"", "", ""},
		{"10.1.0.7/24", "10.1.0.1", "127.0.0.0/8 via 10.1.0.1 dev eth0 onlink"},
	} {
		if err := s.g.Configure(lent(step.addr, step.gateway)); err != nil {
			t.Fatal(err)
		}
		eventually(t, step.want, func() bool { return s.do("ip -4 route show 127.0.0.0/8") == step.want })
	}
	if got := s.do("ip -4 -o addr show dev lo"); got != "" {
		t.Errorf("lo has %s", got)
	}
}

func TestNothingOfLoopbackUnasked(t *testing.T) {
	needGuests(t)
	text, _ := output(t, host("cat", "/proc/sys/net/ipv4/conf/eth0/route_localnet", "/proc/sys/net/ipv4/conf/eth0/arp_announce"))
	if text != "0\n0\n" {
		t.Errorf("got %q", text)
	}
}
