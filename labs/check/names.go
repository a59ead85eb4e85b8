package check

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// names is the DNS of a case. Every name exists, since a program may have any
// in its source, and gets an address of its own when it is first asked for;
// but not those below .invalid (RFC 6761 §6.4), those that no host can have, nor
// those that the case denies.
type names struct {
	mu     sync.Mutex
	addrs  map[string]netip.Addr
	names  map[netip.Addr]string
	denied map[string]bool
	sought bool // a name that is denied was asked for
	next   netip.Addr
	divert func(*Datagram) bool // the case's own: takes a question, or leaves it
}

func newNames() *names {
	return &names{addrs: make(map[string]netip.Addr), names: make(map[netip.Addr]string), denied: make(map[string]bool), next: firstNameAddr}
}

// address is that of a name, and false if it does not exist.
func (n *names) address(name string) (netip.Addr, bool) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case name == studentName:
		return studentAddr, true
	case name == "localhost":
		return peerAtLoopback, true
	case n.denied[name]:
		n.sought = true
		return netip.Addr{}, false
	case name == "invalid" || strings.HasSuffix(name, ".invalid") || !isHostName(name):
		return netip.Addr{}, false
	}
	if a, ok := n.addrs[name]; ok {
		return a, true
	}
	a := n.next
	n.next = a.Next()
	n.addrs[name], n.names[a] = a, name
	return a, true
}

// isHostName is RFC 1123 §2.1, and underscores, which many use.
func isHostName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") == "" && !strings.Contains(name, "..")
}

func (n *names) deny(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.denied[strings.ToLower(name)] = true
}

func (n *names) nameOf(a netip.Addr) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.names[a]
}

// lookup is what the tester's own host asks.
func (n *names) lookup(_ context.Context, name string) ([]netip.Addr, error) {
	if a, ok := n.address(name); ok {
		return []netip.Addr{a}, nil
	}
	return nil, fmt.Errorf("no such host: %s", name)
}

// serve answers questions until the socket is closed.
func (n *names) serve(socket net.PacketConn, s *stranger) {
	buffer := make([]byte, 4096)
	for {
		size, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		if n.diverted(&Datagram{
			Data: append([]byte(nil), buffer[:size]...), From: addrPort(from), To: netip.AddrPortFrom(resolverAddr, 53), Time: time.Now(), socket: socket,
		}) {
			continue
		}
		var question dns.Msg
		if question.Unpack(buffer[:size]) != nil || len(question.Question) != 1 {
			continue
		}
		reply, err := n.answer(&question, s).Pack()
		if err == nil {
			_, _ = socket.WriteTo(reply, from)
		}
	}
}

func (n *names) diverted(g *Datagram) bool {
	n.mu.Lock()
	divert := n.divert
	n.mu.Unlock()
	return divert != nil && divert(g)
}

// TakeQuestions has what the program asks the resolver of its /etc/resolv.conf
// come here, too, if mine says so: for exercises in which it asks by hand. The
// system's own questions, for a name that the program connects to, look no
// other; what is not mine is answered as always. Call it before Start.
func (d *Datagrams) TakeQuestions(mine func(question []byte) bool) {
	n := d.t.lan.names
	n.mu.Lock()
	defer n.mu.Unlock()
	n.divert = func(g *Datagram) bool {
		if !mine(g.Data) {
			return false
		}
		select {
		case d.incoming <- g:
		default: // as in pump
		}
		return true
	}
}

// FromLibrary reports whether a DNS query was made by the system's library, or by
// Go's, and not by the program's own hand: in exercises on DNS the library is told
// to add EDNS (RFC 6891) to what it asks, which exercises do not ask for. Its last
// bytes say how large an answer may be, and each library says it in its own way.
func FromLibrary(query []byte) bool {
	const glibc, others = 1200, 1232
	if len(query) < 12+11 || binary.BigEndian.Uint16(query[10:]) != 1 {
		return false
	}
	opt := query[len(query)-11:]
	size := binary.BigEndian.Uint16(opt[3:])
	return opt[0] == 0 && binary.BigEndian.Uint16(opt[1:]) == dns.TypeOPT && (size == glibc || size == others)
}

func (n *names) answer(question *dns.Msg, s *stranger) *dns.Msg {
	reply := new(dns.Msg).SetReply(question)
	reply.RecursionAvailable = true
	q := question.Question[0]
	if strings.HasSuffix(strings.ToLower(q.Name), ".arpa.") {
		reply.Rcode = dns.RcodeNameError
		return reply
	}
	addr, ok := n.address(q.Name)
	if !ok {
		reply.Rcode = dns.RcodeNameError
		return reply
	}
	if q.Qtype == dns.TypeA {
		s.mu.Lock()
		if !s.closed {
			s.be(addr)
		}
		s.mu.Unlock()
		reply.Answer = []dns.RR{&dns.A{
			Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60},
			A:   addr.AsSlice(),
		}}
	}
	return reply
}
