package forward

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

// A right checksum is right afterwards, a wrong one is wrong by as much, and one
// that UDP left out stays left out.
func TestChecksumsKeepTheirTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		protocol := rapid.SampledFrom([]Protocol{TCP, UDP, ICMP}).Draw(t, "protocol")
		sumAt := map[Protocol]int{TCP: tcpChecksum, UDP: 6, ICMP: 2}[protocol]
		b := append([]byte{0x45, 0, 0, 0, 0, 7, 0, 0, 64, byte(protocol), 0, 0}, rapid.SliceOfN(rapid.Byte(), 8+20, 60).Draw(t, "rest")...)
		p := ipv4(b)
		p.setLen()
		p.setChecksum()
		seal := func() uint16 {
			segment := p.payload()
			segment[sumAt], segment[sumAt+1] = 0, 0
			sum := p.transportSum()
			if protocol == ICMP {
				sum = checksum(segment, 0)
			}
			if protocol == UDP && sum == 0 {
				sum = 0xffff
			}
			return sum
		}
		damage := rapid.SampledFrom([]uint16{0, 0, 1, 0x8000}).Draw(t, "damage")
		left := protocol == UDP && rapid.Bool().Draw(t, "no checksum")
		sum := seal() ^ damage
		if left || protocol == UDP && sum == 0 {
			sum, left = 0, true
		}
		binary.BigEndian.PutUint16(p.payload()[sumAt:], sum)

		at := rapid.SampledFrom([]int{sourceAt, destinationAt}).Draw(t, "end")
		p.setEndpoint(at, endpoint{[4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")), rapid.Uint16().Draw(t, "port")})

		if checksum(p[:ipv4HeaderMin], 0) != 0 {
			t.Fatal("the header's checksum is wrong")
		}
		got := binary.BigEndian.Uint16(p.payload()[sumAt:])
		if left {
			if got != 0 {
				t.Fatalf("a checksum that was not there is %#04x", got)
			}
			return
		}
		full := seal()
		// 0 and 0xffff are the same number in one's complement.
		if right := got%0xffff == full%0xffff; right != (damage == 0) {
			t.Fatalf("checksum %#04x, computed anew %#04x, damage %#04x", got, full, damage)
		}
	})
}
