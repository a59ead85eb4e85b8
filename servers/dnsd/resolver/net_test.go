package resolver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// fakeNet is an Internet of DNS servers in memory: whatever is sent to an
// address is given to the handler that lives there, which says what comes
// back. It writes down what was said.
type fakeNet struct {
	t     testing.TB
	delay time.Duration // of a reply

	mu         sync.Mutex
	hosts      map[string]handler
	transcript strings.Builder
	asked      map[string]int // queries, by address
}

// handler returns the packets that come back for a query, none for silence.
type handler func(query *dns.Msg, network string) [][]byte

func newFakeNet(t testing.TB) *fakeNet {
	return &fakeNet{t: t, hosts: map[string]handler{}, asked: map[string]int{}, delay: 10 * time.Millisecond}
}

func (n *fakeNet) Listen(context.Context, string, string) (net.Listener, error) {
	return nil, errors.ErrUnsupported
}

func (n *fakeNet) ListenPacket(context.Context, string, string) (net.PacketConn, error) {
	return nil, errors.ErrUnsupported
}

func (n *fakeNet) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	addr := netip.MustParseAddrPort(address)
	if addr.Port() != 53 {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	name := addr.Addr().String()
	n.mu.Lock()
	host := n.hosts[name]
	n.mu.Unlock()
	if host == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ENETUNREACH}
	}
	if network == "udp" {
		return &datagrams{inbox: make(chan []byte, 64), closed: make(chan struct{}), n: n, name: name, host: host}, nil
	}
	client, server := net.Pipe()
	go n.serveTCP(name, host, server)
	return client, nil
}

// datagrams is a connected UDP socket.
type datagrams struct {
	net.Conn // none: the resolver needs no more than the methods below
	inbox    chan []byte
	once     sync.Once
	closed   chan struct{}

	n    *fakeNet
	name string
	host handler
}

func (d *datagrams) Write(packet []byte) (int, error) {
	replies := d.n.ask(d.name, "udp", d.host, packet)
	time.AfterFunc(d.n.delay, func() {
		for _, reply := range replies {
			d.inbox <- reply
		}
	})
	return len(packet), nil
}

func (d *datagrams) Read(buf []byte) (int, error) {
	select {
	case packet := <-d.inbox:
		return copy(buf, packet), nil
	case <-d.closed:
		return 0, net.ErrClosed
	}
}

func (d *datagrams) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

func (n *fakeNet) serveTCP(name string, host handler, conn net.Conn) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		packet := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, packet); err != nil {
			return
		}
		for _, reply := range n.ask(name, "tcp", host, packet) {
			time.Sleep(n.delay)
			conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
		}
	}
}

// ask hands one query to its host, and writes both down.
func (n *fakeNet) ask(name, network string, host handler, packet []byte) [][]byte {
	query := new(dns.Msg)
	if err := query.Unpack(packet); err != nil {
		n.t.Errorf("a query that cannot be read: %v", err)
		return nil
	}
	replies := host(query, network)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked[name]++
	q := query.Question[0]
	edns := ""
	if query.IsEdns0() == nil {
		edns = " (no EDNS)"
	}
	fmt.Fprintf(&n.transcript, "C: %s %s: %s %s%s\n", name, network, q.Name, dns.Type(q.Qtype), edns)
	for _, reply := range replies {
		n.transcript.WriteString("S: " + summary(reply) + "\n")
	}
	if len(replies) == 0 {
		n.transcript.WriteString("S: (silence)\n")
	}
	return replies
}

// summary is a reply in one line.
func summary(packet []byte) string {
	m := new(dns.Msg)
	if err := m.Unpack(packet); err != nil {
		return fmt.Sprintf("(%d bytes that are no message)", len(packet))
	}
	parts := []string{dns.RcodeToString[m.Rcode]}
	if m.Authoritative {
		parts[0] += " aa"
	}
	if m.Truncated {
		parts[0] += " tc"
	}
	for _, section := range []struct {
		name string
		rrs  []dns.RR
	}{{"answer", m.Answer}, {"authority", m.Ns}, {"additional", m.Extra}} {
		var texts []string
		for _, rr := range section.rrs {
			if rr.Header().Rrtype == dns.TypeOPT {
				continue
			}
			fields := strings.Fields(rr.String())
			texts = append(texts, strings.Join(append(fields[:1], fields[3:]...), " "))
		}
		if len(texts) > 4 {
			texts = append(texts[:3], fmt.Sprintf("… %d in all", len(texts)))
		}
		if len(texts) > 0 {
			parts = append(parts, section.name+" "+strings.Join(texts, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// take returns the transcript since the last take.
func (n *fakeNet) take() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	text := n.transcript.String()
	n.transcript.Reset()
	return text
}

func (n *fakeNet) count(name string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[name]
}

func (n *fakeNet) all() (sum int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, count := range n.asked {
		sum += count
	}
	return sum
}

// pack packs msg as one packet.
func pack(t testing.TB, msg *dns.Msg) []byte {
	t.Helper()
	packet, err := msg.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func silence(*dns.Msg, string) [][]byte { return nil }

// always answers every query with the same response code.
func always(t testing.TB, rcode int) handler {
	return func(query *dns.Msg, _ string) [][]byte {
		return [][]byte{pack(t, new(dns.Msg).SetRcode(query, rcode))}
	}
}

// serving is an authoritative server of the zones in text, each beginning with
// its SOA record. It is the plain algorithm of RFC 1034 §4.3.2.
func serving(t testing.TB, text string) handler {
	t.Helper()
	var zones []*testZone
	records := dns.NewZoneParser(strings.NewReader("$TTL 300\n"+text), ".", "")
	for rr, ok := records.Next(); ok; rr, ok = records.Next() {
		if soa, ok := rr.(*dns.SOA); ok {
			zones = append(zones, &testZone{soa: soa})
		}
		zone := zones[len(zones)-1]
		zone.rrs = append(zone.rrs, rr)
	}
	if err := records.Err(); err != nil {
		t.Fatal(err)
	}
	return func(query *dns.Msg, _ string) [][]byte {
		reply := new(dns.Msg).SetReply(query)
		if query.IsEdns0() != nil {
			reply.SetEdns0(1232, false)
		}
		var best *testZone
		for _, z := range zones {
			deeper := best == nil || len(z.soa.Hdr.Name) > len(best.soa.Hdr.Name)
			if deeper && dns.IsSubDomain(z.soa.Hdr.Name, query.Question[0].Name) {
				best = z
			}
		}
		if best == nil {
			reply.Rcode = dns.RcodeRefused
		} else {
			best.answer(reply, query.Question[0].Name)
		}
		return [][]byte{pack(t, reply)}
	}
}

type testZone struct {
	soa *dns.SOA
	rrs []dns.RR
}

func (z *testZone) answer(reply *dns.Msg, name string) {
	qtype := reply.Question[0].Qtype
	for _, rr := range z.rrs {
		owner := rr.Header().Name
		cut := rr.Header().Rrtype == dns.TypeNS && !strings.EqualFold(owner, z.soa.Hdr.Name)
		if cut && dns.IsSubDomain(owner, name) && (qtype != dns.TypeDS || !strings.EqualFold(owner, name)) {
			reply.Ns = append(reply.Ns, rr)
			reply.Extra = append(reply.Extra, z.find(rr.(*dns.NS).Ns, dns.TypeA)...)
			reply.Extra = append(reply.Extra, z.find(rr.(*dns.NS).Ns, dns.TypeAAAA)...)
		}
	}
	if len(reply.Ns) > 0 {
		return
	}
	reply.Authoritative = true
	reply.Answer = append(reply.Answer, z.find(name, qtype)...)
	if len(z.find(name, qtype)) > 0 {
		return
	}
	if alias := z.find(name, dns.TypeCNAME); len(alias) > 0 {
		reply.Answer = append(reply.Answer, alias[0])
		target := alias[0].(*dns.CNAME).Target
		if dns.IsSubDomain(z.soa.Hdr.Name, target) && len(reply.Answer) < 20 {
			z.answer(reply, target)
		}
		return
	}
	reply.Ns = []dns.RR{z.soa}
	for _, rr := range z.rrs {
		if dns.IsSubDomain(name, rr.Header().Name) {
			return
		}
	}
	reply.Rcode = dns.RcodeNameError
}

func (z *testZone) find(name string, qtype uint16) []dns.RR {
	var found []dns.RR
	for _, rr := range z.rrs {
		if rr.Header().Rrtype == qtype && strings.EqualFold(rr.Header().Name, name) {
			found = append(found, rr)
		}
	}
	return found
}
