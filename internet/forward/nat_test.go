package forward

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func TestNAT(t *testing.T) {
	forwards := []PortForward{
		{TCP, 2121, netip.MustParseAddrPort("192.168.1.21:21")},
		{TCP, 8080, netip.MustParseAddrPort("192.168.1.80:80")},
		{UDP, 5353, netip.MustParseAddrPort("192.168.2.53:53")},
	}
	for _, test := range []struct{ rule, transcript string }{
		{"the book's table: there, and back", `
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:80 "hello"
			  -> core | udp 198.51.100.2:3345 > 203.0.113.80:80 "hello"
			core | udp 203.0.113.80:80 > 198.51.100.2:3345 "hi"
			  -> lan | udp 203.0.113.80:80 > 192.168.1.11:3345 "hi"`},
		{"RFC 4787 REQ-1: the mapping does not depend on the remote", `
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
			lan  | udp 192.168.1.12:3345 > 203.0.113.80:80
			  -> core | udp 198.51.100.2:3347 > 203.0.113.80:80
			lan  | udp 192.168.1.12:3345 > 203.0.113.99:5000
			  -> core | udp 198.51.100.2:3347 > 203.0.113.99:5000
			core | udp 203.0.113.99:5000 > 198.51.100.2:3347
			  -> lan | udp 203.0.113.99:5000 > 192.168.1.12:3345`},
		{"RFC 4787 §5: filtering depends on address and port", `
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
			core | udp 203.0.113.80:81 > 198.51.100.2:3345
			  -> filtered by the NAT
			core | udp 203.0.113.81:80 > 198.51.100.2:3345
			  -> filtered by the NAT`},
		{"RFC 4787 §4.2.2: the port range and its parity are kept", `
			lan  | udp 192.168.1.11:1022 > 203.0.113.80:80
			lan  | udp 192.168.1.12:1022 > 203.0.113.80:80
			  -> core | udp 198.51.100.2:2 > 203.0.113.80:80
			lan  | udp 192.168.1.11:1023 > 203.0.113.80:80
			lan  | udp 192.168.1.12:1023 > 203.0.113.80:80
			  -> core | udp 198.51.100.2:1 > 203.0.113.80:80
			lan  | udp 192.168.1.11:65534 > 203.0.113.80:80
			lan  | udp 192.168.1.12:65534 > 203.0.113.80:80
			  -> core | udp 198.51.100.2:1024 > 203.0.113.80:80`},
		{"each protocol has its own ports", `
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
			lan  | tcp S 100,0 192.168.1.12:3345 > 203.0.113.80:80
			  -> core | tcp S 100,0 198.51.100.2:3345 > 203.0.113.80:80`},
		{"ping: the identifier is the port", `
			lan  | echo 7 192.168.1.11 > 203.0.113.80 "abc"
			  -> core | echo 7 198.51.100.2 > 203.0.113.80 "abc"
			lan  | echo 7 192.168.1.12 > 203.0.113.80 "abc"
			  -> core | echo 8 198.51.100.2 > 203.0.113.80 "abc"
			core | reply 8 203.0.113.80 > 198.51.100.2 "abc"
			  -> lan | reply 7 203.0.113.80 > 192.168.1.12 "abc"
			core | reply 8 203.0.113.81 > 198.51.100.2
			  -> filtered by the NAT
			lan  | echo 0 192.168.1.13 > 203.0.113.80
			  -> core | echo 1 198.51.100.2 > 203.0.113.80`},
		{"what nobody asked for is for the router itself", `
			core | udp 203.0.113.80:80 > 198.51.100.2:3345
			  -> the router
			core | tcp S 1,0 203.0.113.80:80 > 198.51.100.2:22
			  -> the router
			core | echo 7 203.0.113.80 > 198.51.100.2
			  -> the router
			core | reply 7 203.0.113.80 > 198.51.100.2
			  -> the router
			core | udp 203.0.113.80:80 > 198.51.100.3:3345
			  -> the router
			lan  | echo 7 192.168.1.11 > 192.168.1.1
			  -> the router
			lan  | echo 7 192.168.1.11 > 198.51.100.2
			  -> the router`},
		{"nobody outside reaches addresses inside", `
			core | udp 203.0.113.80:80 > 192.168.1.11:3345
			  -> filtered by the NAT
			core | udp 203.0.113.80:80 > 192.168.1.1:3345
			  -> filtered by the NAT
			core | udp 203.0.113.80:80 > 203.0.113.81:80
			  -> core | udp 203.0.113.80:80 > 203.0.113.81:80`},
		{"inside, nothing is translated", `
			lan   | udp 192.168.1.11:3345 > 192.168.2.53:53
			  -> attic | udp 192.168.1.11:3345 > 192.168.2.53:53
			attic | udp 192.168.2.53:53 > 192.168.1.11:3345
			  -> lan | udp 192.168.2.53:53 > 192.168.1.11:3345`},
		{"without ports there is no telling hosts apart", `
			lan  | proto 47 192.168.1.11 > 203.0.113.80
			  -> not translatable
			lan  | reply 7 192.168.1.11 > 203.0.113.80
			  -> not translatable
			lan  | udp 192.168.1.11:0 > 203.0.113.80:80
			  -> not translatable
			core | proto 47 203.0.113.80 > 198.51.100.2
			  -> the router`},
		{"RFC 2827: only who is inside gets a mapping", `
			lan  | udp 203.0.113.9:3345 > 203.0.113.80:80
			  -> filtered by the NAT
			lan  | udp 198.51.100.2:3345 > 203.0.113.80:80
			  -> filtered by the NAT
			core | udp 198.51.100.2:3345 > 198.51.100.2:5353
			  -> martian address`},
		{"a wrong checksum stays wrong", `
			lan  | broken udp 192.168.1.11:3345 > 203.0.113.80:80 "hello"
			  -> core | broken udp 198.51.100.2:3345 > 203.0.113.80:80 "hello"
			lan  | broken tcp S 100,0 192.168.1.11:3345 > 203.0.113.80:80
			  -> core | broken tcp S 100,0 198.51.100.2:3345 > 203.0.113.80:80
			lan  | broken echo 7 192.168.1.11 > 203.0.113.80
			  -> core | broken echo 7 198.51.100.2 > 203.0.113.80
			core | broken udp 203.0.113.80:80 > 198.51.100.2:3345 "hello"
			  -> lan | broken udp 203.0.113.80:80 > 192.168.1.11:3345 "hello"`},
		{"the last hop: the packet is quoted as its sender knows it", `
			lan  | ttl 1 udp 192.168.1.11:3345 > 203.0.113.80:80
			  -> lan | exceeded 192.168.1.1 > 192.168.1.11: udp 192.168.1.11:3345 > 203.0.113.80:80
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
			core | ttl 1 udp 203.0.113.80:80 > 198.51.100.2:3345
			  -> core | exceeded 198.51.100.2 > 203.0.113.80: udp 203.0.113.80:80 > 198.51.100.2:3345`},
		{"no error shows an address inside to who is not there", `
			lan  | ttl 1 udp 203.0.113.9:3345 > 203.0.113.80:80
			  -> time exceeded`},

		{"a forwarded port leads inside", `
			core | tcp S 100,0 203.0.113.80:4000 > 198.51.100.2:8080
			  -> lan | tcp S 100,0 203.0.113.80:4000 > 192.168.1.80:80
			lan  | tcp SA 500,101 192.168.1.80:80 > 203.0.113.80:4000
			  -> core | tcp SA 500,101 198.51.100.2:8080 > 203.0.113.80:4000
			core | udp 203.0.113.80:4000 > 198.51.100.2:5353
			  -> attic | udp 203.0.113.80:4000 > 192.168.2.53:53
			core | udp 203.0.113.80:4000 > 198.51.100.2:8080
			  -> the router`},
		{"who has a forwarded port speaks from it", `
			attic | udp 192.168.2.53:53 > 203.0.113.80:4000
			  -> core | udp 198.51.100.2:5353 > 203.0.113.80:4000`},
		{"a forwarded port is given to nobody else", `
			lan  | udp 192.168.1.11:5353 > 203.0.113.80:80
			  -> core | udp 198.51.100.2:5355 > 203.0.113.80:80`},

		{"RFC 4787 REQ-9: a hairpin to a forwarded port", `
			lan  | tcp S 100,0 192.168.1.11:3345 > 198.51.100.2:8080
			  -> lan | tcp S 100,0 198.51.100.2:3345 > 192.168.1.80:80
			lan  | tcp SA 500,101 192.168.1.80:80 > 198.51.100.2:3345
			  -> lan | tcp SA 500,101 198.51.100.2:8080 > 192.168.1.11:3345`},
		{"a hairpin between clients, both of which have written", `
			lan   | udp 192.168.1.11:3345 > 203.0.113.80:80
			attic | udp 192.168.2.12:4445 > 203.0.113.80:80
			lan   | udp 192.168.1.11:3345 > 198.51.100.2:4445
			  -> filtered by the NAT
			attic | udp 192.168.2.12:4445 > 198.51.100.2:3345
			  -> lan | udp 198.51.100.2:4445 > 192.168.1.11:3345
			lan   | udp 192.168.1.11:3345 > 198.51.100.2:4445
			  -> attic | udp 198.51.100.2:3345 > 192.168.2.12:4445`},
	} {
		t.Run(test.rule, func(t *testing.T) { newHome(t, NAT{Forward: forwards}).play(t, test.transcript) })
	}
}

func TestNATErrors(t *testing.T) {
	web := []PortForward{{TCP, 8080, netip.MustParseAddrPort("192.168.1.80:80")}}
	for _, test := range []struct{ rule, transcript string }{
		{"RFC 5508 REQ-4: from outside, to who sent the packet", `
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:33434
			lan  | udp 192.168.1.12:3345 > 203.0.113.80:33434
			  -> core | udp 198.51.100.2:3347 > 203.0.113.80:33434
			core | unreachable 203.0.113.80 > 198.51.100.2: udp 198.51.100.2:3347 > 203.0.113.80:33434
			  -> lan | unreachable 203.0.113.80 > 192.168.1.12: udp 192.168.1.12:3345 > 203.0.113.80:33434
			core | exceeded 198.51.100.1 > 198.51.100.2: udp 198.51.100.2:3345 > 203.0.113.80:33434
			  -> lan | exceeded 198.51.100.1 > 192.168.1.11: udp 192.168.1.11:3345 > 203.0.113.80:33434`},
		{"of a TCP segment, only the ports are quoted", `
			lan  | tcp S 100,0 192.168.1.11:3345 > 203.0.113.80:80
			core | exceeded 198.51.100.1 > 198.51.100.2: tcp S 100,0 198.51.100.2:3345 > 203.0.113.80:80
			  -> lan | exceeded 198.51.100.1 > 192.168.1.11: tcp 192.168.1.11:3345 > 203.0.113.80:80`},
		{"traceroute with pings", `
			lan  | echo 7 192.168.1.11 > 203.0.113.80
			lan  | echo 7 192.168.1.12 > 203.0.113.80
			core | exceeded 198.51.100.1 > 198.51.100.2: echo 8 198.51.100.2 > 203.0.113.80
			  -> lan | exceeded 198.51.100.1 > 192.168.1.12: echo 7 192.168.1.12 > 203.0.113.80`},
		{"about nothing that was sent: the router's own affair", `
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:33434
			core | unreachable 203.0.113.80 > 198.51.100.2: udp 198.51.100.2:3345 > 203.0.113.80:33435
			  -> the router
			core | unreachable 203.0.113.80 > 198.51.100.2: udp 203.0.113.9:3345 > 203.0.113.80:33434
			  -> the router`},
		{"RFC 5508 REQ-3: a damaged one is not made right", `
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:33434
			core | broken unreachable 203.0.113.80 > 198.51.100.2: udp 198.51.100.2:3345 > 203.0.113.80:33434
			  -> bad header checksum`},
		{"RFC 5508 REQ-5: from inside, from the shared address", `
			core | tcp S 100,0 203.0.113.80:4000 > 198.51.100.2:8080
			lan  | unreachable 192.168.1.80 > 203.0.113.80: tcp S 100,0 203.0.113.80:4000 > 192.168.1.80:80
			  -> core | unreachable 198.51.100.2 > 203.0.113.80: tcp 203.0.113.80:4000 > 198.51.100.2:8080
			lan  | unreachable 192.168.1.80 > 203.0.113.80: tcp S 100,0 203.0.113.80:4001 > 192.168.1.80:80
			  -> not translatable
			lan  | unreachable 192.168.1.80 > 203.0.113.99: tcp S 100,0 203.0.113.80:4000 > 192.168.1.80:80
			  -> not translatable
			lan  | broken unreachable 192.168.1.80 > 203.0.113.80: tcp S 100,0 203.0.113.80:4000 > 192.168.1.80:80
			  -> bad header checksum`},
		{"RFC 5508 REQ-7: a hairpin", `
			lan  | tcp S 100,0 192.168.1.11:3345 > 198.51.100.2:8080
			lan  | unreachable 192.168.1.80 > 198.51.100.2: tcp S 100,0 198.51.100.2:3345 > 192.168.1.80:80
			  -> lan | unreachable 198.51.100.2 > 192.168.1.11: tcp 192.168.1.11:3345 > 198.51.100.2:8080`},
		{"RFC 5508 REQ-6: an error does not keep a session alive", `
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:33434
			wait 4m
			core | unreachable 203.0.113.80 > 198.51.100.2: udp 198.51.100.2:3345 > 203.0.113.80:33434
			wait 61s
			core | unreachable 203.0.113.80 > 198.51.100.2: udp 198.51.100.2:3345 > 203.0.113.80:33434
			  -> the router`},
	} {
		t.Run(test.rule, func(t *testing.T) { newHome(t, NAT{Forward: web}).play(t, test.transcript) })
	}
}

func TestNATTimeouts(t *testing.T) {
	const opened = `
		lan  | tcp S 100,0 192.168.1.11:3345 > 203.0.113.80:80
		core | tcp SA 500,101 203.0.113.80:80 > 198.51.100.2:3345
		lan  | tcp A 101,501 192.168.1.11:3345 > 203.0.113.80:80`
	const answered = `
		core | tcp A 501,101 203.0.113.80:80 > 198.51.100.2:3345
		  -> lan | tcp A 501,101 203.0.113.80:80 > 192.168.1.11:3345`
	const forgotten = `
		core | tcp A 501,101 203.0.113.80:80 > 198.51.100.2:3345
		  -> the router`
	for _, test := range []struct{ rule, transcript string }{
		{"RFC 4787 REQ-5: UDP, 5 minutes", `
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
			wait 299s
			core | udp 203.0.113.80:80 > 198.51.100.2:3345
			  -> lan | udp 203.0.113.80:80 > 192.168.1.11:3345
			wait 299s
			core | udp 203.0.113.80:80 > 198.51.100.2:3345
			  -> lan | udp 203.0.113.80:80 > 192.168.1.11:3345
			wait 300s
			core | udp 203.0.113.80:80 > 198.51.100.2:3345
			  -> the router`},
		{"then another host gets the port", `
			lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
			wait 300s
			lan  | udp 192.168.1.12:3345 > 203.0.113.80:80
			  -> core | udp 198.51.100.2:3345 > 203.0.113.80:80`},
		{"RFC 5508 REQ-2: ping, 60 seconds", `
			lan  | echo 7 192.168.1.11 > 203.0.113.80
			wait 59s
			core | reply 7 203.0.113.80 > 198.51.100.2
			  -> lan | reply 7 203.0.113.80 > 192.168.1.11
			wait 60s
			core | reply 7 203.0.113.80 > 198.51.100.2
			  -> the router`},
		{"RFC 5382 REQ-5: a connection that is not answered, 4 minutes", `
			lan  | tcp S 100,0 192.168.1.11:3345 > 203.0.113.80:80
			wait 240s` + forgotten},
		{"an open connection, 2 hours and 4 minutes", opened + `
			wait 7439s` + answered + `
			wait 7440s` + forgotten},
		{"half closed, it is still open", opened + `
			lan  | tcp FA 101,501 192.168.1.11:3345 > 203.0.113.80:80
			wait 2h` + answered},
		{"closed by both, 4 minutes", opened + `
			lan  | tcp FA 101,501 192.168.1.11:3345 > 203.0.113.80:80
			core | tcp FA 501,102 203.0.113.80:80 > 198.51.100.2:3345
			wait 239s` + answered + `
			wait 240s` + forgotten},
		{"closed, and opened anew from the same port", opened + `
			lan  | tcp FA 101,501 192.168.1.11:3345 > 203.0.113.80:80
			core | tcp FA 501,102 203.0.113.80:80 > 198.51.100.2:3345` + opened + `
			wait 2h` + answered},
		{"RFC 6146 §3.5.2.2: reset, 4 minutes", opened + `
			core | tcp R 501,0 203.0.113.80:80 > 198.51.100.2:3345
			wait 240s` + forgotten},
		{"a reset that nobody heeded", opened + `
			core | tcp R 9,0 203.0.113.80:80 > 198.51.100.2:3345
			lan  | tcp A 101,501 192.168.1.11:3345 > 203.0.113.80:80
			wait 2h` + answered},
	} {
		t.Run(test.rule, func(t *testing.T) { newHome(t, NAT{}).play(t, test.transcript) })
	}
}

func TestNATTableIsBounded(t *testing.T) {
	h := newHome(t, NAT{MaxSessions: 5, MaxPerHost: 3})
	for i := range 3 {
		h.play(t, fmt.Sprintf("lan | udp 192.168.1.11:3345 > 203.0.113.8%d:80", i))
	}
	h.play(t, `
		# a host has had its share; it is told so
		lan  | udp 192.168.1.11:3345 > 203.0.113.90:80
		  -> lan | unreachable 13 192.168.1.1 > 192.168.1.11: udp 192.168.1.11:3345 > 203.0.113.90:80
		lan  | udp 192.168.1.12:3345 > 203.0.113.90:80
		  -> core | udp 198.51.100.2:3347 > 203.0.113.90:80
		lan  | udp 192.168.1.13:3345 > 203.0.113.90:80
		  -> core | udp 198.51.100.2:3349 > 203.0.113.90:80
		# nobody gets in
		lan  | udp 192.168.1.14:3345 > 203.0.113.90:80
		  -> lan | unreachable 13 192.168.1.1 > 192.168.1.14: udp 192.168.1.14:3345 > 203.0.113.90:80
		# but who is in stays in
		lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
		  -> core | udp 198.51.100.2:3345 > 203.0.113.80:80
		wait 301s
		lan  | udp 192.168.1.14:3345 > 203.0.113.90:80
		  -> core | udp 198.51.100.2:3345 > 203.0.113.90:80`)
	if n := h.Counters().Dropped[TableFull]; n != 2 {
		t.Errorf("%d packets were counted that met a full table, want 2", n)
	}
	if n := len(h.plane.Load().nat.table.hosts); n != 1 {
		t.Errorf("%d hosts are counted, want 1", n)
	}
}

// Whatever happens, the table's parts agree with each other.
func (t *table) check() error {
	sessions := make(map[*mapping]int)
	hosts := make(map[[4]byte]int)
	for f, s := range t.in {
		sessions[s.mapping]++
		hosts[s.mapping.inside.addr]++
		if f != s.inFlow() {
			return fmt.Errorf("a session is in the wrong place: %v", f)
		}
	}
	for f, s := range t.out {
		if t.in[s.inFlow()] != s || f != s.outFlow() {
			return fmt.Errorf("a session has but one direction: %v", f)
		}
	}
	for at, m := range t.byOutside {
		if m.sessions != sessions[m] || m.sessions == 0 && !m.static || at.endpoint.port != m.port {
			return fmt.Errorf("port %d has %d sessions, and believes it has %d", m.port, sessions[m], m.sessions)
		}
		if of := t.byInside[place{m.protocol, m.inside}]; of != m && !m.static {
			return fmt.Errorf("port %d is not that of %v", m.port, m.inside)
		}
	}
	if len(hosts) != len(t.hosts) || len(t.byInside) > len(t.byOutside) {
		return fmt.Errorf("%d hosts, %d believed; %d inside, %d outside", len(hosts), len(t.hosts), len(t.byInside), len(t.byOutside))
	}
	for host, n := range hosts {
		if t.hosts[host] != n {
			return fmt.Errorf("%v has %d sessions, %d believed", host, n, t.hosts[host])
		}
	}
	return nil
}

func TestNATPortsOfTheRouter(t *testing.T) {
	h := newHome(t, NAT{Uses: func(protocol Protocol, local, _ netip.AddrPort) bool {
		return local == netip.MustParseAddrPort("198.51.100.2:3345")
	}})
	h.play(t, `
		lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
		  -> core | udp 198.51.100.2:3347 > 203.0.113.80:80
		core | udp 203.0.113.80:80 > 198.51.100.2:3345
		  -> the router`)
}

func TestNATOnAndOff(t *testing.T) {
	h := newHome(t, NAT{})
	h.play(t, `
		lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
		  -> core | udp 198.51.100.2:3345 > 203.0.113.80:80`)
	if h.NAT() == nil || len(h.Mappings()) != 1 {
		t.Errorf("%+v, %v", h.NAT(), h.Mappings())
	}
	if err := h.SetNAT(nil); err != nil {
		t.Fatal(err)
	}
	h.play(t, `
		lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
		  -> core | udp 192.168.1.11:3345 > 203.0.113.80:80
		core | udp 203.0.113.80:80 > 198.51.100.2:3345
		  -> the router`)
	if h.NAT() != nil || h.Mappings() != nil {
		t.Errorf("off: %+v, %v", h.NAT(), h.Mappings())
	}
	if err := h.SetNAT(&NAT{Outside: 1}); err != nil {
		t.Fatal(err)
	}
	if len(h.Mappings()) != 0 {
		t.Errorf("on again: %v", h.Mappings())
	}
}

// A network card gets its address when the router is at work already.
func TestNATBeforeThereIsAnAddress(t *testing.T) {
	var f Forwarder
	f.Headroom = headroom
	if err := f.SetNAT(&NAT{Outside: 1}); err != nil {
		t.Fatal(err)
	}
	nics := []Interface{{MTU: 1500, Addrs: prefixes("192.168.1.1/24")}, {MTU: 1500, Addrs: prefixes("2001:db8::1/64")}}
	routes := []Route{{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Via: addr("198.51.100.1"), Out: 1}}
	out := spoken(t, "udp 192.168.1.11:3345 > 203.0.113.80:80")
	if d := f.Forward(lan, out); d.Verdict != Drop || d.Reason != NoRoute {
		t.Errorf("without cards: %+v", d)
	}
	f.Configure(nics, routes)
	if d := f.Forward(lan, out); d.Verdict != Drop || d.Reason != Untranslatable {
		t.Errorf("without an address outside: %+v", d)
	}
	nics[1].Addrs = prefixes("198.51.100.2/24")
	f.Configure(nics, routes)
	if d := f.Forward(lan, out); d.Verdict != Send || ipv4(d.Packet[headroom:]).src() != addr("198.51.100.2") {
		t.Errorf("with one: %+v", d)
	}
}

func TestNATConfigurations(t *testing.T) {
	var f Forwarder
	to := netip.MustParseAddrPort("192.168.1.80:80")
	for problem, forwards := range map[string][]PortForward{
		"only tcp and udp have ports": {{ICMP, 7, to}},
		"no port 0":                   {{TCP, 0, to}},
		"twice":                       {{TCP, 80, to}, {UDP, 80, to}, {TCP, 80, to}},
		"IPv4 address of a host":      {{TCP, 80, netip.MustParseAddrPort("[2001:db8::1]:80")}},
		"the IPv4 address":            {{TCP, 80, netip.MustParseAddrPort("255.255.255.255:80")}},
	} {
		err := f.SetNAT(&NAT{Forward: forwards})
		if err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%v: got %v, want %s", forwards, err, problem)
		}
	}
	if f.NAT() != nil {
		t.Error("a configuration with a mistake is in force")
	}
}

func TestNATMappings(t *testing.T) {
	h := newHome(t, NAT{Forward: []PortForward{{TCP, 8080, netip.MustParseAddrPort("192.168.1.80:80")}}})
	list := func() string {
		var b strings.Builder
		for _, m := range h.Mappings() {
			fmt.Fprintf(&b, "%v %v %v %v %v\n", m.Protocol, m.Inside, m.Outside, m.Remote, m.Static)
			if m.Expires.IsZero() != !m.Remote.IsValid() {
				t.Errorf("%+v", m)
			}
		}
		return b.String()
	}
	h.play(t, `
		lan  | echo 7 192.168.1.11 > 203.0.113.80
		lan  | udp 192.168.1.11:3345 > 203.0.113.80:80
		lan  | udp 192.168.1.11:3345 > 203.0.113.81:80`)
	if got, want := list(), `icmp 192.168.1.11:7 198.51.100.2:7 203.0.113.80:0 false
tcp 192.168.1.80:80 198.51.100.2:8080 invalid AddrPort true
udp 192.168.1.11:3345 198.51.100.2:3345 203.0.113.80:80 false
udp 192.168.1.11:3345 198.51.100.2:3345 203.0.113.81:80 false
`; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	h.play(t, `
		wait 6m
		core | tcp S 100,0 203.0.113.80:4000 > 198.51.100.2:8080`)
	if got, want := list(), "tcp 192.168.1.80:80 198.51.100.2:8080 203.0.113.80:4000 true\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if err := h.plane.Load().nat.table.check(); err != nil {
		t.Error(err)
	}
}

// Two forwarded ports may lead to one server; only who uses both at once, from one
// port, cannot be answered.
func TestNATTwoPortsToOneServer(t *testing.T) {
	web := netip.MustParseAddrPort("192.168.1.80:80")
	h := newHome(t, NAT{Forward: []PortForward{{TCP, 80, web}, {TCP, 8080, web}}})
	h.play(t, `
		core | tcp S 100,0 203.0.113.80:4000 > 198.51.100.2:8080
		lan  | tcp SA 500,101 192.168.1.80:80 > 203.0.113.80:4000
		  -> core | tcp SA 500,101 198.51.100.2:8080 > 203.0.113.80:4000
		core | tcp S 100,0 203.0.113.80:4001 > 198.51.100.2:80
		lan  | tcp SA 500,101 192.168.1.80:80 > 203.0.113.80:4001
		  -> core | tcp SA 500,101 198.51.100.2:80 > 203.0.113.80:4001
		core | tcp S 100,0 203.0.113.80:4000 > 198.51.100.2:80
		  -> NAT table full`)
}

// A packet leads to a host inside that has gone, where now the way leads outside.
func TestNATForwardToNowhere(t *testing.T) {
	h := newHome(t, NAT{Forward: []PortForward{{TCP, 80, netip.MustParseAddrPort("10.9.9.9:80")}}})
	h.play(t, `
		core | tcp S 100,0 203.0.113.80:4000 > 198.51.100.2:80
		  -> no route`)
}

// Translation costs no allocation beyond the packet that goes out.
func TestNATOneAllocationAPacket(t *testing.T) {
	h := newHome(t, NAT{FTP: true})
	for _, words := range []string{
		"lan | udp 192.168.1.11:3345 > 203.0.113.80:80",
		"core | udp 203.0.113.80:80 > 198.51.100.2:3345",
	} {
		h.pass(t, words)
		card, packet, _ := strings.Cut(words, " | ")
		in, b := Arrival{Interface: natCards[card]}, spoken(t, packet)
		if n := testing.AllocsPerRun(1000, func() { h.Forward(in, b) }); n != 1 {
			t.Errorf("%s: %v allocations", words, n)
		}
	}
}
