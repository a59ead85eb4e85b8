package dhcpclient

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/wire/packet"
)

// discover judges the first message.
func discover(t *check.T) { plug(t).discover() }

// request judges the answer to an offer.
func request(t *check.T) {
	l, s := plug(t), newLease(t)
	m := l.discover()
	l.offer(s, m)
	l.requested(s, m)
}

// bound brings the program to its lease, and waits until it names the address.
func (l *link) bound(s lease) {
	m := l.discover()
	l.offer(s, m)
	l.takes(s, l.requested(s, m))
}

// takes acknowledges, and waits until the program names its address.
func (l *link) takes(s lease, m *message) {
	before := len(l.p.Output())
	l.ack(s, m)
	l.named(s)
	l.p.Rest(200e6)
	if said := l.p.Output()[before:]; !says(said, s.address) && says(said, netip.IPv4Unspecified()) {
		l.t.Wrong(check.Mistake{
			Name: "no-yiaddr", Datagram: l.last.datagram, Expected: s.address.String(), Actual: tail(said), RFC: "RFC 2131 §2", Book: "§4.3.2",
		})
	}
}

func (l *link) named(s lease) {
	end := l.p.Prints(func(output string) bool { return says(output, s.address) })
	wrong := check.Mistake{
		Name: "address-not-printed", Datagram: l.last.datagram, Expected: s.address.String(), Actual: tail(l.p.Output()), RFC: "RFC 2131 §3.1", Book: "§4.3.2",
	}
	if end == check.Exited && !l.p.Crashed() {
		l.t.Wrong(wrong)
	}
	l.t.Await(end, wrong)
}

// address judges that the program has got its address.
func address(t *check.T) {
	l := plug(t)
	l.bound(newLease(t))
	l.p.Rest(200e6)
	if l.p.Crashed() {
		t.Await(check.Exited, check.Mistake{Name: "address-not-printed", Datagram: l.last.datagram})
	}
}

// configuration judges that the rest of the lease is printed, too.
func configuration(t *check.T) {
	l, s := plug(t), newLease(t)
	l.bound(s)
	minutes := fmt.Sprint(s.seconds / 60)
	for _, part := range []struct {
		name string
		here func(output string) bool
		want string
	}{
		{"mask", func(o string) bool {
			return says(o, netip.AddrFrom4([4]byte{255, 255, 255, 0})) || strings.Contains(o, "/24")
		}, "255.255.255.0"},
		{"router", func(o string) bool { return says(o, s.router) }, s.router.String()},
		{"dns", func(o string) bool { return says(o, s.resolver) }, s.resolver.String()},
		{"lease", func(o string) bool {
			return strings.Contains(strings.ReplaceAll(o, ",", ""), fmt.Sprint(s.seconds)) || strings.Contains(o, minutes) || clock.MatchString(o)
		}, fmt.Sprint(s.seconds) + " s"},
	} {
		if l.p.Prints(part.here) != check.Done {
			t.Wrong(check.Mistake{
				Name: "no-" + part.name, Datagram: l.last.datagram, Expected: part.want, Actual: tail(l.p.Output()), RFC: "RFC 2132 §3", Book: "§4.3.2",
			})
		}
	}
}

// clock is a time of day, or a time as hours and minutes.
var clock = regexp.MustCompile(`\d+:\d\d:\d\d|\d+ ?h`)

// twoServers has two servers offer.
func twoServers(t *check.T) {
	l := plug(t)
	one, two := newLease(t), newLease(t)
	for two.server == one.server || two.address == one.address {
		two = newLease(t)
	}
	m := l.discover()
	l.offer(one, m)
	l.offer(two, m)
	r := l.receive(check.Mistake{Name: "no-request", Expected: "DHCPREQUEST", RFC: "RFC 2131 §3.1"})
	chosen := one
	if server, _ := netip.AddrFromSlice(r.ServerIdentifier().To4()); server == two.server {
		chosen = two
	}
	l.judgeRequest(chosen, m, r)
	l.takes(chosen, r)
}

// otherXID has an offer for another host come first.
func otherXID(t *check.T) {
	l, s := plug(t), newLease(t)
	other := newLease(t)
	for other.address == s.address {
		other = newLease(t)
	}
	m := l.discover()
	foreign := other.reply(m, other.options(dhcpv4.MessageTypeOffer))
	binary.BigEndian.PutUint32(foreign[xidAt:], binary.BigEndian.Uint32(foreign[xidAt:])^0x01020304)
	foreign[macAt+5] ^= 0x11
	l.send(other, foreign)
	l.offer(s, m)
	r := l.receive(check.Mistake{Name: "no-request", Expected: "DHCPREQUEST", RFC: "RFC 2131 §4.4.1"})
	if asked, _ := netip.AddrFromSlice(r.RequestedIPAddress().To4()); asked == other.address {
		t.Wrong(check.Mistake{
			Name: "other-xid", Datagram: r.datagram, Offset: r.option(50), Length: 6, Expected: s.address.String(), Actual: asked.String(),
			RFC: "RFC 2131 §4.4.1", Book: "§4.3.2",
		})
	}
	if !r.begins() {
		l.judgeRequest(s, m, r)
	}
}

// options puts the options into another order, with some that the program has not
// asked for, and padding between them.
func options(t *check.T) {
	l, s := plug(t), newLease(t)
	m := l.discover()
	shuffled := func(kind dhcpv4.MessageType) []option {
		all := append(s.options(kind), option{28, s.router.AsSlice()}, option{15, []byte(t.Word() + ".example.com")}, option{42, s.resolver.AsSlice()}, option{})
		t.Rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if all[0].code == 53 {
			all[0], all[1] = all[1], all[0]
		}
		return all
	}
	l.send(s, s.reply(m, shuffled(dhcpv4.MessageTypeOffer)))
	wrong := check.Mistake{Name: "option-order", Datagram: m.datagram, Crash: true, RFC: "RFC 2132 §2", Book: "§4.3.2"}
	p, end := l.d.Receive()
	if end != check.Done && !l.p.Crashed() && says(l.p.Output(), s.address) { // it has found its way about
		wrong.Name, wrong.Expected, wrong.RFC = "no-request", "DHCPREQUEST", "RFC 2131 §3.1"
	}
	if end == check.Exited && !l.p.Crashed() {
		t.Wrong(wrong)
	}
	t.Await(end, wrong)
	r := l.read(p)
	server, _ := netip.AddrFromSlice(r.ServerIdentifier().To4())
	if r.begins() || server.IsValid() && server != s.server {
		wrong.Datagram, wrong.Offset, wrong.Expected, wrong.Actual = r.datagram, r.option(54), s.server.String(), server.String()
		t.Wrong(wrong)
	}
	l.judgeRequest(s, m, r)
	l.send(s, s.reply(r, shuffled(dhcpv4.MessageTypeAck)))
	l.named(s)
}

// broadcastFlag has the server do as the flag says: without it, the offer goes to
// the address that the host does not have yet.
func broadcastFlag(t *check.T) {
	l, s := plug(t), newLease(t)
	m := l.discover()
	if m.IsBroadcast() {
		return // as in all other cases
	}
	reply := s.reply(m, s.options(dhcpv4.MessageTypeOffer))
	l.d.Send(check.IPv4(packet.UDP, s.server, s.address, 64, check.UDP(serverPort, clientPort, reply)))
	p, end := l.d.Receive()
	wrong := check.Mistake{
		Name: "no-broadcast-flag", Datagram: m.datagram, Offset: 10, Length: 2, Expected: "8000", Actual: fmt.Sprintf("%04x", m.Flags), RFC: "RFC 2131 §4.1", Book: "§4.3.2",
	}
	if end == check.Exited && !l.p.Crashed() {
		t.Wrong(wrong)
	}
	t.Await(end, wrong)
	if r := l.read(p); r.MessageType() == dhcpv4.MessageTypeDiscover {
		t.Wrong(wrong)
	}
}

var saysRefused = regexp.MustCompile(`nak|nack|refus|reject|denied|declin|fail|error|again|restart|retry|拒绝|失败|否认|重新|错误`)

// nak has the server take its offer back.
func nak(t *check.T) {
	l, s := plug(t), newLease(t)
	m := l.discover()
	l.offer(s, m)
	r := l.requested(s, m)
	no := s.reply(r, []option{{53, []byte{byte(dhcpv4.MessageTypeNak)}}, {54, s.server.AsSlice()}})
	copy(no[16:20], []byte{0, 0, 0, 0})
	l.send(s, no)
	wrong := check.Mistake{Name: "ignores-nak", Datagram: r.datagram, Crash: true, Expected: "DHCPDISCOVER", RFC: "RFC 2131 §3.1", Book: "§4.3.2"}
	for {
		p, end := l.d.Receive()
		if end != check.Done {
			if saysRefused.MatchString(strings.ToLower(l.p.Output())) && !l.p.Crashed() {
				return // it has said so, and leaves it at that
			}
			if end == check.Exited && !l.p.Crashed() {
				wrong.Actual = tail(l.p.Output())
				t.Wrong(wrong)
			}
			t.Await(end, wrong)
		}
		if l.read(p).MessageType() == dhcpv4.MessageTypeDiscover {
			return
		}
	}
}

// lostOffer does not answer the first DISCOVER.
func lostOffer(t *check.T) {
	l, s := plug(t), newLease(t)
	l.discover()
	m := l.receive(check.Mistake{Name: "no-retransmission", Expected: "DHCPDISCOVER", RFC: "RFC 2131 §4.1"})
	if m.MessageType() != dhcpv4.MessageTypeDiscover {
		t.Wrong(check.Mistake{Name: "not-discover", Datagram: m.datagram, Offset: m.option(53), Length: 3, Expected: "DHCPDISCOVER (1)", Actual: m.MessageType().String(), RFC: "RFC 2131 §3.1", Book: "§4.3.2"})
	}
	l.offer(s, m)
	l.takes(s, l.requested(s, m))
}

// lostAck does not answer the first REQUEST. The program may send it again, or
// begin anew.
func lostAck(t *check.T) {
	l, s := plug(t), newLease(t)
	m := l.discover()
	l.offer(s, m)
	l.requested(s, m)
	r := l.receive(check.Mistake{Name: "no-retransmission", Expected: "DHCPREQUEST", RFC: "RFC 2131 §4.1"})
	if r.MessageType() == dhcpv4.MessageTypeDiscover {
		l.offer(s, r)
		r = l.requested(s, r)
	}
	l.takes(s, r)
}
