package tftp

import (
	"fmt"
	"strconv"

	"github.com/wirebook/wirebook/wire/dissect"
)

// plural fills in n and, unless it is negative, count, with the right ending.
func plural(format string, n, count int) string {
	switch count {
	case -1:
		return fmt.Sprintf(format, n)
	case 1:
		return fmt.Sprintf(format, n, count)
	}
	return fmt.Sprintf(format+"s", n, count)
}

// fields is the tree of a message.
func fields(b []byte) []dissect.Field {
	m, ok := parse(b)
	if m == nil {
		return nil
	}
	op := dissect.Field{Name: "Opcode", Key: "tftp.opcode", Value: strconv.Itoa(int(m.Op)), Length: opSize}
	tree := []dissect.Field{op}
	if !ok {
		return tree
	}
	tree[0].Key, tree[0].Value = "tftp.op."+m.Op.String(), fmt.Sprintf("%d (%s)", m.Op, m.Op)
	add := func(name, key, value string, p place) {
		tree = append(tree, dissect.Field{Name: name, Key: key, Value: value, Offset: p.at, Length: p.length})
	}
	number := place{opSize, headerSize - opSize}
	switch m.Op {
	case DATA:
		add("Block", "tftp.block", strconv.Itoa(int(m.Block)), number)
		add("Data", "tftp.data", dissect.Text(b[headerSize:], 80), place{headerSize, m.Length})
	case ACK:
		add("Block", "tftp.block", strconv.Itoa(int(m.Block)), number)
	case ERROR:
		key := "tftp.errorcode"
		if m.Code <= lastCode {
			key = "tftp.error." + strconv.Itoa(int(m.Code))
		}
		add("ErrorCode", key, strconv.Itoa(int(m.Code)), number)
		add("ErrMsg", "tftp.errmsg", dissect.Text([]byte(m.Text), 200), place{headerSize, len(b) - headerSize})
	default:
		tree = append(tree, textFields(m)...)
	}
	return tree
}

const lastCode = 8

// textFields are those of a request or an OACK.
func textFields(m *Message) []dissect.Field {
	var tree []dissect.Field
	add := func(name, key, value string, p place) {
		value = dissect.Text([]byte(value), 200)
		tree = append(tree, dissect.Field{Name: name, Key: key, Value: value, Offset: p.at, Length: p.length})
	}
	if m.Op != OACK {
		if len(m.texts) > 0 {
			add("Filename", "tftp.filename", m.Name, m.texts[0])
		}
		if len(m.texts) > 1 {
			key := "tftp.mode"
			if modes[m.Mode] {
				key += "." + m.Mode
			}
			add("Mode", key, m.Mode, m.texts[1])
		}
	}
	for i, o := range m.Options {
		key := "tftp.option"
		if _, known := options[o.Name]; known {
			key += "." + o.Name
		}
		add("Option", key, o.Name+"="+o.Value, m.option(i))
	}
	return tree
}

var modes = map[string]bool{"octet": true, "netascii": true, "mail": true}

// options are those that the RFCs define, and the values that they may have.
var options = map[string]struct {
	low, high int64
	rfc       int
}{
	"blksize":    {8, 65464, 2348},
	"timeout":    {1, 255, 2349},
	"tsize":      {0, 1 << 62, 2349},
	"windowsize": {1, 65535, 7440},
}

// number is the value of an option, if that makes sense.
func (o Option) number() (int64, bool) {
	rule, known := options[o.Name]
	n, err := strconv.ParseInt(o.Value, 10, 64)
	return n, known && err == nil && rule.low <= n && n <= rule.high
}
