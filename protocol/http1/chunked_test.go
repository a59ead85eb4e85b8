package http1

import (
	"bufio"
	"bytes"
	"io"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/iotest"
)

func TestChunks(t *testing.T) {
	const text = "5\r\nHello\r\n00e ; a=\"b\"\r\n, chunked world\r\n0\r\nSum: 1\r\n\r\nrest"
	for name, source := range map[string]io.Reader{
		"at once":          strings.NewReader(text),
		"a byte at a time": iotest.OneByteReader(strings.NewReader(text)),
	} {
		in := bufio.NewReader(source)
		chunks := NewChunked(in, rules)
		content, err := io.ReadAll(chunks)
		if err == nil || !strings.Contains(err.Error(), "longer") {
			t.Errorf("%s: %q %v", name, content, err)
		}
	}
	right := strings.Replace(text, "00e", "00F", 1)
	for name, source := range map[string]io.Reader{
		"at once":          strings.NewReader(right),
		"a byte at a time": iotest.OneByteReader(strings.NewReader(right)),
	} {
		in := bufio.NewReader(source)
		chunks := NewChunked(in, rules)
		content, err := io.ReadAll(chunks)
		if err != nil || string(content) != "Hello, chunked world" {
			t.Errorf("%s: %q %v", name, content, err)
		}
		if got := chunks.Trailer().Get("Sum"); got != "1" {
			t.Errorf("%s: trailer %q", name, chunks.Trailer())
		}
		if n, err := chunks.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("%s: after the end: %d %v", name, n, err)
		}
		if rest, _ := io.ReadAll(in); string(rest) != "rest" {
			t.Errorf("%s: what is left is %q", name, rest)
		}
	}
}

func TestChunksThatAreRefused(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "unexpected EOF"},
		{"5", "unexpected EOF"},
		{"5\r\nHel", "unexpected EOF"},
		{"5\r\nHello", "unexpected EOF"},
		{"5\r\nHello\r\n", "unexpected EOF"},
		{"0\r\n", "unexpected EOF"},
		{"0\r\nX: y\r\n", "unexpected EOF"},
		{"0\r\nX\r\n\r\n", "without a colon"},
		{"0\r\n" + strings.Repeat("X: y\r\n", 100) + "\r\n", "too large"},
		{"\r\n", "not a sensible number"},
		{"1000000000000000\r\n", "not a sensible number"},
		{"-1\r\n", "hexadecimal"}, {"+1\r\n", "hexadecimal"}, {" 1\r\n", "hexadecimal"}, {"1 \r\n", "hexadecimal"}, {"0x1\r\n", "hexadecimal"}, {"g\r\n", "hexadecimal"},
		{"1;\x00\r\na\r\n", "control character"},
		{"1\na\n", "bare LF"},
		{"1\r\na\n", "longer"},
		{"1\r\nab\r\n", "longer"},
		{strings.Repeat("0", 300), "too long"},
		{"1;" + strings.Repeat("x", 300) + "\r\na\r\n", "too long"},
		{strings.Repeat("1;"+strings.Repeat("x", 200)+"\r\na\r\n", 100) + "0\r\n\r\n", "more chunk framing"},
	} {
		_, err := io.Copy(io.Discard, NewChunked(bufio.NewReader(strings.NewReader(test.text)), rules))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40q: %v, want %q", test.text, err, test.want)
		}
	}
}

func TestSmallChunksArePossible(t *testing.T) {
	text := strings.Repeat("1\r\na\r\n", 100_000) + "0\r\n\r\n"
	n, err := io.Copy(io.Discard, NewChunked(bufio.NewReader(strings.NewReader(text)), rules))
	if n != 100_000 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// FuzzChunked compares with net/http's reader: what we accept has the same
// content there.
func FuzzChunked(f *testing.F) {
	f.Add([]byte("5\r\nHello\r\n0\r\n\r\n"))
	f.Add([]byte("5;a=b\r\nHello\r\n0\r\nX: y\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ours, err := io.ReadAll(NewChunked(bufio.NewReader(bytes.NewReader(data)), rules))
		if err != nil {
			return
		}
		theirs, err := io.ReadAll(httputil.NewChunkedReader(bufio.NewReader(bytes.NewReader(data))))
		if err != nil || !bytes.Equal(ours, theirs) {
			t.Errorf("%q is %q, for net/http %q, %v", data, ours, theirs, err)
		}
	})
}
