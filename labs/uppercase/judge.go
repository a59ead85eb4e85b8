package uppercase

import (
	"bytes"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// Reply judges what the server sent back for a sentence. The place where it came
// is in m. earlier is a longer sentence that the server was sent before.
func Reply(t *check.T, m check.Mistake, sentence string, reply []byte, earlier ...string) {
	want, got := Upper(sentence), bare(reply)
	if got == want {
		return
	}
	if at := strings.Index(string(reply), want); at >= 0 {
		m.Name, m.Expected, m.Actual, m.Book = "uppercase.leftover", want, clip(reply), Book
		m.Offset, m.Length = at+len(want), len(reply)-at-len(want)
		if slices.ContainsFunc(earlier, func(e string) bool { return strings.HasSuffix(got, Upper(lastWord(e))) }) {
			t.Wrong(m)
		}
		t.Remark("uppercase.decorated")
		return
	}
	m.Name, m.Expected, m.Actual, m.Book = "uppercase.other-reply", want, clip(reply), Book
	m.Offset, m.Length = firstDifference(string(reply), want), 1
	switch {
	case got == sentence:
		m.Name = "uppercase.echo"
	case strings.Contains(got, "b'") || strings.Contains(got, `b"`):
		m.Name = "uppercase.repr"
	case got != "" && strings.HasPrefix(want, got):
		m.Name = "uppercase.cut"
	case !isASCII(sentence):
		m.Name = "uppercase.charset"
	case got != "" && len(got) <= len(sentence) && strings.EqualFold(got, sentence[:len(got)]):
		m.Name = "uppercase.not-all"
	}
	t.Wrong(m)
}

// Sent judges what the client sent of the sentence that was typed.
func Sent(t *check.T, m check.Mistake, sentence string, message []byte) {
	got := bare(message)
	if got == sentence {
		return
	}
	m.Expected, m.Actual, m.Book = sentence, clip(message), Book
	m.Offset, m.Length = firstDifference(string(message), sentence), 1
	first, _, _ := strings.Cut(sentence, " ")
	switch {
	case strings.Contains(got, "b'") || strings.Contains(got, `b"`):
		m.Name = "uppercase.repr"
	case strings.Contains(got, sentence):
		t.Remark("uppercase.more-sent")
		return
	case got == Upper(sentence):
		m.Name = "uppercase.client-upper"
	case got == first:
		m.Name = "uppercase.first-word"
	case got != "" && strings.HasPrefix(sentence, got):
		m.Name = "uppercase.cut"
	case !isASCII(sentence) && !isASCII(got):
		m.Name = "uppercase.charset"
	default:
		m.Name = "uppercase.not-typed"
	}
	t.Wrong(m)
}

// Printed waits until the client shows the reply.
func Printed(t *check.T, p *check.Program, m check.Mistake, reply string) {
	m.Name, m.Expected, m.Book = "uppercase.not-printed", reply, Book
	t.Await(p.Prints(func(output string) bool { return strings.Contains(output, reply) }), m)
	if strings.Contains(p.Output(), "b'"+reply) {
		t.Remark("uppercase.printed-repr")
	}
}

func lastWord(sentence string) string { return sentence[strings.LastIndexByte(sentence, ' ')+1:] }

func clip(message []byte) string {
	message = bytes.TrimRight(message, "\x00")
	const most = 200
	if len(message) > most {
		return string(message[:most]) + "…"
	}
	return string(message)
}

func firstDifference(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > 0x7f })
}
