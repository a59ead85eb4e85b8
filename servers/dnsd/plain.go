package dnsd

import (
	"encoding/binary"

	"github.com/miekg/dns"
)

// The parts of a message that never move (RFC 1035 §4.1.1).
const (
	headerSize  = 12
	maxName     = 255            // RFC 1035 §2.3.4
	maxQuestion = maxName + 4    // and its type and class
	optSize     = 11             // an OPT record without options
	minSize     = dns.MinMsgSize // 512: RFC 1035 §2.3.4, and the least with EDNS
	maxPlain    = 512            // a longer query goes the slow way
)

// The bits of the header's second 16-bit word.
const (
	bitQR = 1 << 15
	bitTC = 1 << 9
	bitRD = 1 << 8
	bitCD = 1 << 4

	maskOpcode = 0xf << 11
)

// PlainQuery is a query as nearly all are: opcode QUERY, one question, and
// nothing else but perhaps an EDNS OPT record of version 0, whose options this
// server does not know and so ignores (RFC 6891 §6.1.2). It points into the
// received packet and is valid as long as that is.
type PlainQuery struct {
	// Question is the question as it came: the name in the asker's own mix of
	// upper and lower case, the type, the class.
	Question []byte

	// Type and Class are the question's last two fields.
	Type, Class uint16

	// RD and CD are the header's bits: recursion desired, checking disabled.
	RD, CD bool

	// EDNS says that the query has an OPT record, and DO is that record's bit.
	EDNS, DO bool

	// Size is the longest reply that may be sent: 512 without EDNS.
	Size int

	id     uint16
	limit  uint16 // the server's own size, told in its OPT
	folded [maxQuestion]byte
}

// Key is the question with the letters of its name in lower case: two queries
// with the same key ask the same (RFC 4343). It is valid until q is parsed anew.
func (q *PlainQuery) Key() []byte { return q.folded[:len(q.Question)] }

// parse reads packet into q and reports whether it is a plain query. limit is
// the longest datagram that the server sends.
func (q *PlainQuery) parse(packet []byte, limit int) bool {
	if len(packet) < headerSize || len(packet) > maxPlain {
		return false
	}
	flags := binary.BigEndian.Uint16(packet[2:])
	if flags&(bitQR|maskOpcode|bitTC) != 0 {
		return false
	}
	counts := binary.BigEndian.Uint64(packet[4:])
	const oneQuestion, oneAdditional = 1 << 48, 1
	if counts&^oneAdditional != oneQuestion {
		return false
	}
	if !q.parseQuestion(packet[headerSize:]) {
		return false
	}
	q.id = binary.BigEndian.Uint16(packet)
	q.RD, q.CD = flags&bitRD != 0, flags&bitCD != 0
	q.EDNS, q.DO = false, false
	q.Size, q.limit = minSize, uint16(limit)
	rest := packet[headerSize+len(q.Question):]
	if counts&oneAdditional == 0 {
		return len(rest) == 0
	}
	return q.parseOPT(rest, limit)
}

// parseQuestion takes the question off the front of b, and folds its name. A
// compressed name is left to the slow way: nothing precedes it to point to.
func (q *PlainQuery) parseQuestion(b []byte) bool {
	at := 0
	for {
		if at >= len(b) || at >= maxName {
			return false
		}
		length := int(b[at])
		q.folded[at] = b[at]
		at++
		if length == 0 {
			break
		}
		if length > 63 || at+length > len(b) || at+length >= maxName {
			return false
		}
		for end := at + length; at < end; at++ {
			q.folded[at] = lower(b[at])
		}
	}
	if at+4 > len(b) {
		return false
	}
	copy(q.folded[at:], b[at:at+4])
	q.Question = b[:at+4]
	q.Type = binary.BigEndian.Uint16(b[at:])
	q.Class = binary.BigEndian.Uint16(b[at+2:])
	return true
}

// parseOPT reads the pseudo-record that says what the asker can do (RFC 6891
// §6.1.2); b must hold it and nothing more.
func (q *PlainQuery) parseOPT(b []byte, limit int) bool {
	if len(b) < optSize || b[0] != 0 || binary.BigEndian.Uint16(b[1:]) != dns.TypeOPT {
		return false
	}
	version, options := b[6], int(binary.BigEndian.Uint16(b[9:]))
	if version != 0 || len(b) != optSize+options || !wellFormedOptions(b[optSize:]) {
		return false
	}
	q.EDNS = true
	q.DO = b[7]&0x80 != 0
	q.Size = clampSize(int(binary.BigEndian.Uint16(b[3:])), limit)
	return true
}

// wellFormedOptions reports whether b is a whole number of EDNS options, each a
// code, a length and as many bytes.
func wellFormedOptions(b []byte) bool {
	for len(b) >= 4 {
		length := int(binary.BigEndian.Uint16(b[2:]))
		if 4+length > len(b) {
			return false
		}
		b = b[4+length:]
	}
	return len(b) == 0
}

// AppendReply appends reply, a packed reply to the same question as Key, to
// buf, as the reply to q: with q's ID, its RD and CD bits, its question in the
// case it was asked in, and an OPT record when q had one. The packed reply must
// have no OPT record and not be truncated, and its question's name must not be
// compressed. It returns nil when all this is longer than q.Size.
func (q *PlainQuery) AppendReply(buf, reply []byte) []byte {
	size := len(reply)
	if q.EDNS {
		size += optSize
	}
	if size > q.Size {
		return nil
	}
	start := len(buf)
	buf = append(buf, reply...)
	msg := buf[start:]
	binary.BigEndian.PutUint16(msg, q.id)
	flags := binary.BigEndian.Uint16(msg[2:]) &^ (bitRD | bitCD)
	if q.RD {
		flags |= bitRD
	}
	if q.CD {
		flags |= bitCD
	}
	binary.BigEndian.PutUint16(msg[2:], flags)
	copy(msg[headerSize:], q.Question)
	if q.EDNS {
		binary.BigEndian.PutUint16(msg[10:], binary.BigEndian.Uint16(msg[10:])+1)
		buf = q.appendOPT(buf)
	}
	return buf
}

func (q *PlainQuery) appendOPT(buf []byte) []byte {
	var do byte
	if q.DO {
		do = 0x80
	}
	return append(buf, 0, 0, byte(dns.TypeOPT), byte(q.limit>>8), byte(q.limit), 0, 0, do, 0, 0, 0)
}

// clampSize is the longest reply to an asker who says size: never under 512
// (RFC 6891 §6.2.3), never over the server's own limit.
func clampSize(size, limit int) int { return min(max(size, minSize), limit) }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
