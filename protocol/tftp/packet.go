package tftp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
)

// Opcode says which of the six kinds a datagram is (RFC 1350 §5, RFC 2347).
type Opcode uint16

// The kinds of datagram.
const (
	RRQ   Opcode = 1 // read request
	WRQ   Opcode = 2 // write request
	DATA  Opcode = 3
	ACK   Opcode = 4
	ERROR Opcode = 5
	OACK  Opcode = 6 // option acknowledgment
)

// The transfer modes (RFC 1350 §1). Mail, the third one, is obsolete.
const (
	Octet    = "octet"    // bytes as they are
	Netascii = "netascii" // text, whose lines end in CR LF on the way
)

const (
	headerSize = 4 // of DATA and ACK: opcode and block number

	// MaxRequest is how long a request may be: what fits into one block
	// (RFC 2347).
	MaxRequest = 512
)

// opcode of a datagram, or 0 when it is too short to have one.
func opcode(packet []byte) Opcode {
	if len(packet) < 2 {
		return 0
	}
	return Opcode(binary.BigEndian.Uint16(packet))
}

// numbered takes DATA and ACK apart.
func numbered(packet []byte) (op Opcode, block uint16, data []byte) {
	if len(packet) < headerSize {
		return 0, 0, nil
	}
	return opcode(packet), binary.BigEndian.Uint16(packet[2:]), packet[headerSize:]
}

func putHeader(packet []byte, op Opcode, block uint16) {
	binary.BigEndian.PutUint16(packet, uint16(op))
	binary.BigEndian.PutUint16(packet[2:], block)
}

// Ack is the datagram that acknowledges a block. Block 0 is a request.
func Ack(block uint16) []byte {
	packet := make([]byte, headerSize)
	putHeader(packet, ACK, block)
	return packet
}

// Request is what a transfer begins with.
type Request struct {
	Op      Opcode // RRQ or WRQ
	Name    string // of the file
	Mode    string // in lower case
	Options []Option
}

// Option is a wish in a request, or its acceptance in an OACK (RFC 2347).
type Option struct {
	Name, Value string
}

var errMalformed = errors.New("not a TFTP request")

// ParseRequest reads a datagram that was sent to port 69.
func ParseRequest(packet []byte) (Request, error) {
	r := Request{Op: opcode(packet)}
	if r.Op != RRQ && r.Op != WRQ || len(packet) > MaxRequest {
		return r, errMalformed
	}
	texts, err := splitTexts(packet[2:])
	if err != nil || len(texts) < 2 || texts[0] == "" {
		return r, errMalformed
	}
	r.Name, r.Mode = texts[0], strings.ToLower(texts[1])
	r.Options, err = pair(texts[2:])
	return r, err
}

// Append adds the datagram to buf.
func (r Request) Append(buf []byte) []byte {
	buf = binary.BigEndian.AppendUint16(buf, uint16(r.Op))
	buf = append(append(buf, r.Name...), 0)
	buf = append(append(buf, r.Mode...), 0)
	return appendOptions(buf, r.Options)
}

// parseOACK reads which options the server accepts.
func parseOACK(packet []byte) ([]Option, error) {
	if opcode(packet) != OACK {
		return nil, errMalformed
	}
	texts, err := splitTexts(packet[2:])
	if err != nil {
		return nil, err
	}
	return pair(texts)
}

// AppendOACK adds to buf the datagram that accepts options.
func AppendOACK(buf []byte, options []Option) []byte {
	return appendOptions(binary.BigEndian.AppendUint16(buf, uint16(OACK)), options)
}

func appendOptions(buf []byte, options []Option) []byte {
	for _, o := range options {
		buf = append(append(buf, o.Name...), 0)
		buf = append(append(buf, o.Value...), 0)
	}
	return buf
}

// splitTexts takes apart texts each of which ends in a byte 0.
func splitTexts(b []byte) ([]string, error) {
	var texts []string
	for len(b) > 0 {
		text, rest, ended := bytes.Cut(b, []byte{0})
		if !ended {
			return nil, errMalformed
		}
		texts = append(texts, string(text))
		b = rest
	}
	return texts, nil
}

// pair makes options of texts. Their names are in any case (RFC 2347).
func pair(texts []string) ([]Option, error) {
	if len(texts)%2 != 0 {
		return nil, errMalformed
	}
	var options []Option
	for i := 0; i < len(texts); i += 2 {
		options = append(options, Option{strings.ToLower(texts[i]), texts[i+1]})
	}
	return options, nil
}

// number is the value of an option: decimal digits and nothing else.
func (o Option) number(lowest, highest int64) (int64, bool) {
	n, err := strconv.ParseInt(o.Value, 10, 64)
	return n, err == nil && o.Value[0] != '+' && lowest <= n && n <= highest
}
