package dnsquery

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strings"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/labs/check"
)

// query is a question of the program, as it came.
type query struct {
	g    *check.Datagram
	id   uint16
	name string // with the dot at its end
	kind uint16 // QTYPE
	end  int    // of the question section
}

const header = 12 // bytes: RFC 1035 §4.1.1

// servers are names under which programs look up their name server; what the
// system asks about those is not the program's own question.
var servers = regexp.MustCompile(`(?i)(^|[.-])(dns|ns|resolver)[a-z0-9]*[.-]|dns|one\.one`)

// takes reports whether a question to the resolver of /etc/resolv.conf is the
// program's own.
func (s *nameServer) takes(data []byte) bool {
	if check.FromLibrary(data) {
		s.library.Store(true)
		return false
	}
	var m dns.Msg
	if m.Unpack(data) != nil || len(m.Question) != 1 {
		return true
	}
	return !servers.MatchString(m.Question[0].Name)
}

// read takes a query apart. What no server could answer ends the case, with the
// byte where it goes wrong.
func read(t *check.T, g *check.Datagram) query {
	q := query{g: g}
	data := g.Data
	wrong := func(name string, offset, length int, expected string) {
		t.Wrong(check.Mistake{
			Name: name, Datagram: g, Offset: offset, Length: length, Expected: expect(expected), RFC: section(offset), Book: "§2.4.3",
		})
	}
	if len(data) >= 2 && int(binary.BigEndian.Uint16(data)) == len(data)-2 && len(data) >= 2+header {
		wrong("length-prefix", 0, 2, "")
	}
	if len(data) < header {
		wrong("short-header", 0, len(data), "")
	}
	q.id = binary.BigEndian.Uint16(data)
	flags, count := binary.BigEndian.Uint16(data[2:]), binary.BigEndian.Uint16(data[4:])
	switch {
	case count == 0x0100:
		wrong("byte-order", 4, 2, "00 01")
	case flags == 0x0001:
		wrong("byte-order", 2, 2, "01 00")
	case flags&0x8000 != 0:
		wrong("says-response", 2, 1, "01 00")
	case flags&0x7800 != 0:
		wrong("opcode", 2, 1, "01 00")
	case count != 1:
		wrong("qdcount", 4, 2, "00 01")
	case binary.BigEndian.Uint16(data[6:]) != 0 || binary.BigEndian.Uint16(data[8:]) != 0:
		wrong("counts", 6, 4, "00 00 00 00")
	}
	q.readName(wrong)
	at := q.end
	if len(data) < at+4 {
		if bytes.HasSuffix(data, []byte{1, 0, 1}) || bytes.HasSuffix(data, []byte{0, 1, 0, 1}) {
			wrong("no-root", max(0, at-1), 1, "00 00 01 00 01")
		}
		wrong("short-question", len(data)-1, 1, "00 01 00 01")
	}
	q.kind = binary.BigEndian.Uint16(data[at:])
	class := binary.BigEndian.Uint16(data[at+2:])
	switch {
	case class == 0x0100:
		wrong("byte-order", at+2, 2, "00 01")
	case class != dns.ClassINET:
		wrong("qclass", at+2, 2, "00 01")
	case dns.TypeToString[q.kind] == "" || q.kind == 0:
		wrong("qtype", at, 2, "00 01")
	}
	q.end = at + 4
	return q
}

// readName reads the labels of QNAME.
func (q *query) readName(wrong func(name string, offset, length int, expected string)) {
	data, at := q.g.Data, header
	var labels []string
	for {
		if at >= len(data) {
			wrong("no-root", len(data)-1, 1, "00")
		}
		n := int(data[at])
		if n == 0 {
			break
		}
		switch {
		case n > 63 && n < 0xc0:
			wrong("no-length", at, 1, "03 77 77 77")
		case n >= 0xc0:
			wrong("pointer-in-question", at, 2, "")
		case at+1+n > len(data):
			wrong("label-length", at, 1, "")
		}
		label := string(data[at+1 : at+1+n])
		if dot := strings.IndexByte(label, '.'); dot >= 0 {
			wrong("dots", at+1+dot, 1, "03 77 77 77")
		}
		if strings.ContainsFunc(label, func(r rune) bool { return r <= ' ' || r > '~' && r < 0x80 }) {
			wrong("label-length", at, 1+n, "")
		}
		labels = append(labels, label)
		at += 1 + n
	}
	q.name, q.end = strings.Join(labels, ".")+".", at+1
}

func expect(hex string) any {
	if hex == "" {
		return nil
	}
	return hex
}

func section(offset int) string {
	if offset < header {
		return "RFC 1035 §4.1.1"
	}
	return "RFC 1035 §4.1.2"
}
