package dhcpd

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A line of the file of leases has a checksum of what follows, the address,
// the state, since and until when, the client's identifier, its hardware
// address, and its name:
//
//	5f3c0a91 192.0.2.100 bound 2026-03-02T09:00:00Z 2026-03-02T21:00:00Z 01020000000001 020000000001 "alice"

// appendLease writes the line of l.
func appendLease(b []byte, l *Lease) []byte {
	start := len(b)
	b = append(b, "00000000 "...)
	b = append(l.Addr.AppendTo(b), ' ')
	b = append(append(b, l.State...), ' ')
	b = append(l.Since.UTC().AppendFormat(b, time.RFC3339Nano), ' ')
	b = append(l.Until.UTC().AppendFormat(b, time.RFC3339Nano), ' ')
	b = append(appendHex(b, l.Client), ' ')
	b = append(appendHex(b, l.MAC), ' ')
	b = strconv.AppendQuoteToASCII(b, l.Name)
	putChecksum(b[start:], checksum(b[start+9:]))
	return append(b, '\n')
}

// appendHex writes bytes in hexadecimal digits, and none as a hyphen.
func appendHex(b, data []byte) []byte {
	if len(data) == 0 {
		return append(b, '-')
	}
	return hex.AppendEncode(b, data)
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func putChecksum(b []byte, sum uint32) {
	const digits = "0123456789abcdef"
	for i := range 8 {
		b[i] = digits[sum>>(28-4*i)&15]
	}
}

var errDamaged = errors.New("its checksum is wrong")

// parseLease reads a line, without its end.
func parseLease(line []byte) (Lease, error) {
	var l Lease
	if len(line) < 9 {
		return l, errDamaged
	}
	sum, err := strconv.ParseUint(string(line[:8]), 16, 32)
	if err != nil || uint32(sum) != checksum(line[9:]) {
		return l, errDamaged
	}
	fields := strings.SplitN(string(line[9:]), " ", 7)
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
