package smtp

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func read(text string) (Reply, error) {
	return ReadReply(bufio.NewReader(strings.NewReader(text)), 100, 5, nil)
}

func TestReadReply(t *testing.T) {
	r, err := read("250-mail.example.edu\r\n250-size 1000\r\n250 STARTTLS\r\n")
	if want := map[string]string{"SIZE": "1000", "STARTTLS": ""}; err != nil || !r.Completed() || !maps.Equal(r.Extensions(), want) {
		t.Errorf("%+v, %v: %v", r, err, r.Extensions())
	}
	for _, text := range []string{
		"HTTP/1.1 400 Bad Request\r\n", "\r\n", "25\r\n", "199 x\r\n", "600 x\r\n", "250x\r\n", "250-a\r\n251 b\r\n",
		strings.Repeat("250-x\r\n", 6), "250 " + strings.Repeat("x", 100) + "\r\n",
	} {
		if r, err := read(text); !errors.Is(err, ErrProtocol) {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
	}
}

func TestEnhancedCodes(t *testing.T) {
	for text, want := range map[string]string{
		"5.1.1 no such user": "5.1.1", "5.1.1": "5.1.1", "5.123.123 x": "5.123.123", "no such user": "", "2.1.1 not this class": "",
		"5.1 x": "", "5.1.1.1 x": "", "5..1 x": "", "5.1234.1 x": "", "": "", "5.1.x": "",
	} {
		if got := (Reply{550, []string{text}}).Enhanced(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzReply: what is read is a reply, and is the same when it is written and read
// once more.
func FuzzReply(f *testing.F) {
	for _, text := range []string{"220 a\r\n", "250-a\r\n250 b\r\n", "250\r\n", "250-\r\n250\r\n", "421 x\n", "250 \r\n250 x\r\n", "25x a\r\n", "250-a\r\n251 b\r\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		seen := 0
		r, err := ReadReply(bufio.NewReader(strings.NewReader(string(b))), 100, 5, func(line string) {
			if seen++; len(line) > 100 {
				t.Fatalf("a line of %d bytes", len(line))
			}
		})
		if err != nil {
			return
		}
		if r.Code < 200 || r.Code > 559 || len(r.Lines) < 1 || len(r.Lines) > 5 || len(r.Lines) != seen {
			t.Fatalf("%+v", r)
		}
		_ = r.Enhanced()
		var written strings.Builder
		for i, line := range r.Lines {
			fmt.Fprintf(&written, "%d%c%s\r\n", r.Code, "- "[min(1, max(0, i-len(r.Lines)+2))], line)
		}
		again, err := ReadReply(bufio.NewReader(strings.NewReader(written.String())), 101, 5, func(string) {})
		if err != nil || again.Code != r.Code || !slices.Equal(again.Lines, r.Lines) {
			t.Fatalf("%+v, again %+v, %v", r, again, err)
		}
	})
}
