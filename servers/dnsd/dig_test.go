package dnsd

import (
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internal/peer"
)

// TestDig lets the program that everybody asks with ask.
func TestDig(t *testing.T) {
	dig := peer.Path(t, "dig", "bind9-dnsutils")
	authority := textbook(t)
	addr := serve(t, &Server{Role: authority, Version: "textbook"})
	refusing := serve(t, &Server{Role: func() Role { a := textbook(t); a.AllowTransfer = nil; return a }()})
	records := len(authority.Zone("example.com").Records()) + 1
	for _, c := range []struct {
		ask  string
		at   netip.AddrPort
		want []string // each is in the output
		not  string   // and this is not
	}{
		{"web.example.com", addr, []string{"status: NOERROR", "flags: qr aa rd;", "192.0.2.80", "192.0.2.81", "udp: 1232"}, "WARNING: recursion available"},
		{"+noedns web.example.com", addr, []string{"ANSWER: 2", "ADDITIONAL: 0"}, "OPT"},
		{"+norecurse +cdflag web.example.com", addr, []string{"flags: qr aa cd;"}, ""},
		{"+tcp ftp.example.com", addr, []string{"(TCP)", "ANSWER: 4"}, ""},
		{"+tcp +keepopen -q mail.example.com -t A -q example.com -t MX", addr, []string{"192.0.2.25", "10 mail.example.com."}, ""},
		{"big.example.com TXT", addr, []string{"Truncated, retrying in TCP mode", "ANSWER: 7"}, ""},
		{"+ignore big.example.com TXT", addr, []string{"flags: qr aa tc rd;", "ANSWER: 0"}, ""},
		{"+ignore +bufsize=4096 big.example.com TXT", addr, []string{"flags: qr aa tc rd;"}, ""},
		{"+dnssec +bufsize=4096 web.example.com", addr, []string{"flags: do; udp: 1232"}, ""},
		{"+edns=3 +noednsnegotiation web.example.com", addr, []string{"BADVERS"}, ""},
		{"+ednsopt=100:00ff +subnet=192.0.2.0/24 web.example.com", addr, []string{"NOERROR", "ANSWER: 2"}, ""},
		{"+opcode=2 web.example.com", addr, []string{"NOTIMP"}, ""},
		{"+header-only", addr, []string{"FORMERR"}, ""},
		{"+notcp example.com ANY", addr, []string{"ANSWER: 3", "ns1.example.com."}, ""},
		{"www.dept.example.com", addr, []string{"flags: qr rd;", "AUTHORITY: 2", "ns1.dept.example.com.	3600	IN	A"}, ""},
		{"-x 192.0.2.80", addr, []string{"web.example.com."}, ""},
		{"chaos txt version.bind", addr, []string{`"textbook"`}, ""},
		{"example.net", addr, []string{"REFUSED"}, ""},
		{"-q wEb.exAMPLE.com", addr, []string{"wEb.exAMPLE.com.	300"}, ""},
		{"example.com AXFR", addr, []string{fmt.Sprintf("XFR size: %d records", records)}, "failed"},
		{"example.com IXFR=1", addr, []string{fmt.Sprintf("XFR size: %d records", records)}, "failed"},
		{"example.com IXFR=2026112101", addr, []string{"XFR size: 1 records"}, "failed"},
		{"+notcp +noall +comments +answer example.com IXFR=1", addr, []string{"2026112101"}, "192.0.2.80"},
		{"example.com AXFR", refusing, []string{"Transfer failed."}, "192.0.2.80"},
		{"web.example.com AXFR", addr, []string{"Transfer failed."}, "192.0.2.80"},
	} {
		t.Run(c.ask, func(t *testing.T) {
			args := append([]string{"+tries=3", "+time=5", "@" + c.at.Addr().String(), "-p", fmt.Sprint(c.at.Port())}, strings.Fields(c.ask)...)
			out, err := exec.Command(dig, args...).CombinedOutput()
			if err != nil && !strings.Contains(string(out), "failed") {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("dig does not say %q:\n%s", want, out)
				}
			}
			if c.not != "" && strings.Contains(string(out), c.not) {
				t.Errorf("dig says %q:\n%s", c.not, out)
			}
		})
	}
}
