package mail_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/dissect/rehearse"
	"github.com/wirebook/wirebook/wire/mail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// outline is a tree, a line each: its depth, the name, the value, and the bytes
// that it stands for.
func outline(b []byte, fields []dissect.Field, depth int) string {
	var text strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&text, "%s%s: %s %q\n", strings.Repeat("  ", depth), f.Name, f.Value, b[f.Offset:f.Offset+f.Length])
		text.WriteString(outline(b, f.Children, depth+1))
	}
	return text.String()
}

// crlf ends lines as they do on the wire.
func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// read reads a message that begins after three other bytes.
func read(text string, stuffed bool) (*mail.Message, []byte) {
	wire := []byte("+OK" + text)
	size := len(text)
	if stuffed {
		wire = append(wire, ".\r\n"...)
	}
	return mail.Read(wire, 3, size, stuffed, true), wire
}

func TestTree(t *testing.T) {
	m, wire := read(crlf(`From: =?gb2312?B?w/fB+g==?= <a@a.example>
Subject: folded
 and =?utf-8?q?caf=C3=A9?=
Message-ID: (a comment) <1@a.example> (another)
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="x y"

For old programs.
--x y
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

caf=E9 =
at noon
..
..two dots
--x y
Content-Type: multipart/alternative; boundary=in

--in

plain
--in
Content-Type: text/html

<p>
--in--
--x y
Content-Type: image/png; name=a.png
Content-Transfer-Encoding: base64

iVBO
Rw0=
--x y
Content-Type: message/rfc822

Subject: inner

inside
--x y--
after
`), true)
	got := outline(wire, m.Fields(wire), 0)
	want := `From: 明龙 <a@a.example> "From: =?gb2312?B?w/fB+g==?= <a@a.example>\r\n"
Subject: folded and café "Subject: folded\r\n and =?utf-8?q?caf=C3=A9?=\r\n"
Message-ID: (a comment) <1@a.example> (another) "Message-ID: (a comment) <1@a.example> (another)\r\n"
MIME-Version: 1.0 "MIME-Version: 1.0\r\n"
Content-Type: multipart/mixed; boundary="x y" "Content-Type: multipart/mixed; boundary=\"x y\"\r\n"
Empty line:  "\r\n"
`
	if !strings.HasPrefix(got, want) {
		t.Errorf("got:\n%s\nwant it to begin:\n%s", got, want)
	}
	for _, line := range []string{
		`Decoded: 26 bytes "caf=E9 =\r\nat noon\r\n..\r\n..two dots"`,
		`Line: café at noon "caf=E9 =\r\nat noon\r\n..\r\n..two dots"`,
		`Line: . "caf=E9 =\r\nat noon\r\n..\r\n..two dots"`,
		`Line: .two dots "caf=E9 =\r\nat noon\r\n..\r\n..two dots"`,
		`Body: multipart/alternative, 59 bytes "--in\r\n\r\nplain\r\n--in\r\nContent-Type: text/html\r\n\r\n<p>\r\n--in--"`,
		`Decoded: 5 bytes "plain"`,
		`Bytes: \x89PNG\r "iVBO\r\nRw0="`,
		`Subject: inner "Subject: inner\r\n"`,
		`Boundary: --x y-- "--x y--\r\n"`,
		`End: . ".\r\n"`,
	} {
		if !strings.Contains(got, " "+line+"\n") && !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("no line %s in\n%s", line, got)
		}
	}
	if m.ID != "<1@a.example>" || m.From != "明龙 <a@a.example>" || m.Subject != "folded and café" || m.Type != "multipart/mixed" {
		t.Errorf("%+v", m)
	}
}

func TestCharsets(t *testing.T) {
	chinese, _ := simplifiedchinese.GB18030.NewEncoder().String("你好，世界\n第二行\n")
	for charset, body := range map[string]string{
		"gb18030": chinese, "utf-8": "你好，世界\n第二行\n", "GBK": chinese,
	} {
		m, wire := read(crlf("Content-Type: text/plain; charset="+charset+"\nContent-Transfer-Encoding: base64\n\n")+
			base64.StdEncoding.EncodeToString([]byte(body))+"\r\n", false)
		f := dissect.Find(m.Fields(wire), "mail.decoded")
		if f == nil || len(f.Children) != 2 || f.Children[0].Value != "你好，世界" || f.Children[1].Value != "第二行" {
			t.Errorf("%s: %+v", charset, f)
		}
	}
}

func TestBase64(t *testing.T) {
	for text, want := range map[string]string{
		"aGk=": "hi true", "aGk": "hi true", "aG\r\nk=\r\n": "hi true", "a": " false", "a Gk=": "hi false", "aGk=aGk=": "hi false", "": " true", "*****": " false",
	} {
		plain, ok := mail.Base64([]byte(text))
		if got := fmt.Sprintf("%s %t", plain, ok); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// reading is what ReadData makes of what a client says.
func reading(text string) (*mail.Text, []byte) {
	var found *mail.Text
	var whole []byte
	h := dissect.NewHalf(func(r *dissect.Reader) {
		found, _ = mail.ReadData(r, func() bool { return false })
		whole = r.Read()
	}, 1<<20, func(dissect.Part, dissect.Span) dissect.Ref { return dissect.Ref{} })
	defer h.Stop()
	rehearse.Push(h, text)
	h.End(false)
	return found, whole
}

func TestWhereATextEnds(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"a\r\n.\r\n", "complete, 1 lines, 3 bytes"},
		{".\r\n", "complete, 0 lines, 0 bytes"},
		{"..\r\n.\r\n", "complete, 1 lines, 4 bytes"},
		{"a\r\n", "1 lines, 3 bytes: text.unended"},
		{"a", "0 lines, 1 bytes: text.unended"},
		{"a\n.\n", "2 lines, 4 bytes: line.bare-lf, smuggling <LF>.<LF>, text.unended"},
		{"a\n.\r\n.\r\n", "complete, 2 lines, 5 bytes: line.bare-lf, smuggling <LF>.<CR><LF>"},
		{"a\r\n.\nb\r\n.\r\n", "complete, 3 lines, 8 bytes: line.bare-lf, smuggling <CR><LF>.<LF>"},
		{"a\r.\r\nb\r\n.\r\n", "complete, 2 lines, 8 bytes: line.bare-cr, smuggling <CR>.<CR><LF>"},
		{"a\r.\rb\r\n.\r\n", "complete, 1 lines, 7 bytes: line.bare-cr, smuggling <CR>.<CR>"},
		{"a\r\n.\rb\r\n.\r\n", "complete, 2 lines, 8 bytes: line.bare-cr, smuggling <CR><LF>.<CR>"},
		{"a\r\n.b\r\n.\r\n", "complete, 2 lines, 7 bytes: dot.unstuffed"},
		{"a.\r\n.\r\n", "complete, 1 lines, 4 bytes"},
		{strings.Repeat("x", 998) + "\r\n.\r\n", "complete, 1 lines, 1000 bytes"},
		{strings.Repeat("x", 999) + "\r\n.\r\n", "complete, 1 lines, 1001 bytes: text.line.too-long"},
		{strings.Repeat("x", 100000) + "\r\n.\r\n", "complete, 1 lines, 100002 bytes: text.line.too-long"},
	} {
		text, _ := reading(test.text)
		var found []string
		for _, f := range text.Findings() {
			name := strings.TrimPrefix(f.Key, "finding.mail.")
			if name == "smuggling" {
				name += " " + f.Args["Name"].(string)
			}
			found = append(found, name)
		}
		got := fmt.Sprintf("%d lines, %d bytes", text.Lines, text.Size)
		if text.Complete {
			got = "complete, " + got
		}
		if len(found) > 0 {
			got += ": " + strings.Join(found, ", ")
		}
		if got != test.want {
			t.Errorf("%.40q: %s, want %s", test.text, got, test.want)
		}
	}
}

// No message makes the tree large or deep, and each field lies where it says.
func TestHostileTrees(t *testing.T) {
	deep := "Content-Type: message/rfc822\r\n\r\n"
	for name, text := range map[string]string{
		"deep":    strings.Repeat(deep, 1000),
		"parts":   "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\na\r\n", 10000),
		"header":  strings.Repeat("A: b\r\n", 100000),
		"lines":   "Content-Type: text/plain\r\n\r\n" + strings.Repeat("a\r\n", 100000),
		"nothing": "",
	} {
		m, wire := read(text, false)
		n := 0
		var count func([]dissect.Field)
		count = func(fields []dissect.Field) {
			for _, f := range fields {
				n++
				count(f.Children)
			}
		}
		if count(m.Fields(wire)); n > 12000 {
			t.Errorf("%s: %d fields", name, n)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(crlf("Content-Type: multipart/mixed; boundary=x\n\n--x\n\n..a\n--x--\n")), true)
	f.Add([]byte(crlf("Subject: =?gb2312?B?xOO6w6M=?=\nContent-Type: message/rfc822\n\nContent-Transfer-Encoding: base64\n\nYQ==\n")), false)
	f.Fuzz(func(t *testing.T, text []byte, stuffed bool) {
		m, wire := read(string(text), stuffed)
		m.Findings()
		m.Summary()
		rehearse.CheckFields(t, rehearse.Said{Part: dissect.Part{Fields: m.Fields}, Span: dissect.Span{Bytes: wire}})
		rehearse.CheckFields(t, rehearse.Said{Part: dissect.Part{Fields: m.Fields}, Span: dissect.Span{Bytes: wire[:len(wire)/2]}})
	})
}
