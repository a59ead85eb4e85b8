package letter

import (
	"encoding/base64"
	"net/mail"
	"strings"
	"unicode/utf8"
)

// Line lengths, without CR LF. RFC 5322 §2.1.1 would have 78, RFC 2047 §2 has 76 for
// lines with encoded-words.
const (
	lineShould = 76
	lineMust   = 998
)

// field is a line of the header, or several: it is folded before a space (RFC 5322
// §2.2.3).
func field(name, value string) string {
	var folded strings.Builder
	line := name + ":"
	words := strings.SplitAfter(" "+value, " ")
	for i, word := range words[1:] {
		// The space before a word ends the one before it.
		word = " " + strings.TrimSuffix(word, " ")
		blank := word == " " || i == 0 // a line must not be blank, nor end so
		if len(line)+len(word) > lineShould && !blank {
			folded.WriteString(line + "\r\n")
			line = ""
		}
		line += word
	}
	folded.WriteString(line + "\r\n")
	return folded.String()
}

// unstructured is a text of any kind as the value of a field.
func unstructured(text string) string {
	if plain(text) {
		return text
	}
	return encodedWords(text)
}

// plain reports whether a reader will find the text in a header as it was.
func plain(text string) bool {
	for _, word := range strings.Split(text, " ") {
		if len(word) > lineMust/2 {
			return false
		}
	}
	return asciiBytes(text) == len(text) && !strings.Contains(text, "=?") && strings.TrimSpace(text) == text &&
		!strings.Contains(text, "  ") && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func asciiBytes(text string) int {
	n := 0
	for i := range len(text) {
		if text[i] < utf8.RuneSelf {
			n++
		}
	}
	return n
}

// encodedWords is a text in base64: words between which the space does not count.
// They are so long that one fits behind "Subject: ". No character is in two (RFC
// 2047 §2, §5).
func encodedWords(text string) string {
	const begin, end, most = "=?utf-8?b?", "?=", 39 // bytes, which are 52 characters
	var words []string
	for len(text) > 0 {
		n := 0
		for n < len(text) {
			_, size := utf8.DecodeRuneInString(text[n:])
			if n+size > most {
				break
			}
			n += size
		}
		words = append(words, begin+base64.StdEncoding.EncodeToString([]byte(text[:n]))+end)
		text = text[n:]
	}
	return strings.Join(words, " ")
}

// addresses is a list of them as the value of a field (RFC 5322 §3.4).
func addresses(list []*mail.Address) string {
	all := make([]string, len(list))
	for i, a := range list {
		switch {
		case a.Name == "":
			all[i] = Path(a)
		case plain(a.Name):
			all[i] = a.String() // in quotation marks, as names with a comma need it
		default:
			all[i] = encodedWords(a.Name) + " <" + Path(a) + ">"
		}
	}
	return strings.Join(all, ", ")
}

// Path is the address alone, as an envelope has it: with quotation marks around what
// is before the @, if it needs them (RFC 5321 §4.1.2).
func Path(a *mail.Address) string {
	bare := mail.Address{Address: a.Address}
	return strings.TrimSuffix(strings.TrimPrefix(bare.String(), "<"), ">")
}
