package dhcpcard

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	mine    = net.HardwareAddr{2, 0, 0, 0, 0, 5}
	servers = net.HardwareAddr{2, 0, 0, 0, 0, 67}
)

// A cable is what the card is plugged into: it keeps what was sent, and may
// answer ARP for one address.
type cable struct {
	card *Card
	has  netip.Addr // that somebody answers for

	mu   sync.Mutex
	sent []gopacket.Packet
}

func newCable() *cable {
	c := &cable{}
	c.card = New(mine, c.send, nil)
	return c
}

func (c *cable) send(frame []byte) {
	packet := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default)
	c.mu.Lock()
	c.sent = append(c.sent, packet)
	c.mu.Unlock()
	arp, ok := packet.Layer(layers.LayerTypeARP).(*layers.ARP)
	if !ok || netip.AddrFrom4([4]byte(arp.DstProtAddress)) != c.has {
		return
	}
	reply := *arp
	reply.Operation = layers.ARPReply
	reply.SourceHwAddress, reply.SourceProtAddress = servers, arp.DstProtAddress
	reply.DstHwAddress, reply.DstProtAddress = arp.SourceHwAddress, arp.SourceProtAddress
	c.card.Take(serialize(&layers.Ethernet{SrcMAC: servers, DstMAC: mine, EthernetType: layers.EthernetTypeARP}, &reply))
}

// last is the newest frame, as the kind of packet that it is.
func last[L gopacket.Layer](c *cable, kind gopacket.LayerType) (layer L, whole gopacket.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	whole = c.sent[len(c.sent)-1]
	layer, _ = whole.Layer(kind).(L)
	return layer, whole
}

func serialize(all ...gopacket.SerializableLayer) []byte {
	buffer := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, all...); err != nil {
		panic(err)
	}
	return buffer.Bytes()
}

func open(t *testing.T, c *Card) net.PacketConn {
	t.Helper()
	conn, err := c.ListenPacketOn(t.Context(), "eth0", "udp4", ":68")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// message is a BOOTP message of the client's, or a reply to one.
func message(op layers.DHCPOp, xid uint32, ciaddr string) []byte {
	return serialize(&layers.DHCPv4{
		Operation: op, HardwareType: layers.LinkTypeEthernet, HardwareLen: 6, Xid: xid, ClientHWAddr: mine,
		ClientIP: net.ParseIP(ciaddr),
		Options:  layers.DHCPOptions{layers.NewDHCPOption(layers.DHCPOptMessageType, []byte{1})},
	})
}

// frameOf carries a message from the server's port to the client's.
func frameOf(message []byte) []byte {
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: net.IPv4(192, 0, 2, 67), DstIP: net.IPv4bcast}
	udp := &layers.UDP{SrcPort: 67, DstPort: 68}
	udp.SetNetworkLayerForChecksum(ip)
	return serialize(&layers.Ethernet{SrcMAC: servers, DstMAC: broadcast, EthernetType: layers.EthernetTypeIPv4}, ip, udp, gopacket.Payload(message))
}

func to(addr string) net.Addr { return &net.UDPAddr{IP: net.ParseIP(addr), Port: 67} }

func TestBroadcastWithoutAnAddress(t *testing.T) {
	c := newCable()
	conn := open(t, c.card)
	discover := message(layers.DHCPOpRequest, 7, "0.0.0.0")
	if n, err := conn.WriteTo(discover, to("255.255.255.255")); n != len(discover) || err != nil {
		t.Fatal(n, err)
	}
	ip, packet := last[*layers.IPv4](c, layers.LayerTypeIPv4)
	eth, udp := packet.LinkLayer().(*layers.Ethernet), packet.TransportLayer().(*layers.UDP)
	if ip.SrcIP.String() != "0.0.0.0" || ip.DstIP.String() != "255.255.255.255" || udp.SrcPort != 68 || udp.DstPort != 67 {
		t.Errorf("%v", packet)
	}
	if eth.SrcMAC.String() != mine.String() || eth.DstMAC.String() != "ff:ff:ff:ff:ff:ff" {
		t.Errorf("%v", eth)
	}
	if string(udp.Payload) != string(discover) {
		t.Error("another message")
	}
	udp.SetNetworkLayerForChecksum(ip)
	if err, mismatches := packet.VerifyChecksums(); err != nil || len(mismatches) > 0 {
		t.Errorf("checksums: %v, %v", err, mismatches)
	}
}

// What is for one server goes to its Ethernet address, or to the router's.
func TestUnicastIsPrecededByARP(t *testing.T) {
	for _, test := range []struct{ server, via string }{
		{"192.0.2.67", "192.0.2.67"}, {"198.51.100.67", "192.0.2.1"},
	} {
		c := newCable()
		c.has = netip.MustParseAddr(test.via)
		conn := open(t, c.card)
		request := message(layers.DHCPOpRequest, 7, "192.0.2.200")
		if _, err := conn.WriteTo(request, to(test.server)); !errors.Is(err, syscall.ENETUNREACH) {
			t.Errorf("without an address: %v", err)
		}
		c.card.SetRoutes(netip.MustParsePrefix("192.0.2.200/24"), netip.MustParseAddr("192.0.2.1"))
		if _, err := conn.WriteTo(request, to(test.server)); err != nil {
			t.Fatal(err)
		}
		arp := c.sent[0].Layer(layers.LayerTypeARP).(*layers.ARP)
		if net.IP(arp.SourceProtAddress).String() != "192.0.2.200" || net.IP(arp.DstProtAddress).String() != test.via || arp.Operation != layers.ARPRequest {
			t.Errorf("%v", arp)
		}
		ip, packet := last[*layers.IPv4](c, layers.LayerTypeIPv4)
		if ip == nil || ip.SrcIP.String() != "192.0.2.200" || ip.DstIP.String() != test.server ||
			packet.LinkLayer().(*layers.Ethernet).DstMAC.String() != servers.String() {
			t.Errorf("%v", packet)
		}
	}
}

func TestNobodyAnswersARP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCable()
		c.card.SetRoutes(netip.MustParsePrefix("192.0.2.200/24"), netip.Addr{})
		conn := open(t, c.card)
		began := time.Now()
		_, err := conn.WriteTo(message(layers.DHCPOpRequest, 7, "192.0.2.200"), to("192.0.2.67"))
		if !errors.Is(err, syscall.EHOSTUNREACH) || time.Since(began) != patience {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if len(c.sent) != 1 {
			t.Errorf("%d frames", len(c.sent))
		}
	})
}

// Only what answers the client's last message is kept from the host.
func TestTake(t *testing.T) {
	c := newCable()
	conn := open(t, c.card)
	mineIsSeven := message(layers.DHCPOpReply, 7, "0.0.0.0")
	if c.card.Take(frameOf(mineIsSeven)) {
		t.Error("taken before anything was asked")
	}
	conn.WriteTo(message(layers.DHCPOpRequest, 7, "0.0.0.0"), to("255.255.255.255"))
	others := message(layers.DHCPOpReply, 7, "0.0.0.0")
	others[offsetCHAddr]++
	corrupt := frameOf(mineIsSeven)
	corrupt[100]++
	for name, frame := range map[string][]byte{
		"another exchange":   frameOf(message(layers.DHCPOpReply, 8, "0.0.0.0")),
		"a request":          frameOf(message(layers.DHCPOpRequest, 7, "0.0.0.0")),
		"another's":          frameOf(others),
		"corrupt":            corrupt,
		"cut":                frameOf(mineIsSeven)[:80],
		"short":              frameOf(mineIsSeven[:leastMessage-1]),
		"empty":              {},
		"another port":       udpFrame(servers, mine, netip.MustParseAddrPort("192.0.2.67:67"), netip.MustParseAddrPort("192.0.2.200:69"), mineIsSeven),
		"another's protocol": arpRequest(servers, netip.MustParseAddr("192.0.2.67"), netip.MustParseAddr("192.0.2.200")),
	} {
		if c.card.Take(frame) {
			t.Errorf("%s: taken", name)
		}
	}
	if !c.card.Take(frameOf(mineIsSeven)) {
		t.Fatal("the answer was not taken")
	}
	b := make([]byte, 4096)
	n, from, err := conn.ReadFrom(b)
	if err != nil || string(b[:n]) != string(mineIsSeven) || from.String() != "192.0.2.67:67" {
		t.Errorf("%d bytes from %v, %v", n, from, err)
	}
	for range 2 * queue {
		c.card.Take(frameOf(mineIsSeven)) // nobody reads
	}
	conn.Close()
	if c.card.Take(frameOf(mineIsSeven)) {
		t.Error("taken for a closed socket")
	}
}

func TestReadDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := open(t, newCable().card)
		began := time.Now()
		conn.SetReadDeadline(began.Add(time.Hour))
		time.AfterFunc(time.Minute, func() { conn.SetReadDeadline(began.Add(2 * time.Minute)) })
		if _, _, err := conn.ReadFrom(nil); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != 2*time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if _, _, err := conn.ReadFrom(nil); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after the deadline: %v", err)
		}
		conn.SetDeadline(time.Time{})
		time.AfterFunc(time.Minute, func() { conn.Close() })
		if _, _, err := conn.ReadFrom(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed while waiting: %v", err)
		}
		if _, err := conn.WriteTo(message(layers.DHCPOpRequest, 7, "0.0.0.0"), to("255.255.255.255")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	})
}

func TestOneSocketAtATime(t *testing.T) {
	c := newCable().card
	conn := open(t, c)
	if _, err := c.ListenPacketOn(t.Context(), "eth0", "udp4", ":68"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second one: %v", err)
	}
	conn.Close()
	open(t, c)
}

func TestWhatACardCannot(t *testing.T) {
	c := newCable().card
	ctx := context.Background()
	for name, try := range map[string]func() error{
		"tcp":      func() error { _, err := c.Listen(ctx, "tcp", ":80"); return err },
		"dial":     func() error { _, err := c.DialContext(ctx, "tcp", "192.0.2.1:80"); return err },
		"any card": func() error { _, err := c.ListenPacket(ctx, "udp", ":68"); return err },
		"udp6":     func() error { _, err := c.ListenPacketOn(ctx, "eth0", "udp6", ":546"); return err },
		"no port":  func() error { _, err := c.ListenPacketOn(ctx, "eth0", "udp4", "dhcp"); return err },
		"too long": func() error {
			_, err := open(t, c).WriteTo(make([]byte, maxMessage+1), to("255.255.255.255"))
			return err
		},
	} {
		if err := try(); err == nil || strings.Contains(err.Error(), "nil") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func FuzzTake(f *testing.F) {
	f.Add(frameOf(message(layers.DHCPOpReply, 7, "0.0.0.0")))
	f.Add(arpRequest(servers, netip.MustParseAddr("192.0.2.67"), netip.MustParseAddr("192.0.2.200")))
	f.Fuzz(func(t *testing.T, frame []byte) {
		c := newCable()
		conn := open(t, c.card)
		conn.WriteTo(message(layers.DHCPOpRequest, 7, "0.0.0.0"), to("255.255.255.255"))
		c.card.setAsking(&asking{addr: netip.MustParseAddr("192.0.2.67"), is: make(chan net.HardwareAddr, 1)})
		if !c.card.Take(frame) {
			return
		}
		if n, _, err := conn.ReadFrom(make([]byte, 1<<16)); n < leastMessage || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
}
