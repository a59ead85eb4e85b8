package explain

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"github.com/google/go-cmp/cmp"
)

func TestPrint(t *testing.T) {
	for _, test := range []struct {
		file     string
		language Language
		key      string
		width    int
	}{
		{"304.en.txt", English, "http.status.304", 72},
		{"304.zh-CN.txt", Chinese, "http.status.304", 72},
		{"handshake.zh-CN.txt", Chinese, "tcp.handshake", 40},
		{"port-69.en.txt", English, "port.69", 60},
	} {
		t.Run(test.file, func(t *testing.T) {
			e, _ := test.language.Entry(test.key)
			var b bytes.Buffer
			if err := test.language.Print(&b, e, test.width); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("testdata", test.file)
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("%s (- want, + have):\n%s", name, diff)
			}
		})
	}
}

// No line of any entry is wider than the terminal.
func TestPrintFits(t *testing.T) {
	for _, l := range Languages() {
		for _, key := range Keys() {
			e, _ := l.Entry(key)
			e.Example = "" // may be one long word
			var b bytes.Buffer
			if err := l.Print(&b, e, 60); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				line = strings.TrimSuffix(line, "\n")
				if n := displaywidth.String(line); n > 60 || strings.TrimSpace(line) == "" {
					t.Errorf("%s: %s: a line of %d columns: %q", l, key, n, line)
				}
			}
			if strings.Contains(b.String(), "⟦") {
				t.Errorf("%s: %s: %s", l, key, b.String())
			}
		}
	}
}

func TestPrintSaysThatItCouldNot(t *testing.T) {
	e, _ := English.Entry("dns")
	closed, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := English.Print(closed, e, 80); !errors.Is(err, os.ErrClosed) {
		t.Errorf("have %v, want it to be %v", err, os.ErrClosed)
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, nil},
		{"one two three", 7, []string{"one two", "three"}},
		{"  one   two  ", 20, []string{"one two"}},
		{"incomprehensibilities", 5, []string{"incomprehensibilities"}},
		{"客户请求服务器", 6, []string{"客户请", "求服务", "器"}},
		{"客户请求。完", 8, []string{"客户请", "求。完"}},     // no line begins with a full stop
		{"用户（客户）", 6, []string{"用户", "（客", "户）"}}, // nor ends with an opening bracket
		{"状态码 304 与 ETag", 8, []string{"状态码", "304 与", "ETag"}},
		{"回答304，不发送", 8, []string{"回答", "304，不", "发送"}},
	} {
		if diff := cmp.Diff(test.want, Wrap(test.text, test.width)); diff != "" {
			t.Errorf("Wrap(%q, %d) (- want, + have):\n%s", test.text, test.width, diff)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("状态码 304 与 ETag。", 8)
	f.Add("a\u0301 \x00\xff", 0)
	f.Fuzz(func(t *testing.T, text string, width int) {
		bare := func(s string) string { return strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), "") }
		have := bare(strings.Join(Wrap(text, width), ""))
		if want := strings.Join(strings.Fields(string([]rune(text))), ""); have != bare(want) {
			t.Errorf("Wrap(%q, %d) lost something: %q", text, width, have)
		}
	})
}
