package wire

import (
	"net/netip"

	"github.com/wirebook/wirebook/wire/dhcp"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/dns"
	"github.com/wirebook/wirebook/wire/ftp"
	"github.com/wirebook/wirebook/wire/http"
	"github.com/wirebook/wirebook/wire/imap"
	"github.com/wirebook/wirebook/wire/pop3"
	"github.com/wirebook/wirebook/wire/smtp"
	"github.com/wirebook/wirebook/wire/tftp"
	"github.com/wirebook/wirebook/wire/tls"
)

// Protocols are those that are dissected unless Options say otherwise.
func Protocols() []dissect.Protocol {
	return []dissect.Protocol{
		http.Protocol, dns.Protocol, dhcp.Protocol, tftp.Protocol, ftp.Protocol, smtp.Protocol, pop3.Protocol, imap.Protocol,
		tls.Protocol,
	}
}

// registry finds the dissector of a conversation: one that was announced, or
// that of its port, or one that knows its first bytes.
type registry struct {
	udp, tcp map[uint16]*dissector
	sniffing []*dissector
	expected dissect.Recent[place, dissect.Expectation]
}

type dissector struct {
	name     string
	sniff    func(bool, []byte) dissect.Guess
	datagram dissect.DatagramDissector
	stream   dissect.StreamDissector
}

// place is where a conversation is expected.
type place struct {
	tcp  bool
	addr netip.AddrPort
}

func (r *registry) fill(protocols []dissect.Protocol) {
	r.udp, r.tcp = make(map[uint16]*dissector), make(map[uint16]*dissector)
	for _, p := range protocols {
		d := newDissector(p.Name, p.New())
		d.sniff = p.Sniff
		for _, port := range p.UDP {
			r.udp[port] = d
		}
		for _, port := range p.TCP {
			r.tcp[port] = d
		}
		if d.sniff != nil {
			r.sniffing = append(r.sniffing, d)
		}
	}
}

func newDissector(name string, of any) *dissector {
	d := &dissector{name: name}
	d.datagram, _ = of.(dissect.DatagramDissector)
	d.stream, _ = of.(dissect.StreamDissector)
	return d
}

// listens reports whether a server of a known protocol is likely on that port.
func (r *registry) listens(port uint16) bool {
	return r.tcp[port] != nil || port < 1024
}

func (r *registry) expect(e dissect.Expectation) {
	r.expected.Put(place{e.TCP, e.Addr}, e)
}

// announced takes the expectation that fits one of the ends.
func (r *registry) announced(tcp bool, ends ...netip.AddrPort) *dissector {
	for _, end := range ends {
		at := place{tcp, end}
		if e, ok := r.expected.Get(at); ok {
			if !e.Every {
				r.expected.Delete(at)
			}
			return newDissector(e.Name, e.Dissector)
		}
	}
	return nil
}

func (r *registry) forUDP(from, to netip.AddrPort) *dissector {
	if d := r.announced(false, to, from); d != nil {
		return d
	}
	if d := r.udp[to.Port()]; d != nil {
		return d
	}
	return r.udp[from.Port()]
}

func (r *registry) forTCP(server netip.AddrPort) *dissector {
	if d := r.announced(true, server); d != nil {
		return d
	}
	return r.tcp[server.Port()]
}

// guess asks those that can tell by the first bytes; sure is false when more
// bytes may tell.
func (r *registry) guess(fromClient bool, start []byte) (d *dissector, sure bool) {
	sure = true
	for _, d := range r.sniffing {
		switch d.sniff(fromClient, start) {
		case dissect.Yes:
			return d, true
		case dissect.Perhaps:
			sure = false
		}
	}
	return nil, sure
}
