package ftpc

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseList(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	at := func(text string) time.Time {
		when, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, c := range []struct {
		line string
		want Entry
	}{
		{"-rw-r--r--    1 ftp      ftp            14 Mar 01 08:30 hello.txt", Entry{Name: "hello.txt", Kind: File, Size: 14, Modified: at("2026-03-01 08:30")}},
		{"-rw-r--r-- 1 ftp ftp 14 Dec 31 08:30  x ", Entry{Name: " x ", Kind: File, Size: 14, Modified: at("2025-12-31 08:30")}},
		{"-rw-r--r-- 1 ftp 14 Mar 1 2025 no group", Entry{Name: "no group", Kind: File, Size: 14, Modified: at("2025-03-01 00:00")}},
		{"-rw-r--r--+ 1 ftp ftp 14 Feb 29 08:30 leap", Entry{}},
		{"drwxr-xr-x    2 0        0            4096 Mar  1  2025 目录", Entry{Name: "目录", Kind: Dir, Size: -1, Modified: at("2025-03-01 00:00")}},
		{"lrwxrwxrwx 1 0 0 9 Mar 01 08:30 latest -> hello.txt", Entry{Name: "latest", Kind: Link, Size: -1, Target: "hello.txt", Modified: at("2026-03-01 08:30")}},
		{"crw-rw-rw- 1 0 0 1, 3 Mar 01 08:30 null", Entry{Name: "null", Size: -1, Modified: at("2026-03-01 08:30")}},
		{"-rw-r--r-- 1 Mar May 14 Mar 01 08:30 Mar 01 08:30", Entry{Name: "Mar 01 08:30", Kind: File, Size: 14, Modified: at("2026-03-01 08:30")}},
		{"03-01-26  08:30AM       <DIR>          pub files", Entry{Name: "pub files", Kind: Dir, Size: -1, Modified: at("2026-03-01 08:30")}},
		{"03-01-2026  02:30PM               14 hello.txt", Entry{Name: "hello.txt", Kind: File, Size: 14, Modified: at("2026-03-01 14:30")}},
		{"-rw-r--r-- 1 ftp ftp", Entry{}},
		{"-rw-r--r-- 1 ftp ftp 14 Mar 01 08:30", Entry{}},
		{"03-01-26 08:30AM x y", Entry{}},
		{"what?", Entry{}},
	} {
		if c.want.Name == "" {
			c.want.Size = -1
		}
		c.want.Line = c.line
		if got, ok := parseList(c.line, now); !ok || cmp.Diff(c.want, got) != "" {
			t.Errorf("%q: %s", c.line, cmp.Diff(c.want, got))
		}
	}
	if e, ok := parseList("total 12", now); ok {
		t.Errorf("the sum is an entry: %+v", e)
	}
}

func FuzzEntries(f *testing.F) {
	f.Add("-rw-r--r--    1 ftp      ftp            14 Mar 01 08:30 hello.txt")
	f.Add("03-01-26  08:30AM       <DIR>          pub")
	f.Add("type=file;size=14;modify=20260301083000; hello.txt")
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, line string) {
		for _, parse := range []func(string, time.Time) (Entry, bool){parseList, parseMLSD} {
			if e, ok := parse(line, now); ok && (e.Size < -1 || e.Line != line || !strings.Contains(line, e.Name)) {
				t.Errorf("%q: %+v", line, e)
			}
		}
	})
}

// What is heard is told line by line, however it comes.
func FuzzTap(f *testing.F) {
	f.Add("220 ready\r\n230 in\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		var lines []string
		told := &tap{from: iotest.OneByteReader(strings.NewReader(text)), line: func(line string) { lines = append(lines, line) }}
		io.Copy(io.Discard, told)
		if got, want := strings.Join(lines, "\n"), strings.Count(text, "\n"); len(lines) != want || len(got) > len(text) {
			t.Errorf("%q: %q", text, lines)
		}
	})
}

func TestText(t *testing.T) {
	for ours, travels := range map[string]string{"": "", "a": "a", "a\nb\n": "a\r\nb\r\n", "\n\n": "\r\n\r\n"} {
		for _, chunks := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.DataErrReader, iotest.HalfReader} {
			if got, err := io.ReadAll(&toLines{from: chunks(strings.NewReader(ours))}); string(got) != travels || err != nil {
				t.Errorf("%q travels as %q, %v", ours, got, err)
			}
			var kept strings.Builder
			lines := &fromLines{to: &kept}
			io.Copy(lines, chunks(strings.NewReader(travels)))
			if err := lines.flush(); kept.String() != ours || err != nil {
				t.Errorf("%q is kept as %q, %v", travels, kept.String(), err)
			}
		}
	}
	if got, err := io.ReadAll(&toLines{from: strings.NewReader("a\r\nb\n")}); string(got) != "a\r\nb\r\n" {
		t.Errorf("%q, %v", got, err)
	}
}
