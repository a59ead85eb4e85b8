package packet

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/wirebook/wirebook/wire/dissect"
)

// builder collects a layer's fields. Offsets are given from base, the layer's
// start; a field that goes past the end of the data is left out.
type builder struct {
	data   []byte
	base   int
	fields []dissect.Field
}

// at is the bytes of a field, or nil when they are not there.
func (b *builder) at(offset, length int) []byte {
	start := b.base + offset
	if offset < 0 || length < 0 || start+length > len(b.data) {
		return nil
	}
	return b.data[start : start+length : start+length]
}

func (b *builder) add(name, key string, offset, length int, value string) *dissect.Field {
	if b.at(offset, length) == nil {
		return &dissect.Field{} // nobody will see it
	}
	b.fields = append(b.fields, dissect.Field{Name: name, Key: key, Value: value, Offset: b.base + offset, Length: length})
	return &b.fields[len(b.fields)-1]
}

// uint adds a number of 1 to 8 bytes; show nil: in decimal.
func (b *builder) uint(name, key string, offset, length int, show func(uint64) string) *dissect.Field {
	v := number(b.at(offset, length))
	if show == nil {
		return b.add(name, key, offset, length, strconv.FormatUint(v, 10))
	}
	return b.add(name, key, offset, length, show(v))
}

// bits adds a field of some bits in the bytes from offset on.
func (b *builder) bits(name, key string, offset, bit, bits int, show func(uint64) string) {
	length := (bit + bits + 7) / 8
	v := number(b.at(offset, length)) >> (length*8 - bit - bits) & (1<<bits - 1)
	value := strconv.FormatUint(v, 10)
	if show != nil {
		value = show(v)
	}
	f := b.add(name, key, offset, length, value)
	f.Bit, f.Bits = bit, bits
}

func (b *builder) mac(name, key string, offset int) {
	if mac := b.at(offset, 6); mac != nil {
		b.add(name, key, offset, 6, MAC(mac).String())
	}
}

func (b *builder) addr(name, key string, offset, length int) {
	if addr, ok := netip.AddrFromSlice(b.at(offset, length)); ok {
		b.add(name, key, offset, length, addr.String())
	}
}

// checksum adds a checksum of 2 bytes and says whether it is right.
func (b *builder) checksum(key string, offset int, good bool, want uint16) {
	b.uint("Checksum", key, offset, 2, func(v uint64) string {
		if good {
			return fmt.Sprintf("0x%04x (correct)", v)
		}
		return fmt.Sprintf("0x%04x (should be 0x%04x)", v, want)
	})
}

// layer closes the tree of a layer that spans the bytes from start to end.
func (b *builder) layer(name, key string, start, end int) dissect.Field {
	end = min(end, len(b.data))
	return dissect.Field{Name: name, Key: key, Offset: start, Length: max(end-start, 0), Children: b.fields}
}

func number(b []byte) (v uint64) {
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// named is a number and, if it has one, its name: "0x0800 (IPv4)".
func named(v uint64, format string, names map[uint64]string) string {
	text := fmt.Sprintf(format, v)
	if name, ok := names[v]; ok {
		text += " (" + name + ")"
	}
	return text
}

func hex(format string) func(uint64) string {
	return func(v uint64) string { return fmt.Sprintf(format, v) }
}

func flag(v uint64) string {
	if v != 0 {
		return "set"
	}
	return "not set"
}
