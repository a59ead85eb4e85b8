// Package icmp is what the exercises on raw sockets have in common: how an echo
// request is judged, what an ICMP error quotes, and how a printed round-trip time
// is found. The words are those of the exercise icmp-ping.
package icmp

import (
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/wire/packet"
)

// Judge judges an echo request as its receiver does.
func Judge(t *check.T, p *check.Packet) {
	m := check.Mistake{Packet: p, RFC: "RFC 792", Book: "§5.6"}
	message := p.Segment()
	switch {
	case p.ICMPType != packet.EchoRequest:
		m.Name, m.Args, m.Length = "icmp-ping.not-a-request", map[string]any{"Type": p.ICMPType}, 1
	case p.ICMPCode != 0:
		m.Name, m.Args, m.Offset, m.Length = "icmp-ping.code", map[string]any{"Code": p.ICMPCode}, 1, 1
	case packet.Sum(message, 0) != 0xffff:
		judgeChecksum(t, m, message)
		return
	default:
		return
	}
	t.Wrong(m)
}

// judgeChecksum finds out how a wrong checksum came about.
func judgeChecksum(t *check.T, m check.Mistake, message []byte) {
	zeroed := append([]byte(nil), message...)
	zeroed[2], zeroed[3] = 0, 0
	got, want := binary.BigEndian.Uint16(message[2:]), check.Checksum(zeroed)
	m.Name, m.Offset, m.Length, m.RFC = "icmp-ping.checksum", 2, 2, "RFC 1071 §1"
	m.Expected, m.Actual = fmt.Sprintf("%#04x", want), fmt.Sprintf("%#04x", got)
	switch got {
	case want>>8 | want<<8:
		m.Name = "icmp-ping.checksum-order"
	case 0:
		m.Name = "icmp-ping.checksum-zero"
	case check.Checksum(zeroed[:8]):
		m.Name = "icmp-ping.checksum-header"
	case ^want:
		m.Name = "icmp-ping.checksum-complement"
	}
	t.Wrong(m)
}

// Quote is what an ICMP error brings back of a packet: its IP header, and eight
// bytes more.
func Quote(p *check.Packet) []byte {
	ip := append([]byte(nil), p.Data[p.NetworkOffset():]...)
	copy(ip[16:20], check.Seen(p.To).AsSlice())
	return ip[:min(len(ip), p.TransportOffset()-p.NetworkOffset()+8)]
}

var (
	decimal = regexp.MustCompile(`\d+(\.\d+)?(e[-+]\d+)?`)
	dotted  = regexp.MustCompile(`\d+(\.\d+){2,}`)
)

// Printed reports whether a time from least on, with a digit's grace, and up to
// most, stands in a text: in seconds with a fraction, or in thousandths, or
// millionths of them.
func Printed(text string, least, most time.Duration) bool {
	low, high := 0.85*least.Seconds(), most.Seconds()
	for _, number := range decimal.FindAllString(dotted.ReplaceAllString(strings.ToLower(text), " "), -1) {
		v, err := strconv.ParseFloat(number, 64)
		if err != nil || isStamp(v) {
			continue
		}
		for _, unit := range []float64{1, 1e3, 1e6, 1e9} {
			if (unit > 1 || strings.ContainsAny(number, ".e")) && v >= low*unit && v <= high*unit {
				return true
			}
		}
	}
	return false
}

// isStamp is whether a number is the time of day itself, in seconds since 1970: as
// nanoseconds it would be a round-trip time.
func isStamp(v float64) bool {
	const day = 24 * 60 * 60
	return math.Abs(v-float64(time.Now().Unix())) < day
}

// HasNumber reports whether there is a number in a text.
func HasNumber(text string) bool { return decimal.MatchString(text) }
