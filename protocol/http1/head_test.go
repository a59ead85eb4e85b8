package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

var rules = Rules{MaxStart: 30, MaxFields: 200, MaxCount: 4}

func lenient(r Rules) Rules {
	r.Lenient = true
	return r
}

func TestReadAHead(t *testing.T) {
	const text = "\r\nGET / HTTP/1.1\r\nHost: www.example.com\r\nX:\r\nY: \t a, b \t\r\nx: c\r\n\r\nrest"
	for name, source := range map[string]io.Reader{
		"at once":          strings.NewReader(text),
		"a byte at a time": iotest.OneByteReader(strings.NewReader(text)),
	} {
		in := bufio.NewReaderSize(source, 16) // lines are longer than the buffer
		var head Head
		if err := head.Read(in, rules); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := Fields{{"Host", "www.example.com"}, {"X", ""}, {"Y", "a, b"}, {"x", "c"}}
		if head.Start != "GET / HTTP/1.1" || len(head.Fields) != len(want) {
			t.Fatalf("%s: %q %q", name, head.Start, head.Fields)
		}
		for i := range want {
			if head.Fields[i] != want[i] {
				t.Errorf("%s: %q, want %q", name, head.Fields[i], want[i])
			}
		}
		if rest, _ := io.ReadAll(in); string(rest) != "rest" {
			t.Errorf("%s: what is left is %q", name, rest)
		}
	}
}

func TestHeadsThatAreRefused(t *testing.T) {
	broken := errors.New("the cable is cut")
	for _, test := range []struct {
		text string
		want error
	}{
		{"", io.EOF},
		{"GET", io.ErrUnexpectedEOF},
		{"GET / HTTP/1.1\r\n", io.ErrUnexpectedEOF},
		{"GET / HTTP/1.1\r\nHost: x\r\n", io.ErrUnexpectedEOF},
		{"\r\n\r\n", SyntaxError("empty line in place of the start line")},
		{strings.Repeat("x", 31) + "\r\n\r\n", ErrStartTooLong},
		{strings.Repeat("x", 30) + "\r\n\r\n", nil},
		{"x\r\n" + strings.Repeat("X: y\r\n", 5) + "\r\n", ErrFieldsTooLarge},
		{"x\r\n" + strings.Repeat("X: y\r\n", 4) + "\r\n", nil},
		{"x\r\nX: " + strings.Repeat("y", 195) + "\r\n\r\n", nil},
		{"x\r\nX: " + strings.Repeat("y", 198) + "\r\n\r\n", ErrFieldsTooLarge},
		{"x\r\nX: " + strings.Repeat("y", 100) + "\r\nX: " + strings.Repeat("y", 100) + "\r\n\r\n", ErrFieldsTooLarge},
		{"x\nX: y\n\n", SyntaxError("line ends with a bare LF")},
		{"x\r\nX: y\rZ: z\r\n\r\n", SyntaxError("bare CR in a line")},
		{"x\r\nX: y\r\r\n\r\n", SyntaxError("bare CR in a line")},
		{"x\r\nX: y\r\n z\r\n\r\n", SyntaxError("line begins with white space")},
		{"x\r\nX\r\n\r\n", SyntaxError("field line without a colon")},
		{"x\r\nX : y\r\n\r\n", SyntaxError("field name is not a token")},
		{"x\r\n: y\r\n\r\n", SyntaxError("field name is not a token")},
		{"x\r\nX: \x00\r\n\r\n", SyntaxError("control character in a field value")},
		{"x\r\nX: \x7f\r\n\r\n", SyntaxError("control character in a field value")},
	} {
		var head Head
		if err := head.Read(bufio.NewReader(strings.NewReader(test.text)), rules); err != test.want {
			t.Errorf("%q: %v, want %v", test.text, err, test.want)
		}
	}
	var head Head
	in := bufio.NewReader(io.MultiReader(strings.NewReader("x\r\n"), iotest.ErrReader(broken)))
	if err := head.Read(in, rules); err != broken {
		t.Errorf("got %v", err)
	}
}

func TestALenientReader(t *testing.T) {
	var head Head
	text := "HTTP/1.1 200 OK\nX: a\n \tb \r\nY: c\n\n"
	if err := head.Read(bufio.NewReader(strings.NewReader(text)), lenient(rules)); err != nil {
		t.Fatal(err)
	}
	if head.Fields.Get("x") != "a b" || head.Fields.Get("Y") != "c" {
		t.Errorf("got %q", head.Fields)
	}
	for _, text := range []string{"x\n a\n\n", "x\nX: a\n \x00\n\n"} {
		if err := head.Read(bufio.NewReader(strings.NewReader(text)), lenient(rules)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestFields(t *testing.T) {
	fields := Fields{{"Connection", "close, X"}, {"connection", " ,keep-alive"}, {"Host", "a"}}
	if !fields.HasMember("Connection", "CLOSE") || !fields.HasMember("CONNECTION", "keep-alive") || fields.HasMember("Connection", "clos") {
		t.Error("members")
	}
	if fields.Count("Connection") != 2 || fields.Get("HOST") != "a" || fields.Get("Date") != "" {
		t.Error("names")
	}
	if (Fields{{"\u212a", "Kelvin"}}).Count("k") != 0 {
		t.Error("a Kelvin sign is no k")
	}
	for range fields.Members("Connection") {
		break // an iterator must bear this
	}
}

func TestContentLength(t *testing.T) {
	for _, test := range []struct {
		values []string
		want   int64 // -1: an error
	}{
		{[]string{"0"}, 0}, {[]string{"42"}, 42}, {[]string{"042"}, 42}, {[]string{"5", "5"}, 5}, {[]string{"5, 5"}, 5},
		{[]string{"999999999999999999"}, 999999999999999999},
		{[]string{"1000000000000000000"}, -1}, {[]string{""}, -1}, {[]string{","}, -1}, {[]string{"-1"}, -1}, {[]string{"+1"}, -1},
		{[]string{"1.0"}, -1}, {[]string{"1 1"}, -1}, {[]string{"0x1"}, -1}, {[]string{"5", "6"}, -1}, {[]string{"5, 6"}, -1}, {[]string{"٥"}, -1},
	} {
		var fields Fields
		for _, value := range test.values {
			fields = append(fields, Field{"Content-Length", value})
		}
		n, ok, err := fields.ContentLength()
		if !ok || (err != nil) != (test.want < 0) || (err == nil && n != test.want) {
			t.Errorf("%q: %d %v %v, want %d", test.values, n, ok, err, test.want)
		}
	}
	if _, ok, err := (Fields{}).ContentLength(); ok || err != nil {
		t.Errorf("none: %v %v", ok, err)
	}
}

func TestTimes(t *testing.T) {
	want, _ := ParseTime("Sun, 06 Nov 1994 08:49:37 GMT")
	for _, s := range []string{"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"} {
		if got, ok := ParseTime(s); !ok || !got.Equal(want) {
			t.Errorf("%s: %v %v", s, got, ok)
		}
	}
	if got := FormatTime(want); got != "Sun, 06 Nov 1994 08:49:37 GMT" {
		t.Errorf("got %s", got)
	}
	for _, s := range []string{"", "yesterday", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 99 Nov 1994 08:49:37 GMT"} {
		if got, ok := ParseTime(s); ok {
			t.Errorf("%q is %v", s, got)
		}
	}
}

// FuzzHead reads a head, writes it out again, and reads the same.
func FuzzHead(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), false)
	f.Add([]byte("HTTP/1.1 200 OK\nX: a\n b\n\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, relaxed bool) {
		rules := Rules{MaxStart: 100, MaxFields: 1000, MaxCount: 20, Lenient: relaxed}
		var head, again Head
		if head.Read(bufio.NewReader(bytes.NewReader(data)), rules) != nil {
			return
		}
		text := head.Start + "\r\n"
		for _, field := range head.Fields {
			if !IsToken(field.Name) || !ValidValue(field.Value) {
				t.Errorf("field %q: %q", field.Name, field.Value)
			}
			text += field.Name + ":" + field.Value + "\r\n"
		}
		if head.Start == "" {
			t.Fatal("no start line")
		}
		if err := again.Read(bufio.NewReader(strings.NewReader(text+"\r\n")), Rules{MaxStart: 100, MaxFields: 10_000, MaxCount: 20}); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if again.Start != head.Start || len(again.Fields) != len(head.Fields) {
			t.Errorf("%q became %q", head.Fields, again.Fields)
		}
	})
}
