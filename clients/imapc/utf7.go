package imapc

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// The names of folders are ASCII. Other characters stand between & and - as UTF-16
// in base64, with a comma for the slash; & itself is &- (RFC 3501 §5.1.3).
var utf7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// encodeUTF7 is a name as it is sent.
func encodeUTF7(name string) string {
	var out strings.Builder
	var odd []rune
	flush := func() {
		if len(odd) == 0 {
			return
		}
		var b []byte
		for _, unit := range utf16.Encode(odd) {
			b = binary.BigEndian.AppendUint16(b, unit)
		}
		out.WriteString("&" + utf7.EncodeToString(b) + "-")
		odd = odd[:0]
	}
	for _, r := range name {
		if r < ' ' || r > '~' {
			odd = append(odd, r)
			continue
		}
		flush()
		out.WriteRune(r)
		if r == '&' {
			out.WriteByte('-')
		}
	}
	flush()
	return out.String()
}

// decodeUTF7 is a name as it is read. One that is not well formed stays as it is.
func decodeUTF7(name string) string {
	var out strings.Builder
	for rest := name; ; {
		before, after, found := strings.Cut(rest, "&")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		inside, next, found := strings.Cut(after, "-")
		if !found {
			return name
		}
		rest = next
		if inside == "" {
			out.WriteByte('&')
			continue
		}
		b, err := utf7.DecodeString(inside)
		if err != nil || len(b)%2 != 0 {
			return name
		}
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(b[2*i:])
		}
		out.WriteString(string(utf16.Decode(units)))
	}
}
