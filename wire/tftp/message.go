package tftp

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Op is an opcode.
type Op uint16

// The opcodes.
const (
	RRQ   Op = 1
	WRQ   Op = 2
	DATA  Op = 3
	ACK   Op = 4
	ERROR Op = 5
	OACK  Op = 6
)

var opNames = [...]string{"", "RRQ", "WRQ", "DATA", "ACK", "ERROR", "OACK"}

// String is the opcode's name, or empty when there is no such opcode.
func (op Op) String() string {
	if int(op) < len(opNames) {
		return opNames[op]
	}
	return ""
}

// MarshalText writes the name.
func (op Op) MarshalText() ([]byte, error) { return []byte(op.String()), nil }

// Message is a datagram as it was understood.
type Message struct {
	Op      Op       `json:"op"`
	Name    string   `json:"name,omitempty"` // RRQ, WRQ
	Mode    string   `json:"mode,omitempty"`
	Options []Option `json:"options,omitempty"` // RRQ, WRQ, OACK
	Block   uint16   `json:"block"`             // DATA, ACK
	Length  int      `json:"length"`            // of DATA's piece of the file
	Code    uint16   `json:"code,omitempty"`    // ERROR
	Text    string   `json:"text,omitempty"`

	texts []place // of a request or OACK
	cut   bool    // the last text does not end in a byte 0
}

// Option is a name and a value.
type Option struct {
	Name  string `json:"name"` // in lower case
	Value string `json:"value"`
}

type place struct{ at, length int }

const (
	opSize     = 2
	headerSize = 4
)

// parse reads a datagram; ok is false when it has no opcode of TFTP's.
func parse(b []byte) (m *Message, ok bool) {
	if len(b) < opSize {
		return nil, false
	}
	m = &Message{Op: Op(binary.BigEndian.Uint16(b))}
	switch m.Op {
	case RRQ, WRQ, OACK:
		m.readTexts(b)
		return m, true
	case DATA, ACK, ERROR:
		if len(b) < headerSize {
			return m, false
		}
	default:
		return m, false
	}
	number := binary.BigEndian.Uint16(b[opSize:])
	switch m.Op {
	case DATA:
		m.Block, m.Length = number, len(b)-headerSize
	case ACK:
		m.Block = number
	case ERROR:
		text, _, ended := strings.Cut(string(b[headerSize:]), "\x00")
		m.Code, m.Text, m.cut = number, text, !ended
	}
	return m, true
}

// readTexts reads texts that end in a byte 0 each: name and mode, then options.
func (m *Message) readTexts(b []byte) {
	for at := opSize; at < len(b); {
		end := bytes.IndexByte(b[at:], 0)
		if end < 0 {
			m.cut = true
			end = len(b) - at - 1
		}
		m.texts = append(m.texts, place{at, end + 1})
		at += end + 1
	}
	text := func(i int) string {
		p := m.texts[i]
		return strings.TrimSuffix(string(b[p.at:p.at+p.length]), "\x00")
	}
	first := 0
	if m.Op != OACK {
		first = min(2, len(m.texts))
		if first > 0 {
			m.Name = text(0)
		}
		if first > 1 {
			m.Mode = strings.ToLower(text(1))
		}
	}
	for i := first; i+1 < len(m.texts); i += 2 {
		m.Options = append(m.Options, Option{strings.ToLower(text(i)), text(i + 1)})
	}
}

// wellFormed reports whether a request or OACK has the texts that it needs.
func (m *Message) wellFormed() bool {
	switch m.Op {
	case RRQ, WRQ:
		return !m.cut && len(m.texts) >= 2 && len(m.texts)%2 == 0 && m.Name != ""
	case OACK:
		return !m.cut && len(m.texts)%2 == 0
	case ERROR:
		return !m.cut
	}
	return true
}

// option is the place of the i-th option's name and value.
func (m *Message) option(i int) place {
	first := 0
	if m.Op != OACK {
		first = 2
	}
	name, value := m.texts[first+2*i], m.texts[first+2*i+1]
	return place{name.at, name.length + value.length}
}

// summary is one line: "DATA block 3, 512 bytes".
func (m *Message) summary() string {
	words := []string{m.Op.String()}
	switch m.Op {
	case RRQ, WRQ:
		words = append(words, m.Name, m.Mode)
	case DATA:
		return plural("DATA block %d, %d byte", int(m.Block), m.Length)
	case ACK:
		return plural("ACK block %d", int(m.Block), -1)
	case ERROR:
		return plural("ERROR %d ", int(m.Code), -1) + dissect.Text([]byte(m.Text), 80)
	}
	for _, o := range m.Options {
		words = append(words, o.Name+"="+o.Value)
	}
	return dissect.Text([]byte(strings.Join(words, " ")), 200)
}
