package tls

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/wirebook/wirebook/wire/dissect"
)

// fields is the tree of a record that has a Hello.
func fields(b []byte) []dissect.Field {
	if len(b) < enough {
		return nil
	}
	tree := []dissect.Field{
		{Name: "Content type", Key: "socket.tls", Value: strconv.Itoa(int(b[0])) + " (handshake)", Length: 1},
		{Name: "Version", Key: "socket.tls", Value: fmt.Sprintf("%d.%d", b[1], b[2]), Offset: 1, Length: 2},
		{Name: "Length", Key: "socket.tls", Value: strconv.Itoa(recordLength(b)), Offset: 3, Length: 2},
		{Name: "Handshake message", Key: "socket.tls", Value: strconv.Itoa(int(b[recordHeader])), Offset: recordHeader, Length: 1},
	}
	if name, at, ok := serverName(b); ok {
		tree = append(tree, dissect.Field{
			Name: "Server name", Key: "socket.tls", Value: dissect.Text([]byte(name), 80), Offset: at, Length: len(name),
		})
	}
	return tree
}

const extensionServerName = 0

// serverName finds the name of the server that a ClientHello asks for (RFC 6066
// §3), and where it stands.
func serverName(record []byte) (name string, at int, ok bool) {
	c := cursor{b: record, at: recordHeader}
	if c.number(1) != clientHello {
		return "", 0, false
	}
	c.skip(3 + 2 + 32)  // length, version, random (RFC 8446 §4.1.2)
	c.skip(c.number(1)) // session ID
	c.skip(c.number(2)) // cipher suites
	c.skip(c.number(1)) // compression methods
	c.skip(2)           // length of the extensions
	for !c.over && c.at < len(record) {
		kind, length := c.number(2), c.number(2)
		if kind != extensionServerName {
			c.skip(length)
			continue
		}
		c.skip(2 + 1) // length of the list, type of the name
		length = c.number(2)
		if at = c.at; c.skip(length) && length > 0 {
			return string(record[at : at+length]), at, true
		}
	}
	return "", 0, false
}

// cursor reads numbers, and stays where it is when there are no more bytes.
type cursor struct {
	b    []byte
	at   int
	over bool
}

// number reads a number of one or two bytes.
func (c *cursor) number(bytes int) int {
	at := c.at
	switch {
	case !c.skip(bytes):
		return 0
	case bytes == 1:
		return int(c.b[at])
	}
	return int(binary.BigEndian.Uint16(c.b[at:]))
}

func (c *cursor) skip(n int) bool {
	if c.over || n > len(c.b)-c.at {
		c.over = true
		return false
	}
	c.at += n
	return true
}
