package forward

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

// The example of RFC 1071 §3.
func TestChecksumOfTheRFC(t *testing.T) {
	if got := checksum([]byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}, 0); got != ^uint16(0xddf2) {
		t.Errorf("checksum = %#04x, want the complement of 0xddf2", got)
	}
	if got := checksum([]byte{0x12}, 0); got != ^uint16(0x1200) {
		t.Errorf("an odd byte counts as if a zero followed: %#04x", got)
	}
}

// The example of RFC 1624 §4: the older formula gives 0xffff here, which is wrong.
func TestIncrementalUpdateOfTheRFC(t *testing.T) {
	if got := updated(0xdd2f, 0x5555, 0x3285); got != 0x0000 {
		t.Errorf("updated = %#04x, want 0", got)
	}
}

func TestIncrementalUpdateEqualsFullRecompute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		header := rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "header")
		header[0] = 0x45
		header[ipv4TTL] |= 1 // at least 1
		p := ipv4(header)
		p.setChecksum()
		if checksum(p, 0) != 0 {
			t.Fatal("a header with its checksum does not sum up to nothing")
		}
		ageIPv4(p)
		incremental := binary.BigEndian.Uint16(p[ipv4Checksum:])
		p.setChecksum()
		if full := binary.BigEndian.Uint16(p[ipv4Checksum:]); incremental != full {
			t.Fatalf("incremental %#04x, full %#04x", incremental, full)
		}
	})
}
