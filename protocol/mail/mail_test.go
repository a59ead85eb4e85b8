package mail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// stuffed is the message on the wire.
func stuffed(t testing.TB, message string) string {
	t.Helper()
	var wire bytes.Buffer
	w := bufio.NewWriter(&wire)
	d := NewDotWriter(w)
	if n, err := io.WriteString(d, message); n != len(message) || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if err := errors.Join(d.Close(), w.Flush()); err != nil {
		t.Fatal(err)
	}
	return wire.String()
}

// inLines is the message as CRLFReader reads it.
func inLines(t testing.TB, message string) string {
	t.Helper()
	out, err := io.ReadAll(NewCRLFReader(strings.NewReader(message)))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

var messages = []struct{ name, message, wire string }{
	{"nothing", "", ".\r\n"},
	{"a line", "a\r\n", "a\r\n.\r\n"},
	{"a dot", ".\r\n", "..\r\n.\r\n"},
	{"dots", "..\r\n.a\r\na.\r\n", "...\r\n..a\r\na.\r\n.\r\n"},
	{"an end inside", "a\r\n.\r\nQUIT\r\n", "a\r\n..\r\nQUIT\r\n.\r\n"},
	{"no end", "a", "a\r\n.\r\n"},
	{"a dot without an end", ".", "..\r\n.\r\n"},
	{"half an end", "a\r", "a\r\n.\r\n"},
	{"LF alone", "a\n.\nb\n", "a\r\n..\r\nb\r\n.\r\n"},
	{"CR alone is text", "a\r.\rb\r\n", "a\r.\rb\r\n.\r\n"},
	{"two CR", "a\r\r\n.\r\n", "a\r\r\n..\r\n.\r\n"},
	{"LF CR", "\n\r", "\r\n\r\n.\r\n"},
	{"any byte", "\x00\xff\r\n.\x00\r\n", "\x00\xff\r\n..\x00\r\n.\r\n"},
}

func TestWriting(t *testing.T) {
	for _, m := range messages {
		if got := stuffed(t, m.message); got != m.wire {
			t.Errorf("%s: %q, want %q", m.name, got, m.wire)
		}
	}
}

// TestWritingInPieces cuts each message at each place.
func TestWritingInPieces(t *testing.T) {
	for _, m := range messages {
		for cut := range len(m.message) + 1 {
			var wire bytes.Buffer
			w := bufio.NewWriterSize(&wire, 16)
			d := NewDotWriter(w)
			io.WriteString(d, m.message[:cut])
			io.WriteString(d, m.message[cut:])
			if err := errors.Join(d.Close(), w.Flush()); err != nil || wire.String() != m.wire {
				t.Errorf("%s, cut at %d: %q, %v", m.name, cut, wire.String(), err)
			}
		}
	}
}

func TestReadingWhatWasWritten(t *testing.T) {
	for _, m := range messages {
		want := inLines(t, m.message)
		for how, source := range map[string]io.Reader{
			"whole":        strings.NewReader(m.wire + "QUIT\r\n"),
			"byte by byte": iotest.OneByteReader(strings.NewReader(m.wire + "QUIT\r\n")),
		} {
			r := bufio.NewReader(source)
			d := NewDotReader(r)
			if err := iotest.TestReader(d, []byte(want)); err != nil {
				t.Errorf("%s, %s: %v", m.name, how, err)
			}
			if rest, _ := io.ReadAll(r); string(rest) != "QUIT\r\n" {
				t.Errorf("%s, %s: behind it came %q", m.name, how, rest)
			}
		}
	}
}

func TestCRLFReader(t *testing.T) {
	for _, m := range messages {
		text := strings.TrimSuffix(m.wire, ".\r\n")
		want := strings.TrimPrefix(strings.ReplaceAll("\r\n"+text, "\r\n.", "\r\n"), "\r\n")
		if err := iotest.TestReader(NewCRLFReader(strings.NewReader(m.message)), []byte(want)); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
	broken := errors.New("broken")
	if got, err := io.ReadAll(NewCRLFReader(io.MultiReader(strings.NewReader("a"), iotest.ErrReader(broken)))); string(got) != "a" || err != broken {
		t.Errorf("%q, %v", got, err)
	}
}

// TestOnlyOneEnd is about what has been mistaken for the end of a message by
// some server or other, and let strangers smuggle in a second one.
func TestOnlyOneEnd(t *testing.T) {
	for _, almost := range []string{
		"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\n.\r", "\r\n\x00.\r\n", "\r\n.\x00\r\n", "\r\n.\r\r\n", "\r\n. \r\n",
	} {
		d := NewDotReader(bufio.NewReader(strings.NewReader("a" + almost + "MAIL FROM:<>\r\n.\r\n")))
		got, err := io.ReadAll(d)
		want := "a" + strings.Replace(almost, "\r\n.", "\r\n", 1) + "MAIL FROM:<>\r\n"
		if string(got) != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", almost, got, err, want)
		}
		if lone := strings.ReplaceAll(almost, "\r\n", ""); d.Irregular() != strings.ContainsAny(lone, "\r\n") {
			t.Errorf("%q: irregular is %v", almost, d.Irregular())
		}
	}
}

func TestATextWithoutAnEnd(t *testing.T) {
	for _, text := range []string{"", "a", "a\r\n", "a\r\n.", "a\r\n.\r", "."} {
		if _, err := io.ReadAll(NewDotReader(bufio.NewReader(strings.NewReader(text)))); err != io.ErrUnexpectedEOF {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestALineOfAGigabyte needs the memory of one buffer.
func TestALineOfAGigabyte(t *testing.T) {
	const size = 1 << 30
	allocated := testing.AllocsPerRun(1, func() {
		source := io.MultiReader(io.LimitReader(zeros{}, size), strings.NewReader("\r\n.\r\n"))
		n, err := io.Copy(io.Discard, NewDotReader(bufio.NewReader(source)))
		if n != size+2 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
	if allocated > 100 {
		t.Errorf("%v allocations", allocated)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestReadLine(t *testing.T) {
	const longest = 20
	for _, c := range []struct {
		in, want string
		err      error
	}{
		{"NOOP\r\nQUIT", "NOOP", nil},
		{"NOOP\nQUIT", "NOOP", nil},
		{"\r\n", "", nil},
		{"a\r\r\n", "a\r", nil},
		{"", "", io.EOF},
		{"NOOP", "", io.ErrUnexpectedEOF},
		{strings.Repeat("x", longest) + "\n", strings.Repeat("x", longest), nil},
		{strings.Repeat("x", longest+1) + "\n", "", ErrLineTooLong},
		{strings.Repeat("x", 1000), "", ErrLineTooLong},
	} {
		r := bufio.NewReaderSize(strings.NewReader(c.in), 16)
		if got, err := ReadLine(r, longest); got != c.want || err != c.err {
			t.Errorf("%q: %q, %v; want %q, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestSkipLine(t *testing.T) {
	for _, length := range []int{21, 22, 31, 32, 33, 100} {
		r := bufio.NewReaderSize(strings.NewReader(strings.Repeat("x", length)+"\nnext\r\n"), 16)
		if _, err := ReadLine(r, 20); err != ErrLineTooLong {
			t.Fatalf("%d: %v", length, err)
		}
		if err := SkipLine(r, 200); err != nil {
			t.Errorf("%d: %v", length, err)
		}
		if next, err := ReadLine(r, 20); next != "next" || err != nil {
			t.Errorf("%d: %q, %v", length, next, err)
		}
	}
	if err := SkipLine(bufio.NewReader(zeros{}), 1<<20); err != ErrLineTooLong {
		t.Errorf("no end: %v", err)
	}
}

// TestAPOP is the example of RFC 1939 §7.
func TestAPOP(t *testing.T) {
	if got := APOP("<1896.697170952@dbc.mtview.ca.us>", "tanstaaf"); got != "c4c9334bac560ecc979e58001b3e22fb" {
		t.Error(got)
	}
}

// FuzzThereAndBack: any message comes back, with its lines ended by CR LF.
func FuzzThereAndBack(f *testing.F) {
	for _, m := range messages {
		f.Add(m.message, 0)
	}
	f.Fuzz(func(t *testing.T, message string, cut int) {
		want := inLines(t, message)
		if again := inLines(t, want); again != want {
			t.Fatalf("%q, again %q", want, again)
		}
		wire := stuffed(t, message)
		if strings.Contains(strings.TrimSuffix(wire, "\r\n.\r\n"), "\r\n.\r\n") {
			t.Fatalf("an end inside: %q", wire)
		}
		cut = max(0, min(cut, len(wire)))
		r := bufio.NewReaderSize(io.MultiReader(strings.NewReader(wire[:cut]), strings.NewReader(wire[cut:]+"NOOP\r\n")), 16)
		got, err := io.ReadAll(NewDotReader(r))
		if string(got) != want || err != nil {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
		if rest, _ := io.ReadAll(r); string(rest) != "NOOP\r\n" {
			t.Fatalf("behind it: %q", rest)
		}
	})
}

// FuzzReading compares with the definition: the text up to the first CR LF . CR
// LF, without the first dot of a line.
func FuzzReading(f *testing.F) {
	for _, m := range messages {
		f.Add(m.wire)
	}
	f.Add("a\n.\r\nb\r\n.\n\r\n.\r\r\n.\r\n")
	f.Fuzz(func(t *testing.T, wire string) {
		got, err := io.ReadAll(NewDotReader(bufio.NewReader(iotest.HalfReader(strings.NewReader(wire)))))
		whole, _, ended := strings.Cut("\r\n"+wire, "\r\n.\r\n")
		if ended != (err == nil) {
			t.Fatalf("%q: %v", wire, err)
		}
		if !ended {
			return
		}
		want := strings.TrimPrefix(strings.ReplaceAll(whole+"\r\n", "\r\n.", "\r\n"), "\r\n")
		if string(got) != want {
			t.Fatalf("%q: %q, want %q", wire, got, want)
		}
	})
}

func BenchmarkDotReader(b *testing.B) {
	text := stuffed(b, strings.Repeat(strings.Repeat("x", 70)+"\r\n", 1000))
	source := strings.NewReader(text)
	r := bufio.NewReaderSize(source, 64<<10)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		source.Reset(text)
		r.Reset(source)
		io.Copy(io.Discard, NewDotReader(r))
	}
}

func BenchmarkDotWriter(b *testing.B) {
	text := []byte(strings.Repeat(strings.Repeat("x", 70)+"\r\n", 1000))
	w := bufio.NewWriterSize(io.Discard, 64<<10)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		d := NewDotWriter(w)
		d.Write(text)
		d.Close()
	}
}

// TestLiterals: what is written so is read back, and nothing else is read.
func TestLiterals(t *testing.T) {
	for text, want := range map[string]string{
		"[192.0.2.25]": "192.0.2.25", "[IPv6:2001:db8::25]": "2001:db8::25", "[ipv6:2001:db8::25]": "2001:db8::25",
	} {
		ip, ok := ParseLiteral(text)
		if !ok || ip.String() != want || !strings.EqualFold(Literal(ip), text) {
			t.Errorf("%s: %v, %v", text, ip, ok)
		}
	}
	for _, text := range []string{
		"", "[]", "192.0.2.25", "[192.0.2.25", "192.0.2.25]", "[192.0.2]", "[IPv6:]", "[IPv6:192.0.2.25]", "[2001:db8::25]", "[IPv6:fe80::1%eth0]", "[example.com]",
	} {
		if ip, ok := ParseLiteral(text); ok {
			t.Errorf("%s: %v", text, ip)
		}
	}
}
