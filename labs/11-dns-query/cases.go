package dnsquery

import (
	"encoding/binary"
	"fmt"
	"net"
	"strings"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/labs/check"
)

// question judges the query.
func question(t *check.T) {
	s := begin(t)
	q := s.first()
	g := q.g
	wrong := check.Mistake{Datagram: g, RFC: "RFC 1035 §4.1.1", Book: "§2.4.3"}
	flags := binary.BigEndian.Uint16(g.Data[2:])
	switch {
	case g.To.Port() != 53:
		wrong.Name, wrong.RFC, wrong.Args = "port", "RFC 1035 §4.2.1", map[string]any{"Port": int(g.To.Port())}
	case flags&0x0100 == 0:
		wrong.Name, wrong.Offset, wrong.Length, wrong.Expected = "no-rd", 2, 2, "01 00"
	case s.spoiled(q.name):
		wrong.Name, wrong.Offset, wrong.Length = "other-name", header, len(q.name)+1
		wrong.Expected, wrong.Actual, wrong.RFC = s.name, strings.TrimSuffix(q.name, "."), "RFC 1035 §4.1.2"
	case len(g.Data) > q.end && binary.BigEndian.Uint16(g.Data[10:]) == 0:
		wrong.Name, wrong.Offset, wrong.Length, wrong.RFC = "trailing", q.end, len(g.Data)-q.end, "RFC 1035 §4.1"
	case q.kind != dns.TypeA && !s.asksForA(q):
		wrong.Name, wrong.Offset, wrong.Length, wrong.RFC = "not-a", q.end-4, 2, "RFC 1035 §3.2.2"
		wrong.Expected, wrong.Actual = "00 01", fmt.Sprintf("%02x %02x", q.kind>>8, q.kind&0xff)
	default:
		if flags&0x0680 != 0 {
			t.Remark("flags")
		}
		return
	}
	t.Wrong(wrong)
}

// asksForA reports whether a program that has asked for something else asks for an
// address, too.
func (s *nameServer) asksForA(q query) bool {
	asks := false
	s.answer = func(q query) {
		asks = asks || q.kind == dns.TypeA
		s.plain(q)
	}
	s.plain(q)
	s.until(func(string) bool { return asks })
	return asks
}

// spoiled reports whether a name was made of the one that the program was given,
// and is another. A program may have a name of its own in its source.
func (s *nameServer) spoiled(name string) bool {
	name = strings.TrimSuffix(name, ".")
	if strings.EqualFold(name, s.name) {
		return false
	}
	word := strings.Split(s.name, ".")[1]
	return strings.Contains(strings.ToLower(name), word)
}

// address judges that the answer is printed.
func address(t *check.T) {
	s := begin(t)
	q := s.first()
	want := s.plain(q)
	s.answer = func(q query) { s.plain(q) }
	s.printed(q, want)
}

// printed ends the case unless the program prints the record.
func (s *nameServer) printed(q query, want record) {
	m := check.Mistake{Name: "not-printed", Datagram: q.g, Expected: want.text, RFC: "RFC 1035 §4.1.3", Book: "§2.4.3"}
	end := s.until(want.in)
	if a, ok := want.rr.(*dns.A); ok && end != check.Done {
		backwards := net.IPv4(a.A[3], a.A[2], a.A[1], a.A[0]).String()
		if strings.Contains(s.p.Output(), backwards) {
			m.Name, m.Actual, m.RFC = "backwards", backwards, "RFC 1035 §3.4.1"
			s.t.Wrong(m)
		}
	}
	s.t.Await(end, m)
}

// overTCP answers with TC: the answer does not fit into a datagram. Then the
// question is asked again over TCP, with two bytes of length before it.
func overTCP(t *check.T) {
	l := t.AcceptTCP()
	s := begin(t)
	q := s.first()
	m := reply(q)
	m.Truncated = true
	s.send(q, m)
	c, end := l.Accept()
	no := check.Mistake{Name: "no-tcp", Datagram: q.g, RFC: "RFC 7766 §5", Book: "§2.4.3"}
	if end == check.Exited && !unexpected(s.p.Output()) {
		t.Wrong(no)
	}
	t.Await(end, no)
	raw, end := c.Receive(func(all []byte) bool { return len(all) >= 2 && len(all) >= 2+int(binary.BigEndian.Uint16(all)) })
	if len(raw) >= header && binary.BigEndian.Uint16(raw) != uint16(len(raw)-2) {
		t.Wrong(check.Mistake{Name: "tcp-length", Conn: c, Length: 2, RFC: "RFC 1035 §4.2.2", Book: "§2.4.3"})
	}
	t.Await(end, check.Mistake{Name: "tcp-length", Conn: c, RFC: "RFC 1035 §4.2.2", Book: "§2.4.3"})
	again := read(t, &check.Datagram{Data: raw[2:], From: q.g.From, To: q.g.To})
	want := s.record(again.name, again.kind)
	full := reply(again)
	full.Answer = []dns.RR{want.rr}
	data := pack(full)
	c.Send(append(binary.BigEndian.AppendUint16(nil, uint16(len(data))), data...))
	s.printed(q, want)
}
