package dns

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

const (
	headerSize = 12
	maxName    = 255 // bytes, with the length bytes (RFC 1035 §2.3.4)
)

// What can be wrong with a name.
var (
	errCut   = errors.New("ends too early")
	errLoop  = errors.New("compression pointer does not point back")
	errLabel = errors.New("reserved label type")
	errLong  = errors.New("name too long")
)

// place is where something is in the message.
type place struct{ at, length int }

// parser goes through a message once and notes what is where.
type parser struct {
	b     []byte
	at    int
	found []dissect.Finding
}

// Parse reads a message. It understands as much as there is: what is wrong with
// it is in the findings. b must have a whole header, 12 bytes.
func Parse(b []byte) (*Message, []dissect.Finding) {
	p := &parser{b: b, at: headerSize}
	flags := binary.BigEndian.Uint16(b[2:])
	m := &Message{
		ID: binary.BigEndian.Uint16(b), Response: flags>>15 == 1, Opcode: int(flags >> 11 & 15),
		Authoritative: flags>>10&1 == 1, Truncated: flags>>9&1 == 1,
		RecursionDesired: flags>>8&1 == 1, RecursionAvailable: flags>>7&1 == 1,
		Rcode: int(flags & 15),
	}
	m.parseSections(p)
	if m.Truncated && m.Response {
		p.find("response.truncated", 1035, "4.1.1", place{2, 1}, dissect.Notice)
	}
	if p.at >= 0 && p.at < len(b) {
		p.find("trailing", 1035, "4.1", place{p.at, len(b) - p.at}, dissect.Warning)
	}
	return m, p.found
}

func (m *Message) parseSections(p *parser) {
	count := func(i int) int { return int(binary.BigEndian.Uint16(p.b[4+2*i:])) }
	if !m.Response && m.Opcode == 0 && count(0) != 1 {
		p.find("question.count", 1035, "4.1.2", place{4, 2}, dissect.Warning)
	}
	for range count(0) {
		q, ok := p.question()
		if !ok {
			return
		}
		m.Questions = append(m.Questions, q)
	}
	for i, section := range [...]*[]Record{&m.Answers, &m.Authority, &m.Additional} {
		for range count(i + 1) {
			r, ok := p.record()
			if !ok {
				return
			}
			*section = append(*section, r)
			if r.Type == typeOPT {
				m.readEDNS(p, &r)
			}
		}
	}
}

// readEDNS takes what the OPT record says of the message (RFC 6891 §6.1.3).
func (m *Message) readEDNS(p *parser, r *Record) {
	if m.EDNS != nil {
		p.find("edns.repeated", 6891, "6.1.1", r.place, dissect.Wrong)
		return
	}
	m.EDNS = &EDNS{Version: int(r.TTL >> 16 & 255), Size: int(r.Class), DO: r.TTL>>15&1 == 1}
	m.Rcode |= int(r.TTL>>24) << 4
}

// fail notes that the message cannot be read any further.
func (p *parser) fail(err error, at int) bool {
	switch err {
	case errLoop:
		p.find("name.loop", 1035, "4.1.4", place{at, 2}, dissect.Wrong)
	case errLabel:
		p.find("name.label", 1035, "4.1.4", place{at, 1}, dissect.Wrong)
	case errLong:
		p.find("name.too-long", 1035, "2.3.4", place{at, 1}, dissect.Wrong)
	default:
		p.find("cut", 1035, "4.1", place{len(p.b), 0}, dissect.Wrong)
	}
	p.at = -1
	return false
}

func (p *parser) question() (q Question, ok bool) {
	start := p.at
	name, next, err := readName(p.b, p.at)
	if err != nil || next+4 > len(p.b) {
		return q, p.fail(err, start)
	}
	q = Question{
		Name: name, Type: binary.BigEndian.Uint16(p.b[next:]), Class: binary.BigEndian.Uint16(p.b[next+2:]),
		place: place{start, next + 4 - start},
	}
	p.at = next + 4
	return q, true
}

func (p *parser) record() (r Record, ok bool) {
	start := p.at
	name, next, err := readName(p.b, p.at)
	if err != nil || next+10 > len(p.b) {
		return r, p.fail(err, start)
	}
	length := int(binary.BigEndian.Uint16(p.b[next+8:]))
	r = Record{
		Name: name, Type: binary.BigEndian.Uint16(p.b[next:]), Class: binary.BigEndian.Uint16(p.b[next+2:]),
		TTL:    binary.BigEndian.Uint32(p.b[next+4:]),
		header: place{next, 10}, data: place{next + 10, length}, place: place{start, next + 10 + length - start},
		message: p.b,
	}
	if r.data.at+length > len(p.b) {
		return r, p.fail(errCut, next+8)
	}
	if r.Type != typeOPT && r.TTL > 1<<31-1 {
		p.find("ttl.too-large", 2181, "8", place{next + 4, 4}, dissect.Wrong)
	}
	p.at = r.data.at + length
	return r, true
}

func (p *parser) find(name string, rfc int, section string, at place, severity dissect.Severity) {
	p.found = append(p.found, finding(name, rfc, section, at, severity))
}

// readName reads the name at offset at, following pointers, which may only lead
// back (RFC 1035 §4.1.4). next is where the name ends in place.
func readName(b []byte, at int) (name string, next int, err error) {
	var text strings.Builder
	next, size, lowest := -1, 1, at
	for {
		if at >= len(b) {
			return "", 0, errCut
		}
		length := int(b[at])
		switch length & 0xc0 {
		case 0x00:
			at++
			if length == 0 {
				if next < 0 {
					next = at
				}
				if text.Len() == 0 {
					return ".", next, nil
				}
				return text.String(), next, nil
			}
			if at+length > len(b) {
				return "", 0, errCut
			}
			if size += length + 1; size > maxName {
				return "", 0, errLong
			}
			writeLabel(&text, b[at:at+length])
			at += length
		case 0xc0:
			if at+2 > len(b) {
				return "", 0, errCut
			}
			to := int(binary.BigEndian.Uint16(b[at:]) & 0x3fff)
			if to >= lowest {
				return "", 0, errLoop
			}
			if next < 0 {
				next = at + 2
			}
			at, lowest = to, to
		default:
			return "", 0, errLabel
		}
	}
}

// writeLabel writes a label as zone files do (RFC 1035 §5.1).
func writeLabel(text *strings.Builder, label []byte) {
	for _, c := range label {
		switch {
		case c == '.' || c == '\\':
			text.WriteByte('\\')
			text.WriteByte(c)
		case c <= ' ' || c >= 0x7f:
			text.WriteByte('\\')
			text.WriteByte('0' + c/100)
			text.WriteByte('0' + c/10%10)
			text.WriteByte('0' + c%10)
		default:
			text.WriteByte(c)
		}
	}
	text.WriteByte('.')
}
