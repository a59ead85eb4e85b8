package imapd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
)

// outline shows a structure: types, and where bodies are.
func outline(message string, p *part, depth int) string {
	text := fmt.Sprintf("%s%s %q %d\n", strings.Repeat(" ", depth), p.mediaType, message[p.body:p.end], p.lines)
	if len(p.children) > 0 {
		text = fmt.Sprintf("%s%s\n", strings.Repeat(" ", depth), p.mediaType)
	}
	for _, child := range p.children {
		text += outline(message, child, depth+1)
	}
	return text
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func TestStructure(t *testing.T) {
	for _, c := range []struct{ name, message, want string }{
		{"plain", "Subject: x\n\nhello\nyou\n", "text/plain \"hello\\r\\nyou\\r\\n\" 2\n"},
		{"no body", "Subject: x\n", "text/plain \"\" 0\n"},
		{"nothing", "", "text/plain \"\" 0\n"},
		{"no header", "\nhello", "text/plain \"hello\" 0\n"},
		{"two parts", "Content-Type: multipart/mixed; boundary=b\n\nbefore\n--b\n\none\n--b\nContent-Type: text/html\n\n<p>\n\n--b--\nafter\n",
			"multipart/mixed\n text/plain \"one\" 0\n text/html \"<p>\\r\\n\" 1\n"},
		{"a part of a header", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n--b--\n", "multipart/mixed\n text/html \"\" 0\n"},
		{"never closed", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n", "multipart/mixed\n text/plain \"one\\r\\n\" 1\n"},
		{"no parts", "Content-Type: multipart/mixed; boundary=b\n\nhello\n", "multipart/mixed \"hello\\r\\n\" 1\n"},
		{"no boundary", "Content-Type: multipart/mixed\n\nhello\n", "multipart/mixed \"hello\\r\\n\" 1\n"},
		{"spaces behind it", "Content-Type: multipart/mixed; boundary=b\n\n--b  \n\none\n--b-- \t\n", "multipart/mixed\n text/plain \"one\" 0\n"},
		{"one begins like the other", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=bb\n\n--bb\n\none\n--bb--\n--b--\n",
			"multipart/mixed\n multipart/alternative\n  text/plain \"one\" 0\n"},
		{"the inner is never closed", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\none\n--b\n\ntwo\n--b--\n",
			"multipart/mixed\n multipart/alternative\n  text/plain \"one\" 0\n text/plain \"two\" 0\n"},
		{"a message", "Content-Type: message/rfc822\n\nSubject: inner\n\nhello\n", "message/rfc822\n text/plain \"hello\\r\\n\" 1\n"},
		{"a digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: inner\n\nhello\n--b--\n", "multipart/digest\n message/rfc822\n  text/plain \"hello\" 0\n"},
		{"an encoded message", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDo=\n", "message/rfc822 \"U3ViamVjdDo=\\r\\n\" 1\n"},
		{"not a type", "Content-Type: ;;;\n\nhello", "text/plain \"hello\" 0\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			message := crlf(c.message)
			root, err := structure(strings.NewReader(message))
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(message, root, 0); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

// deep is a message with all that part numbers can lead to: the example of RFC
// 9051 §6.4.5.1, shortened.
var deep = crlf(`Subject: outer
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: text/plain

first
--a
Content-Type: message/rfc822

Subject: inner
Content-Type: multipart/mixed; boundary=b

--b

inner first
--b
Content-Type: image/png

inner second
--b--
--a--
`)

func TestSections(t *testing.T) {
	root, err := structure(strings.NewReader(deep))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		part      []int
		specifier imap.PartSpecifier
		want      string
	}{
		{nil, "", deep},
		{nil, imap.PartSpecifierHeader, "Subject: outer\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"},
		{[]int{1}, "", "first"},
		{[]int{1}, imap.PartSpecifierMIME, "Content-Type: text/plain\r\n\r\n"},
		{[]int{1}, imap.PartSpecifierHeader, ""},
		{[]int{2}, imap.PartSpecifierHeader, "Subject: inner\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"},
		{[]int{2}, imap.PartSpecifierMIME, "Content-Type: message/rfc822\r\n\r\n"},
		{[]int{2, 1}, "", "inner first"},
		{[]int{2, 2}, "", "inner second"},
		{[]int{2, 2}, imap.PartSpecifierMIME, "Content-Type: image/png\r\n\r\n"},
		{[]int{2, 3}, "", ""},
		{[]int{3}, "", ""},
		{[]int{1, 1}, "", ""},
		{[]int{0}, "", ""},
	} {
		section := root.section(&imap.FetchItemBodySection{Part: c.part, Specifier: c.specifier})
		if got := deep[section.from:section.to]; got != c.want {
			t.Errorf("%v.%s is %q, want %q", c.part, c.specifier, got, c.want)
		}
		if int64(len(c.want)) != section.size() {
			t.Errorf("%v.%s has the size %d", c.part, c.specifier, section.size())
		}
	}
}

// TestStructureLimits: what is too deep or has too many parts is still whole.
func TestStructureLimits(t *testing.T) {
	many := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 3*maxParts) + "--b--\r\n"
	nested := strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 3*maxDepth) + "end\r\n"
	wide := "X: " + strings.Repeat("y", 3*maxHeader) + "\r\n z\r\nSubject: kept\r\n\r\nbody"
	for name, message := range map[string]string{"many": many, "nested": nested, "wide": wide, "one line": strings.Repeat("-", 1<<20)} {
		root, err := structure(strings.NewReader(message))
		if err != nil {
			t.Fatal(err)
		}
		if root.end != int64(len(message)) {
			t.Errorf("%s: it ends at %d of %d", name, root.end, len(message))
		}
		count := 0
		root.each(func(*part) { count++ })
		if count > maxParts {
			t.Errorf("%s: %d parts", name, count)
		}
		root.bodyStructure()
	}
}

func (p *part) each(see func(*part)) {
	see(p)
	for _, child := range p.children {
		child.each(see)
	}
}

// FuzzStructure: whatever the message, its parts lie within each other, and all that
// can be asked of it can be answered. Where the library can read it, both find the
// same text.
func FuzzStructure(f *testing.F) {
	f.Add(deep)
	f.Add(withPicture)
	f.Add("Content-Type: multipart/digest; boundary=\"\"\r\n\r\n--\r\n----\r\n")
	f.Fuzz(func(t *testing.T, message string) {
		root, err := structure(strings.NewReader(message))
		if err != nil {
			t.Fatal(err)
		}
		if root.start != 0 || root.end > int64(len(message)) {
			t.Fatalf("the message is at %d to %d", root.start, root.end)
		}
		root.each(func(p *part) {
			if p.start > p.body || p.body > p.end || p.lines < 0 {
				t.Fatalf("a part at %d, %d, %d, with %d lines", p.start, p.body, p.end, p.lines)
			}
			for _, child := range p.children {
				if child.start < p.body || child.end > p.end {
					t.Fatalf("%d to %d is not in %d to %d", child.start, child.end, p.body, p.end)
				}
			}
			p.envelope()
			p.header.only([]string{"Subject"}, true)
			p.header.readable()
		})
		root.bodyStructure()
		for _, specifier := range []imap.PartSpecifier{"", imap.PartSpecifierHeader, imap.PartSpecifierMIME, imap.PartSpecifierText} {
			for _, number := range [][]int{nil, {1}, {2}, {1, 1}, {1, 2, 1}} {
				s := root.section(&imap.FetchItemBodySection{Part: number, Specifier: specifier}).cut(&imap.SectionPartial{Offset: 3, Size: 1 << 62})
				if s.size() < 0 || s.to > int64(len(message)) {
					t.Fatalf("%v %s: %+v", number, specifier, s)
				}
			}
		}
		s := newSeeker([]string{"a", "ü"})
		if err := s.look(strings.NewReader(message)); err != nil {
			t.Fatal(err)
		}
		if found := len(s.wanted) == 0; found != (strings.Contains(strings.ToLower(message), "a") && strings.Contains(strings.ToLower(message), "ü")) {
			t.Errorf("found: %v", found)
		}
	})
}

// TestAsTheLibraryReads compares with what go-imap finds in a message that has no
// mistakes.
func TestAsTheLibraryReads(t *testing.T) {
	for _, message := range []string{deep, withPicture, longText(2000)} {
		root, err := structure(strings.NewReader(message))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range [][]int{nil, {1}, {2}, {2, 1}, {2, 2}} {
			for _, specifier := range []imap.PartSpecifier{imap.PartSpecifierNone, imap.PartSpecifierMIME} {
				item := &imap.FetchItemBodySection{Part: part, Specifier: specifier}
				if len(part) == 0 && specifier != "" || root.find(part) == nil {
					continue
				}
				s := root.section(item)
				got := message[s.from:s.to]
				if want := string(imapserver.ExtractBodySection(strings.NewReader(message), item)); got != want {
					t.Errorf("%v %s: %q, go-imap has %q", part, specifier, got, want)
				}
			}
		}
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "INBOX", true}, {"%", "Lists/go", false}, {"*", "Lists/go", true}, {"Lists/%", "Lists/go", true}, {"inbox", "INBOX", true},
		{"L%o", "Lists/go", false}, {"L*o", "Lists/go", true}, {"%/%", "Lists/go", true}, {"", "INBOX", false}, {"", "", true},
		{"*%*", "a", true}, {"a", "ab", false}, {"ab", "a", false}, {"草*", "草稿", true}, {strings.Repeat("*a", 600), strings.Repeat("a", 200), false},
	} {
		if got := matches(c.pattern, c.name); got != c.want {
			t.Errorf("%.20q means %.20q: %v", c.pattern, c.name, got)
		}
	}
}

// TestSearchInTexts looks through encodings and charsets, and across the pieces in
// which a text is read.
func TestSearchInTexts(t *testing.T) {
	texts := map[string]string{
		"quoted-printable": "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe aus K=D6L=\r\nN\r\n",
		"base64 and gbk":   "Content-Type: text/plain; charset=gbk\r\nContent-Transfer-Encoding: base64\r\n\r\nxOO6w6OsysC95w==\r\n",
		"long":             "\r\n" + strings.Repeat("x", 32<<10-3) + "needle" + strings.Repeat("y", 100_000),
		"attached":         "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\nneedle\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: forwarded\r\n\r\nhello\r\n--b--\r\n",
		"broken":           "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=!!!!",
	}
	store, _ := mailboxtest.Three(t)
	names := []string{"quoted-printable", "base64 and gbk", "long", "attached", "broken"}
	for _, name := range names {
		mailboxtest.Deliver(t, store, "carol", texts[name])
	}
	c := login(t, start(t, &Server{Mail: store}), "carol")
	for word, want := range map[string]string{
		"grüße": " 1", "köln": " 1", "世界": " 2", "needle": " 3", "forwarded": " 4", "HELLO": " 4 5", "nowhere": "", "=FC": "",
	} {
		if _, err := fmt.Fprintf(c.conn, "x SEARCH CHARSET UTF-8 TEXT {%d+}\r\n%s\r\n", len(word), word); err != nil {
			t.Fatal(err)
		}
		if got := c.line(); got != "* SEARCH"+want {
			t.Errorf("%s: %s", word, got)
		}
		if got := c.line(); got != "x OK SEARCH completed" {
			t.Error(got)
		}
	}
}
