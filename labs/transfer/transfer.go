// Package transfer is what the exercises of reliable data transfer have in common:
// a sender that reads a file and a receiver that writes one, on UDP, over a link
// that loses, doubles and damages packets. The alternating-bit protocol is
// go-back-N with a window of one packet and numbers modulo two.
//
//	 0               1               2               3
//	+---------------+---------------+-------------------------------+
//	|     type      |    number     |           checksum            |
//	+---------------+---------------+-------------------------------+
//	|                data, 0 to 512 bytes: DATA only                |
//	+---------------------------------------------------------------+
//
// Type 1 is DATA, 2 is ACK; the checksum is UDP's (RFC 1071) over all of the
// packet. A DATA packet without data is the file's end. An ACK says which packet
// is the last of all that have come so far.
//
// The tester is the other end, and the link between: sender.go is it for senders,
// which sender_losses.go and sender_acks.go judge, receiver.go for receivers, which
// receiver_cases.go judges. The words are in the catalogue under lab.transfer.
package transfer

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/wire/packet"
)

// Protocol is one of the exercises.
type Protocol struct {
	Modulus int // of the numbers
	Window  int // how many packets may be on their way
	Book    string
}

// The types of packets.
const (
	typeData = 1
	typeAck  = 2
)

const (
	headerLen = 4
	mostData  = 512
)

// Input is the file that a sender reads if it is not told another.
const Input = "input.bin"

// output is what a receiver is told to write.
const output = "output.bin"

// Arguments are the ways in which either program may take its arguments.
var Arguments = [][]string{
	nil,
	{"{host}", "{port}", "{file}"},
	{"{port}", "{file}"},
	{"{file}", "{host}", "{port}"},
	{"{file}", "{port}"},
	{"{host}", "{port}"},
	{"{file}"},
	{"{port}"},
	{"--host", "{host}", "--port", "{port}", "--file", "{file}"},
	{"--port", "{port}", "--file", "{file}"},
}

// Answers are what is typed.
var Answers = []check.Answer{
	{Prompt: "port|端口", Type: "{port}"},
	{Prompt: "file|文件", Type: "{file}"},
	{Prompt: "host|address|server|receiver|主机|地址|接收", Type: "{host}"},
	{Prompt: "window|窗口", Type: "8"},
	{Type: "{file}", Once: true},
	{Type: ""},
}

// Places are the arguments while the way of taking them is found out.
var Places = check.Values{"file": Input}

// Prepare puts the file there.
func Prepare(t *check.T) { t.WriteFile(Input, t.Bytes(3*mostData+100)) }

// pack makes a packet.
func pack(kind byte, number int, data []byte) []byte {
	p := append([]byte{kind, byte(number), 0, 0}, data...)
	binary.BigEndian.PutUint16(p[2:], check.Checksum(p))
	return p
}

// damaged is a packet in which one byte of its data, or else its number, has
// changed on the way.
func damaged(p []byte, at int) []byte {
	p = append([]byte(nil), p...)
	p[at] ^= 0x21
	return p
}

// judge judges the form of a packet, which must be of that type.
func (proto Protocol) judge(t *check.T, g *check.Datagram, kind byte) {
	m := check.Mistake{Datagram: g, Book: proto.Book}
	b := g.Data
	switch {
	case len(b) < headerLen:
		m.Name, m.Length, m.Actual = "transfer.too-short", len(b), say(len(b))
	case b[0] != kind:
		m.Name, m.Length = "transfer.type", 1
		m.Expected, m.Actual = fmt.Sprint(kind), fmt.Sprint(b[0])
	case int(b[1]) >= proto.Modulus:
		m.Name, m.Offset, m.Length, m.Actual = "transfer.number-range", 1, 1, fmt.Sprint(b[1])
		m.Args = map[string]any{"Most": proto.Modulus - 1}
	case len(b) > headerLen+mostData:
		m.Name, m.Offset, m.Actual = "transfer.too-long", headerLen+mostData, say(len(b)-headerLen)
	case kind == typeAck && len(b) > headerLen:
		m.Name, m.Offset, m.Length = "transfer.ack-with-data", headerLen, len(b)-headerLen
	case packet.Sum(b, 0) != 0xffff:
		proto.judgeChecksum(t, m, b)
		return
	default:
		return
	}
	t.Wrong(m)
}

// judgeChecksum finds out how a wrong checksum came about.
func (proto Protocol) judgeChecksum(t *check.T, m check.Mistake, b []byte) {
	zeroed := append([]byte(nil), b...)
	zeroed[2], zeroed[3] = 0, 0
	got, want := binary.BigEndian.Uint16(b[2:]), check.Checksum(zeroed)
	m.Name, m.Offset, m.Length, m.RFC = "transfer.checksum", 2, 2, "RFC 1071 §1"
	m.Expected, m.Actual = fmt.Sprintf("%#04x", want), fmt.Sprintf("%#04x", got)
	switch got {
	case want>>8 | want<<8:
		m.Name = "transfer.checksum-order"
	case ^want:
		m.Name = "transfer.checksum-complement"
	case 0:
		m.Name = "transfer.checksum-zero"
	case check.Checksum(zeroed[headerLen:]):
		m.Name = "transfer.checksum-part"
	case withoutCarry(zeroed):
		m.Name = "transfer.checksum-carry"
	case oddAtTheBottom(zeroed):
		m.Name = "transfer.checksum-odd"
	}
	t.Wrong(m)
}

// withoutCarry is the checksum of those who forget what overflows 16 bits.
func withoutCarry(b []byte) uint16 {
	var sum uint16
	for i, octet := range b {
		sum += uint16(octet) << (8 * ((i + 1) % 2))
	}
	return ^sum
}

// oddAtTheBottom is the checksum of those who take an odd last byte for a word's
// lower half.
func oddAtTheBottom(b []byte) uint16 {
	if len(b)%2 == 0 {
		return 0
	}
	return check.Checksum(append(append([]byte(nil), b[:len(b)-1]...), 0, b[len(b)-1]))
}

func say(n int) check.Words { return check.Say("transfer.bytes", "Bytes", n) }

// limit is longer than usual: each loss costs a timer.
const limit = 30 * time.Second

// Cases are those of a protocol, for either program.
func (proto Protocol) Cases() []check.Case {
	sender := func(name string, level check.Level, run func(*check.T)) check.Case {
		return check.Case{Name: name, Of: check.Client, Level: level, Miniature: true, Limit: limit, Run: run}
	}
	receiver := func(name string, level check.Level, run func(*check.T)) check.Case {
		return check.Case{Name: name, Of: check.Server, Level: level, Miniature: true, Limit: limit, Run: run}
	}
	all := []check.Case{
		sender("sends", check.Required, proto.sends),
		sender("window", check.Required, proto.window),
		sender("lost-data", check.Required, proto.lostData),
		sender("lost-ack", check.Required, proto.lostAck),
		sender("lost-end", check.Required, proto.lostEnd),
		sender("old-ack", check.Required, proto.oldAck),
		sender("corrupt-ack", check.Required, proto.corruptAck),
		sender("gives-up", check.Optional, proto.givesUp),
		sender("empty-file", check.Robustness, proto.sendsEmpty),
		sender("timer", check.Robustness, proto.timer),
		receiver("receives", check.Required, proto.receives),
		receiver("duplicate", check.Required, proto.duplicate),
		receiver("corrupt", check.Required, proto.corrupt),
		receiver("end-again", check.Robustness, proto.endAgain),
		receiver("corrupt-first", check.Robustness, proto.corruptFirst),
		receiver("short", check.Robustness, proto.short),
		receiver("receives-empty", check.Robustness, proto.receivesEmpty),
	}
	for i := range all {
		if all[i].Name == "gives-up" {
			all[i].Limit = 20 * time.Second
		}
	}
	if proto.Window > 1 {
		all = append(all,
			sender("cumulative", check.Required, proto.cumulative),
			sender("before-first", check.Robustness, proto.beforeFirst),
			sender("wrap", check.Robustness, proto.sendsLong),
			receiver("gap", check.Required, proto.gap),
			receiver("receives-long", check.Robustness, proto.receivesLong),
		)
	}
	return all
}
