package dhcpd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// A message is 236 bytes of fixed fields, four bytes that tell DHCP from what was
// there before it, and options: each a code, a length and so many bytes. These are
// the fields, by where they begin (RFC 2131 §2, figure 1).
const (
	atOp      = 0 // 1 from clients, 2 from servers
	atHType   = 1 // of the client's card: 1 is Ethernet
	atHLen    = 2 // of its address
	atHops    = 3
	atXID     = 4
	atSecs    = 8
	atFlags   = 10
	atCIAddr  = 12
	atYIAddr  = 16
	atSIAddr  = 20
	atGIAddr  = 24
	atCHAddr  = 28
	atSName   = 44
	atFile    = 108
	atCookie  = 236
	atOptions = 240

	shortest = 300 // what BOOTP's messages have, and some relay agents insist on (RFC 1542 §2.1)
)

var cookie = []byte{99, 130, 83, 99} // RFC 2131 §3

// The options that the server reads or writes (RFC 2132; 82: RFC 3046).
const (
	optionPad         = 0
	optionSubnetMask  = 1
	optionRouter      = 3
	optionDNS         = 6
	optionHostName    = 12
	optionDomain      = 15
	optionAddress     = 50 // that the client wants
	optionLease       = 51
	optionMessageType = 53
	optionServer      = 54
	optionText        = 56
	optionT1          = 58
	optionT2          = 59
	optionClient      = 61
	optionAgent       = 82 // what a relay agent has added
	optionEnd         = 255
)

var errCutOff = errors.New("the message is cut off")

// options are those of a request that matter; nil is one that is not there.
type options struct {
	hostName, address, lease, kind, server, client, agent []byte
}

// of is where an option belongs; nil: it does not matter.
func (o *options) of(code byte) *[]byte {
	switch code {
	case optionHostName:
		return &o.hostName
	case optionAddress:
		return &o.address
	case optionLease:
		return &o.lease
	case optionMessageType:
		return &o.kind
	case optionServer:
		return &o.server
	case optionClient:
		return &o.client
	case optionAgent:
		return &o.agent
	}
	return nil
}

// parse reads the options up to their end. The parts of one that comes more than
// once belong together (RFC 3396).
func (o *options) parse(b []byte) error {
	for len(b) > 0 {
		code := b[0]
		switch {
		case code == optionEnd:
			return nil
		case code == optionPad:
			b = b[1:]
			continue
		case len(b) < 2 || len(b) < 2+int(b[1]):
			return errCutOff
		}
		end := 2 + int(b[1])
		if value := o.of(code); value != nil && *value == nil {
			*value = b[2:end:end]
		} else if value != nil {
			*value = append(*value, b[2:end]...)
		}
		b = b[end:]
	}
	return errCutOff
}

// appendOption adds an option to b, in parts if it is longer than one can be.
func appendOption(b []byte, code byte, value []byte) []byte {
	const longest = 255
	for ; len(value) > longest; value = value[longest:] {
		b = append(append(b, code, longest), value[:longest]...)
	}
	return append(append(b, code, byte(len(value))), value...)
}

func appendSeconds(b []byte, code byte, d time.Duration) []byte {
	return binary.BigEndian.AppendUint32(append(b, code, 4), uint32(d/time.Second))
}

func appendAddrs(b []byte, code byte, addrs []netip.Addr) []byte {
	if len(addrs) == 0 {
		return b
	}
	var value []byte
	for _, a := range addrs {
		value = append(value, a.AsSlice()...)
	}
	return appendOption(b, code, value)
}

// finish ends a message.
func finish(b []byte) []byte {
	b = append(b, optionEnd)
	return append(b, bytes.Repeat([]byte{optionPad}, max(0, shortest-len(b)))...)
}

func putAddr(b []byte, a netip.Addr) {
	four := a.As4()
	copy(b, four[:])
}

// addrOf is the address in b; 0.0.0.0, or what is none, is the zero Addr.
func addrOf(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	if !a.Is4() || a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}
