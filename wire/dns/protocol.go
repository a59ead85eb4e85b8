package dns

import (
	"encoding/binary"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Protocol is DNS on port 53.
var Protocol = dissect.Protocol{
	Name: "DNS",
	UDP:  []uint16{53},
	TCP:  []uint16{53},
	New:  func() any { return new(dissector) },
	Keys: keys(),
}

const (
	classicUDP   = 512 // bytes, without EDNS (RFC 1035 §2.3.4)
	lengthPrefix = 2
)

// Datagram dissects a message over UDP.
func (d *dissector) Datagram(g *dissect.Datagram) *dissect.Part {
	if len(g.Payload) < headerSize {
		return nil
	}
	m, found := Parse(g.Payload)
	part := &dissect.Part{Value: m, Fields: fields}
	if m.Response {
		a, more := d.answered(m, g.From, g.To, nil)
		part.Answers = a.ref
		found = append(found, more...)
		if len(g.Payload) > a.room && a.ref.ID != 0 {
			found = append(found, finding("udp.too-long", 1035, "4.2.1", place{a.room, len(g.Payload) - a.room}, dissect.Wrong))
		}
	} else {
		d.asked(m, g.From, g.To, g.Ref)
	}
	m.describe(part, found)
	return part
}

// Stream reads the messages of a TCP connection, each after its length
// (RFC 1035 §4.2.2).
func (d *dissector) Stream(s *dissect.Stream) (client, server func(*dissect.Reader)) {
	read := func(fromClient bool) func(*dissect.Reader) {
		return func(r *dissect.Reader) {
			for d.readOne(s, r, fromClient) {
			}
		}
	}
	return read(true), read(false)
}

func (d *dissector) readOne(s *dissect.Stream, r *dissect.Reader, fromClient bool) bool {
	prefix, err := r.Bytes(lengthPrefix)
	if err != nil {
		return false
	}
	b, err := r.Bytes(int(binary.BigEndian.Uint16(prefix)))
	if err == dissect.ErrGap || len(b) < headerSize {
		return false
	}
	m, found := Parse(b)
	if err != nil {
		found = append(found, finding("tcp.cut", 1035, "4.2.2", place{0, len(b)}, dissect.Wrong))
	}
	part := dissect.Part{Value: m, Fields: func(whole []byte) []dissect.Field { return streamFields(whole) }}
	switch {
	case !m.Response:
	case fromClient:
		_, more := d.answered(m, s.Client, s.Server, s)
		found = append(found, more...)
	default:
		a, more := d.answered(m, s.Server, s.Client, s)
		part.Answers = a.ref
		found = append(found, more...)
	}
	for i := range found {
		found[i].Offset += lengthPrefix
	}
	m.describe(&part, found)
	ref := r.Emit(part)
	if !m.Response && fromClient {
		d.asked(m, s.Client, s.Server, ref)
	}
	return err == nil
}
