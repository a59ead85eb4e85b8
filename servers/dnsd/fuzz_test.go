package dnsd

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// FuzzServeUDP throws bytes at the server. It may be silent; what it says is a
// message, a reply, no longer than it may be, with the ID that was asked with.
func FuzzServeUDP(f *testing.F) {
	server := &Server{Role: textbook(f), Log: quiet}
	for _, query := range manyQuestions(f)[:50] {
		packet, _ := query.Pack()
		f.Add(packet)
	}
	notify, _ := new(dns.Msg).SetNotify("example.com.").Pack()
	f.Add(notify)
	ixfr, _ := new(dns.Msg).SetIxfr("example.com.", 1, "ns1.example.com.", "hostmaster.example.com.").Pack()
	f.Add(ixfr)
	f.Fuzz(func(t *testing.T, packet []byte) {
		for _, reply := range repliesTo(t, server, packet) {
			var m dns.Msg
			if err := m.Unpack(reply); err != nil {
				t.Fatalf("%v: %x", err, reply)
			}
			if !m.Response || len(reply) > server.udpSize() || reply[0] != packet[0] || reply[1] != packet[1] {
				t.Fatalf("%x is no reply to %x", reply, packet)
			}
		}
	})
}

// repliesTo takes packet the way it goes through the server's loop.
func repliesTo(t *testing.T, server *Server, packet []byte) [][]byte {
	conn := &onePacket{packet: packet}
	if err := server.servePackets(context.Background(), conn); !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	return conn.replies
}

// onePacket is a socket to which one packet comes, and then it is closed.
type onePacket struct {
	net.PacketConn
	packet  []byte
	read    bool
	replies [][]byte
}

func (c *onePacket) ReadFrom(p []byte) (int, net.Addr, error) {
	if c.read {
		return 0, nil, net.ErrClosed
	}
	c.read = true
	return copy(p, c.packet), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:9")), nil
}

func (c *onePacket) WriteTo(p []byte, _ net.Addr) (int, error) {
	c.replies = append(c.replies, append([]byte(nil), p...))
	return len(p), nil
}

func (c *onePacket) Close() error { return nil }

// FuzzParseZone: any text is a zone that can be served, or an error.
func FuzzParseZone(f *testing.F) {
	f.Add("@ SOA a b 1 2 3 4 5\n@ NS ns.example.net.\n*.a A 192.0.2.1\nb.c DNAME d\n")
	f.Add("$TTL 5\n$ORIGIN x.\n@ SOA ( a b 1 2 3 4 5 )\n NS @\n A 192.0.2.1\n\\000 TXT \"\\\"\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToUpper(text), "GENERATE") {
			return // may ask for a million records
		}
		z, err := ParseZone(strings.NewReader(text), "fuzz", "example.com")
		if err != nil {
			return
		}
		a := &Authority{Log: quiet}
		a.AddZone(z)
		for _, rr := range z.Records() {
			query := question(rr.Header().Name, rr.Header().Rrtype)
			if reply := a.Answer(t.Context(), query, netip.AddrPort{}); reply.Rcode == dns.RcodeRefused {
				t.Errorf("%v is in the zone, and is refused", rr)
			}
		}
	})
}
