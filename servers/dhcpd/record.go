package dhcpd

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/durable"
)

// A line of the file of leases is one of a journal (see package durable): it has the
// address, the state, since and until when, the client's identifier, its hardware
// address, and its name:
//
//	5f3c0a91 192.0.2.100 bound 2026-03-02T09:00:00Z 2026-03-02T21:00:00Z 01020000000001 020000000001 "alice"

// appendLease writes the line of l.
func appendLease(b []byte, l *Lease) []byte {
	const room = 256 // for nearly all
	text := l.Addr.AppendTo(make([]byte, 0, room))
	text = append(append(append(text, ' '), l.State...), ' ')
	text = append(l.Since.UTC().AppendFormat(text, time.RFC3339Nano), ' ')
	text = append(l.Until.UTC().AppendFormat(text, time.RFC3339Nano), ' ')
	text = append(appendHex(text, l.Client), ' ')
	text = append(appendHex(text, l.MAC), ' ')
	return durable.AppendLine(b, strconv.AppendQuoteToASCII(text, l.Name))
}

// appendHex writes bytes in hexadecimal digits, and none as a hyphen.
func appendHex(b, data []byte) []byte {
	if len(data) == 0 {
		return append(b, '-')
	}
	return hex.AppendEncode(b, data)
}

var errDamaged = errors.New("its checksum is wrong")

// parseLease reads a line.
func parseLease(line []byte) (Lease, error) {
	var l Lease
	text, ok := durable.Line(line)
	if !ok {
		return l, errDamaged
	}
	fields := strings.SplitN(string(text), " ", 7)
	if len(fields) != 7 {
		return l, fmt.Errorf("it has %d fields, not 7", len(fields))
	}
	l.State = State(fields[1])
	var errs [6]error
	l.Addr, errs[0] = netip.ParseAddr(fields[0])
	l.Since, errs[1] = time.Parse(time.RFC3339Nano, fields[2])
	l.Until, errs[2] = time.Parse(time.RFC3339Nano, fields[3])
	l.Client, errs[3] = parseHex(fields[4])
	l.MAC, errs[4] = parseHex(fields[5])
	l.Name, errs[5] = strconv.Unquote(fields[6])
	return l, errors.Join(errs[:]...)
}

func parseHex(text string) ([]byte, error) {
	if text == "-" {
		return nil, nil
	}
	return hex.DecodeString(text)
}
