// Package dnsmsg is what all have in common who send and receive messages of the DNS,
// beyond their format, which github.com/miekg/dns knows: how a message travels on a
// connection, and when a message is the reply to another.
package dnsmsg

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"github.com/miekg/dns"
)

// Framed is a message as it travels on a connection: behind its length in two bytes
// (RFC 1035 §4.2.2). Both are to be sent in one write, so that they are in one
// segment (RFC 7766 §8).
func Framed(packet []byte) []byte {
	framed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(packet)), uint16(len(packet)))
	return append(framed, packet...)
}

// Read reads one message from a connection. The error is io.EOF if there is none,
// and io.ErrUnexpectedEOF if it breaks off.
func Read(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	packet := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(r, packet); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return packet, nil
}

// Reply is the message in packet if it is a reply to query: with the same ID and the
// same question, its letters in any case (RFC 5452 §9.1). Otherwise it is nil. That
// it comes from the address that was asked, the socket must see to. A truncated
// message may end anywhere; and an old server that could not even read the question
// says so without it.
func Reply(packet []byte, query *dns.Msg) *dns.Msg {
	reply := new(dns.Msg)
	if err := reply.Unpack(packet); err != nil && !reply.Truncated {
		return nil
	}
	if reply.Id != query.Id || !reply.Response || reply.Opcode != query.Opcode {
		return nil
	}
	if !SameQuestion(reply, query) && !(len(reply.Question) == 0 && notUnderstood(reply.Rcode)) {
		return nil
	}
	return reply
}

// SameQuestion reports whether two messages have the same one question.
func SameQuestion(a, b *dns.Msg) bool {
	if len(a.Question) != 1 || len(b.Question) != 1 {
		return false
	}
	x, y := a.Question[0], b.Question[0]
	return x.Qtype == y.Qtype && x.Qclass == y.Qclass && strings.EqualFold(x.Name, y.Name)
}

func notUnderstood(rcode int) bool {
	return rcode == dns.RcodeFormatError || rcode == dns.RcodeNotImplemented || rcode == dns.RcodeBadVers
}
