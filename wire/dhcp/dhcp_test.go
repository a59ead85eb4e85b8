package dhcp_test

import (
	"encoding/hex"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/wire/dhcp"
	"github.com/wirebook/wirebook/wire/dissect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	mac      = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	client   = netip.MustParseAddrPort("0.0.0.0:68")
	server   = netip.MustParseAddrPort("192.0.2.67:67")
	everyone = netip.MustParseAddrPort("255.255.255.255:67")
	all      = netip.MustParseAddrPort("255.255.255.255:68")
)

// message builds one with the library; options are the modifiers' business.
func message(t testing.TB, kind dhcpv4.MessageType, modifiers ...dhcpv4.Modifier) []byte {
	t.Helper()
	m, err := dhcpv4.New(append([]dhcpv4.Modifier{
		dhcpv4.WithMessageType(kind), dhcpv4.WithHwAddr(mac), dhcpv4.WithTransactionID(dhcpv4.TransactionID{1, 2, 3, 4}),
	}, modifiers...)...)
	if err != nil {
		t.Fatal(err)
	}
	switch kind {
	case dhcpv4.MessageTypeOffer, dhcpv4.MessageTypeAck, dhcpv4.MessageTypeNak:
		m.OpCode = dhcpv4.OpcodeBootReply
	}
	return m.ToBytes()
}

func option(code uint8, digits string) dhcpv4.Modifier {
	b, _ := hex.DecodeString(digits)
	return func(m *dhcpv4.DHCPv4) { m.Options[code] = b }
}

func ciaddr(m *dhcpv4.DHCPv4) { m.ClientIPAddr = net.IP{192, 0, 2, 100} }
func yiaddr(m *dhcpv4.DHCPv4) { m.YourIPAddr = net.IP{192, 0, 2, 100} }
func giaddr(m *dhcpv4.DHCPv4) { m.GatewayIPAddr = net.IP{198, 51, 100, 1} }

var (
	byServer = option(54, "c0000243")
	wish     = option(50, "c0000264")
	hours    = option(51, "0000a8c0")
)

func dissector() dissect.DatagramDissector { return dhcp.Protocol.New().(dissect.DatagramDissector) }

func datagram(id uint64, from, to netip.AddrPort, b []byte) *dissect.Datagram {
	return &dissect.Datagram{Ref: dissect.Ref{ID: id}, From: from, To: to, Payload: b}
}

func TestSummaries(t *testing.T) {
	for _, test := range []struct {
		from, to     netip.AddrPort
		bytes        []byte
		summary, key string
	}{
		{client, everyone, message(t, dhcpv4.MessageTypeDiscover), "DISCOVER", "discover"},
		{server, all, message(t, dhcpv4.MessageTypeOffer, byServer, yiaddr, hours), "OFFER 192.0.2.100, 12h", "offer"},
		{client, everyone, message(t, dhcpv4.MessageTypeRequest, wish, byServer), "REQUEST 192.0.2.100 (192.0.2.67)", "request.selecting"},
		{client, everyone, message(t, dhcpv4.MessageTypeRequest, wish), "REQUEST 192.0.2.100", "request.rebooting"},
		{client, server, message(t, dhcpv4.MessageTypeRequest, ciaddr), "REQUEST 192.0.2.100", "request.renewing"},
		{client, everyone, message(t, dhcpv4.MessageTypeRequest, ciaddr), "REQUEST 192.0.2.100", "request.rebinding"},
		{server, all, message(t, dhcpv4.MessageTypeAck, byServer, yiaddr, hours), "ACK 192.0.2.100, 12h", "ack"},
		{server, all, message(t, dhcpv4.MessageTypeAck, byServer, ciaddr), "ACK 192.0.2.100", "ack.inform"},
		{server, all, message(t, dhcpv4.MessageTypeNak, byServer, option(56, "6e6f")), "NAK: no", "nak"},
		{client, everyone, message(t, dhcpv4.MessageTypeDecline, byServer, wish), "DECLINE 192.0.2.100", "decline"},
		{client, server, message(t, dhcpv4.MessageTypeRelease, byServer, ciaddr), "RELEASE 192.0.2.100", "release"},
		{client, server, message(t, dhcpv4.MessageTypeInform, ciaddr), "INFORM 192.0.2.100", "inform"},
		{client, server, message(t, dhcpv4.MessageTypeDiscover, giaddr), "DISCOVER, giaddr 198.51.100.1", "discover"},
		{client, server, make([]byte, 300), "BOOTP", "bootp.request"},
	} {
		part := dissector().Datagram(datagram(1, test.from, test.to, test.bytes))
		if part.Summary != test.summary || part.Key != "message.dhcp."+test.key {
			t.Errorf("%q %s, want %q %s", part.Summary, part.Key, test.summary, test.key)
		}
		checkPart(t, part, test.bytes)
	}
}

// checkPart sees that all fields and findings lie in the bytes.
func checkPart(t testing.TB, part *dissect.Part, b []byte) {
	t.Helper()
	if !slices.Contains(dhcp.Protocol.Keys, part.Key) {
		t.Errorf("%s is not among the protocol's keys", part.Key)
	}
	var walk func([]dissect.Field)
	walk = func(fields []dissect.Field) {
		for _, f := range fields {
			if f.Offset < 0 || f.Length < 0 || f.Offset+f.Length > len(b) {
				t.Errorf("field %s at %d+%d of %d bytes", f.Name, f.Offset, f.Length, len(b))
			}
			walk(f.Children)
		}
	}
	walk(part.Tree(b))
	for _, f := range part.Findings {
		if f.Offset < 0 || f.Length < 0 || f.Offset+f.Length > len(b) {
			t.Errorf("finding %s at %d+%d of %d bytes", f.Key, f.Offset, f.Length, len(b))
		}
		if !slices.Contains(dhcp.Protocol.Keys, f.Key) {
			t.Errorf("%s is not among the protocol's keys", f.Key)
		}
	}
}

func TestFields(t *testing.T) {
	b := message(t, dhcpv4.MessageTypeAck, byServer, yiaddr, hours, option(3, "c0000201c0000202"), option(61, "01020000000001"), option(200, "ff"))
	tree := dissector().Datagram(datagram(1, server, all, b)).Tree(b)
	for key, want := range map[string]string{
		"dhcp.op": "2 BOOTREPLY", "dhcp.htype": "1 Ethernet", "dhcp.xid": "0x01020304", "dhcp.yiaddr": "192.0.2.100",
		"dhcp.chaddr": "02:00:00:00:00:01", "dhcp.magic": "99 130 83 99", "dhcp.option.53": "ACK", "dhcp.message.ACK": "5",
		"dhcp.option.54": "192.0.2.67", "dhcp.option.51": "12h", "dhcp.option.3": "192.0.2.1, 192.0.2.2",
		"dhcp.option.61": "02:00:00:00:00:01", "dhcp.option": "ff",
	} {
		if f := dissect.Find(tree, key); f == nil || f.Value != want {
			t.Errorf("%s is %+v, want %s", key, f, want)
		}
	}
}

func TestFindings(t *testing.T) {
	whole := message(t, dhcpv4.MessageTypeDiscover, option(12, "616c696365"))
	end := slices.Index(whole[240:], 255) + 240
	reply := func(b []byte) []byte { b = slices.Clone(b); b[0] = 2; return b }
	for _, test := range []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"cut", whole[:end-2], "cut"},
		{"no end", whole[:end], "end.missing"},
		{"length", message(t, dhcpv4.MessageTypeDiscover, option(50, "c000")), "option.length"},
		{"op", reply(whole), "op"},
		{"no server", message(t, dhcpv4.MessageTypeRelease, ciaddr), "server.missing"},
		{"no address", message(t, dhcpv4.MessageTypeRequest), "request.empty"},
		{"ciaddr", message(t, dhcpv4.MessageTypeRequest, ciaddr, wish, byServer), "request.ciaddr"},
		{"no time", message(t, dhcpv4.MessageTypeOffer, yiaddr, byServer), "lease.missing"},
		{"times", message(t, dhcpv4.MessageTypeAck, yiaddr, byServer, hours, option(58, "0000a8c0")), "times"},
		{"unasked", message(t, dhcpv4.MessageTypeOffer, yiaddr, byServer, hours), "reply.unasked"},
	} {
		part := dissector().Datagram(datagram(1, server, all, test.bytes))
		checkPart(t, part, test.bytes)
		if !slices.ContainsFunc(part.Findings, func(f dissect.Finding) bool { return f.Key == "finding.dhcp."+test.want }) {
			t.Errorf("%s: found %+v, want %s", test.name, part.Findings, test.want)
		}
	}
}

// What clients and servers that are in order say has no findings.
func TestDialogue(t *testing.T) {
	d := dissector()
	other := option(54, "c0000244")
	for i, step := range []struct {
		from, to netip.AddrPort
		bytes    []byte
		answers  uint64
		want     string
	}{
		{client, everyone, message(t, dhcpv4.MessageTypeDiscover), 0, ""},
		{server, all, message(t, dhcpv4.MessageTypeOffer, byServer, yiaddr, hours), 1, ""},
		{server, all, message(t, dhcpv4.MessageTypeOffer, other, yiaddr, hours), 1, "offer.another"},
		{client, everyone, message(t, dhcpv4.MessageTypeRequest, byServer, wish), 0, ""},
		{server, all, message(t, dhcpv4.MessageTypeAck, byServer, yiaddr, hours), 4, ""},
		{client, server, message(t, dhcpv4.MessageTypeInform, ciaddr), 0, ""},
		{server, all, message(t, dhcpv4.MessageTypeAck, byServer, ciaddr, hours), 6, "lease.informed"},
	} {
		part := d.Datagram(datagram(uint64(i+1), step.from, step.to, step.bytes))
		if part.Answers.ID != step.answers {
			t.Errorf("%s answers %d, want %d", part.Summary, part.Answers.ID, step.answers)
		}
		got := ""
		for _, f := range part.Findings {
			got += f.Key
		}
		if want := step.want; want != "" && got != "finding.dhcp."+want || want == "" && got != "" {
			t.Errorf("%s: found %s, want %q", part.Summary, got, want)
		}
	}
}

// The relay agent sends what it has heard on, with the same number.
func TestRelayed(t *testing.T) {
	d := dissector()
	relay := netip.MustParseAddrPort("198.51.100.1:67")
	for i, step := range []struct {
		from, to netip.AddrPort
		bytes    []byte
		answers  uint64
	}{
		{client, everyone, message(t, dhcpv4.MessageTypeDiscover), 0},
		{relay, server, message(t, dhcpv4.MessageTypeDiscover, giaddr), 0},
		{server, relay, message(t, dhcpv4.MessageTypeOffer, byServer, yiaddr, hours, giaddr), 2},
		{relay, all, message(t, dhcpv4.MessageTypeOffer, byServer, yiaddr, hours, giaddr), 1},
	} {
		if part := d.Datagram(datagram(uint64(i+1), step.from, step.to, step.bytes)); part.Answers.ID != step.answers {
			t.Errorf("%s answers %d, want %d", part.Summary, part.Answers.ID, step.answers)
		}
	}
}

// Options may go on in the fields file and sname (RFC 2132 §9.3).
func TestOverload(t *testing.T) {
	b := message(t, dhcpv4.MessageTypeOffer, option(52, "03"), byServer, yiaddr)
	copy(b[108:], []byte{51, 4, 0, 0, 0xa8, 0xc0, 255})
	copy(b[44:], []byte{15, 3, 'e', 'd', 'u', 255})
	part := dissector().Datagram(datagram(1, server, all, b))
	checkPart(t, part, b)
	if m := part.Value.(*dhcp.Message); part.Summary != "OFFER 192.0.2.100, 12h" || string(m.Option(15)) != "edu" {
		t.Errorf("%s, domain %q", part.Summary, m.Option(15))
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(message(f, dhcpv4.MessageTypeDiscover))
	f.Add(message(f, dhcpv4.MessageTypeAck, byServer, yiaddr, hours, option(82, "0102"), option(52, "03")))
	f.Add(message(f, dhcpv4.MessageTypeRequest, wish, ciaddr))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := dissector()
		for _, ends := range [][2]netip.AddrPort{{client, everyone}, {server, all}} {
			part := d.Datagram(datagram(1, ends[0], ends[1], b))
			if part == nil {
				if len(b) >= 236 {
					t.Error("a whole header was taken for nothing")
				}
				return
			}
			checkPart(t, part, b)
		}
		// What the library reads, we read.
		oracle, err := dhcpv4.FromBytes(b)
		if err != nil {
			return
		}
		m, _ := dhcp.Parse(b)
		if m.Hardware.String() != oracle.ClientHWAddr.String() {
			t.Errorf("hardware address %v, want %v", m.Hardware, oracle.ClientHWAddr)
		}
		for code, data := range oracle.Options {
			if got := m.Option(code); len(got) > len(data) || string(got) != string(data[:len(got)]) {
				t.Errorf("option %d is %x, want %x", code, got, data)
			}
		}
	})
}

func BenchmarkDatagram(b *testing.B) {
	d := dissector()
	g := datagram(1, server, all, message(b, dhcpv4.MessageTypeAck, byServer, yiaddr, hours))
	b.ReportAllocs()
	for b.Loop() {
		d.Datagram(g)
	}
}
