package forward

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// conversations are what the fuzzer begins with.
var conversations = []string{
	ftpFromInside + `
	lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\nLIST\r\n"
	core | tcp S 1,0 203.0.113.21:20 > 198.51.100.2:50000
	core | tcp A 5000,1010 203.0.113.21:21 > 198.51.100.2:3345 "200 PORT command successful\r\n"`,
	ftpToInside + `
	lan  | tcp A 5000,1000 192.168.1.21:21 > 203.0.113.9:4000 "227 Entering Passive Mode (192,168,1,21,156,65).\r\n"
	core | tcp A 1000,5020 203.0.113.9:4000 > 198.51.100.2:2121 "LIST\r\n"`,
	`lan  | udp 192.168.1.11:3345 > 203.0.113.80:80 "hello"
	core | udp 203.0.113.80:80 > 198.51.100.2:3345
	core | exceeded 198.51.100.1 > 198.51.100.2: udp 198.51.100.2:3345 > 203.0.113.80:80
	lan  | unreachable 192.168.1.11 > 203.0.113.80: udp 203.0.113.80:80 > 192.168.1.11:3345`,
	`lan  | echo 7 192.168.1.11 > 203.0.113.80
	core | reply 7 203.0.113.80 > 198.51.100.2
	lan  | tcp S 999,0 192.168.1.11:3345 > 198.51.100.2:2121
	lan  | unreachable 192.168.1.21 > 198.51.100.2: tcp S 999,0 198.51.100.2:3345 > 192.168.1.21:21`,
}

// FuzzNAT lets a NAT pass a conversation whose packets the fuzzer has changed. The
// input is a list of packets, each after its card and its length. No panic; what
// goes out is sound, fits, and outside shows no address from inside; and the table
// is consistent.
func FuzzNAT(f *testing.F) {
	for _, c := range conversations {
		var input []byte
		for line := range strings.Lines(c) {
			if card, words, ok := strings.Cut(strings.TrimSpace(line), "|"); ok {
				b := spoken(f, words)
				input = append(input, byte(natCards[strings.TrimSpace(card)]), byte(len(b)))
				input = append(input, b...)
			}
		}
		f.Add(input)
	}
	private := netip.MustParsePrefix("192.168.0.0/16")
	f.Fuzz(func(t *testing.T, input []byte) {
		h := newHome(t, NAT{FTP: true, MaxSessions: 8, MaxPerHost: 5, Forward: []PortForward{{TCP, 2121, netip.MustParseAddrPort("192.168.1.21:21")}}})
		for len(input) >= 2 {
			card, n := int(input[0])%3, min(int(input[1]), len(input)-2)
			b := bytes.Clone(input[2 : 2+n])
			input = input[2+n:]
			mendForNAT(b)
			before := bytes.Clone(b)
			d := h.Forward(Arrival{Interface: card}, b)
			if !bytes.Equal(b, before) {
				t.Fatal("the packet that came in was changed")
			}
			checkMade(t, &h.Forwarder, d)
			fromOutside := card == natCards["core"]
			if (d.Verdict == Send || d.Verdict == Answer) && d.Out == natCards["core"] && !fromOutside {
				for _, made := range append([][]byte{d.Packet}, d.Rest...) {
					if p := ipv4(made[headroom:]); p[0]>>4 == 4 && private.Contains(p.src()) {
						t.Fatalf("%v is shown outside: %s", p.src(), fmt.Sprintf("%x", p))
					}
				}
			}
			if err := h.plane.Load().nat.table.check(); err != nil {
				t.Fatal(err)
			}
			if len(h.plane.Load().nat.table.in) > 8 {
				t.Fatal("the table has more than it may")
			}
		}
	})
}

// mendForNAT makes lengths and checksums right: the fuzzer cannot guess them.
func mendForNAT(b []byte) {
	if len(b) < ipv4HeaderMin || b[0]>>4 != 4 || ipv4(b).headerLen() < ipv4HeaderMin || ipv4(b).headerLen() > len(b) {
		return
	}
	p := ipv4(b)
	p.setLen()
	p.setChecksum()
	if q := p.payload(); p.protocol() == protocolICMP && len(q) >= icmpHeader {
		if quote, ok := p.quote(); ok && quote.headerLen() <= len(quote) {
			quote.setChecksum()
		}
		p.sealICMP()
	} else if Protocol(p.protocol()) == TCP && len(q) >= tcpHeader {
		q[tcpChecksum], q[tcpChecksum+1] = 0, 0
		sum := p.transportSum()
		q[tcpChecksum], q[tcpChecksum+1] = byte(sum>>8), byte(sum)
	}
}
