package dissect

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Duration is a time without the units that are zero: 12h, 90m.
func Duration(d time.Duration) string {
	text := d.String()
	for _, zero := range [...]string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// escape leaves what can be shown as it is and writes the rest as Go would.
func escape(b []byte) string {
	if shown(b) {
		return string(b)
	}
	var text strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n <= 1:
			text.WriteString(`\x` + string(hexDigits[b[0]>>4]) + string(hexDigits[b[0]&15]))
		case unicode.IsPrint(r):
			text.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			text.WriteString(quoted[1 : len(quoted)-1])
		}
		b = b[n:]
	}
	return text.String()
}

const hexDigits = "0123456789abcdef"

// shown reports whether b is printable ASCII throughout, as most text is.
func shown(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
