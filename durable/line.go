package durable

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"strconv"
)

// A journal is a file to which lines are only added. Each begins with a checksum of
// what it says, so that a line that a crash has cut, or a disk has spoilt, is known:
//
//	0a9be7c4 1 512 1772442000.M123456P77Q4.mail,S=512,W=512

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendLine adds to b the line of a journal that says text, in which there is no
// line end.
func AppendLine(b, text []byte) []byte {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.Checksum(text, castagnoli))
	b = append(hex.AppendEncode(b, sum[:]), ' ')
	return append(append(b, text...), '\n')
}

// Line is what a line says, which may still have its end. ok is false if it is not
// as it was written.
func Line(line []byte) (text []byte, ok bool) {
	sum, text, found := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	return text, found && err == nil && len(sum) == 8 && uint32(want) == crc32.Checksum(text, castagnoli)
}
