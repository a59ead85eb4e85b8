package letter

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// outline is what Read finds, a line for each part.
func outline(raw string) (Header, string, error) {
	var found strings.Builder
	h, err := Read(strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")), func(p Part, r io.Reader) error {
		content, err := io.ReadAll(r)
		if len(content) > 40 {
			content = content[:40]
		}
		fmt.Fprintf(&found, "%s %s name=%q attached=%v %q\n", p.Section, p.Type, p.Name, p.Attached, content)
		return err
	})
	return h, found.String(), err
}

func TestWhatOthersWrite(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"no MIME", "Subject: x\n\nhello\n", `1 text/plain name="" attached=false "hello\r\n"`},
		{"no body", "Subject: x\n\n", `1 text/plain name="" attached=false ""`},
		{"GBK", "Content-Type: text/plain; charset=GBK\nContent-Transfer-Encoding: base64\n\nxOO6ww==\n", `1 text/plain name="" attached=false "你好"`},
		{"an unknown charset", "Content-Type: text/plain; charset=klingon\n\nhello\n", `1 text/plain name="" attached=false "hello\r\n"`},
		{"an unknown encoding", "Content-Transfer-Encoding: x-uuencode\n\nhello\n", `1 text/plain name="" attached=false "hello\r\n"`},
		{"a type that is none", "Content-Type: nonsense\n\nhello\n", `1 text/plain name="" attached=false "hello\r\n"`},
		{"half a type", "Content-Type: text/html; charset\n\nhello\n", `1 text/html name="" attached=false "hello\r\n"`},
		{"no boundary", "Content-Type: multipart/mixed\n\n--x\n\nhello\n--x--\n", `1 multipart/mixed name="" attached=false "--x\r\n\r\nhello\r\n--x--\r\n"`},
		{"alternatives and a file", `Content-Type: multipart/mixed; boundary="out er"

A preamble.
--out er
Content-Type: multipart/alternative; boundary=inner

--inner

plain
--inner
Content-Type: text/html

<p>html
--inner--
--out er
Content-Type: application/pdf; name="=?utf-8?b?5L2g?=.pdf"
Content-Transfer-Encoding: base64

aGVsbG8=
--out er
Content-Type: text/plain
Content-Disposition: attachment

a text beside the text
--out er
Content-Type: text/plain
Content-Disposition: attachment; filename*=utf-8''..%2F..%2Fetc%2Fpasswd

root
--out er--
An epilogue.
`, `1.1 text/plain name="" attached=false "plain"
1.2 text/html name="" attached=false "<p>html"
2 application/pdf name="你.pdf" attached=true "hello"
3 text/plain name="" attached=true "a text beside the text"
4 text/plain name="../../etc/passwd" attached=true "root"`},
		{"a message in a message", "Content-Type: message/rfc822\n\nSubject: inner\n\nhello\n",
			`1 message/rfc822 name="" attached=false "Subject: inner\r\n\r\nhello\r\n"`},
	} {
		if _, got, err := outline(c.raw); strings.TrimSpace(got) != c.want || err != nil {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, got, c.want)
		}
	}
}

func TestHeadersOfOthers(t *testing.T) {
	h, _, err := outline("From: \"Doe, John\" <jd@example.com>\nTo: =?gb2312?B?1cXI/Q==?=\n <z@example.cn>,\n bob@example.com\n" +
		"Subject: =?utf-8?q?a_?=\n =?utf-8?q?b?=\nDate: Tue, 1 Sep 2026 20:00:00 +0800 (CST)\nMessage-Id: <x@y>\n\n")
	if err != nil || h.From != "Doe, John <jd@example.com>" || h.To != "张三 <z@example.cn>, bob@example.com" || h.Subject != "a b" ||
		!h.Date.Equal(noon) || h.ID != "x@y" {
		t.Errorf("%+v, %v", h, err)
	}
	if h, _, err := outline("Subject: =?klingon?q?x?=\nDate: yesterday\n\n"); err != nil || h.Subject != "=?klingon?q?x?=" || !h.Date.IsZero() {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestWhatIsNoMessage(t *testing.T) {
	deep := strings.Repeat("Content-Type: multipart/mixed; boundary=x\n\n--x\n", 100)
	many := "Content-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x\n\n.\n", 2000) + "--x--\n"
	for name, c := range map[string]struct {
		raw  string
		want error
	}{
		"no header":    {"hello\n", nil},
		"a long one":   {"Subject: " + strings.Repeat("x", 2<<20) + "\n\n", nil},
		"an endless":   {strings.Repeat("Subject: x\n", 200_000) + "\n", nil},
		"cut off":      {"Subject: x\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhello\n", io.ErrUnexpectedEOF},
		"very deep":    {deep, nil},
		"very many":    {many, ErrTooMany},
		"bad base64":   {"Content-Transfer-Encoding: base64\n\n*\n", nil},
		"a huge inner": {"Content-Type: multipart/mixed; boundary=x\n\n--x\nX: " + strings.Repeat("y", 20<<20) + "\n\n--x--\n", nil},
	} {
		if _, _, err := outline(c.raw); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDecode does for one part what Read does.
func TestDecode(t *testing.T) {
	p := NewPart("2", "TEXT/Plain", "BASE64", map[string]string{"charset": "gbk"}, "", nil)
	got, err := io.ReadAll(Decode(p, strings.NewReader("xOO6\r\nww==\r\n")))
	if string(got) != "你好" || err != nil || !p.IsText() {
		t.Errorf("%q, %v", got, err)
	}
	p = NewPart("2", "image/png", "quoted-printable", nil, "inline", map[string]string{"filename": "a.png"})
	got, err = io.ReadAll(Decode(p, strings.NewReader("=00=FF")))
	if string(got) != "\x00\xff" || err != nil || p.IsText() || p.Name != "a.png" {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzRead: whatever a message is, reading it ends, with at most so many parts.
func FuzzRead(f *testing.F) {
	for _, s := range samples {
		f.Add(s.write(f))
	}
	f.Add([]byte("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		parts := 0
		_, err := Read(strings.NewReader(string(raw)), func(p Part, r io.Reader) error {
			parts++
			if p.Section == "" || !strings.Contains(p.Type, "/") {
				t.Fatalf("%+v", p)
			}
			_, _ = io.Copy(io.Discard, r)
			return nil
		})
		if parts > maxParts || parts == 0 && err == nil {
			t.Fatalf("%d parts, %v", parts, err)
		}
	})
}

// FuzzLetter: any subject and any text come back.
func FuzzLetter(f *testing.F) {
	for _, s := range samples {
		f.Add(s.Subject, s.Text)
	}
	f.Fuzz(func(t *testing.T, subject, text string) {
		l := Letter{From: bob[0], Date: noon, ID: "1@a", Subject: subject, Text: text}
		var raw strings.Builder
		if err := l.Write(&raw); err != nil {
			return
		}
		h, err := Read(strings.NewReader(raw.String()), func(_ Part, r io.Reader) error {
			content, err := io.ReadAll(r)
			clean := func(s string) string { return strings.TrimSuffix(strings.ReplaceAll(s, "\r\n", "\n"), "\n") }
			if got := clean(string(content)); got != clean(text) {
				t.Fatalf("%q, want %q", got, clean(text))
			}
			return err
		})
		if err != nil || h.Subject != subject {
			t.Fatalf("%q, %v, want %q in\n%s", h.Subject, err, subject, raw.String())
		}
	})
}
