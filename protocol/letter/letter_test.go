package letter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	gomail "github.com/emersion/go-message/mail"

	"github.com/wirebook/wirebook/internal/peer"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// picture has every byte, and what servers might mistake for the end of a message.
var picture = append([]byte("\r\n.\r\nQUIT\r\n\n.\n"), bytes.Repeat(everyByte(), 20)...)

func everyByte() []byte {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return all
}

func someone(name, address string) *mail.Address { return &mail.Address{Name: name, Address: address} }

// sample is a letter, with files as bytes so that it can be written twice.
type sample struct {
	name string
	Letter
	files map[string][]byte
}

func (s sample) write(t testing.TB) []byte {
	t.Helper()
	l := s.Letter
	l.Date, l.ID = noon, "1@example.edu"
	if l.From == nil {
		l.From = someone("Alice", "alice@example.edu")
	}
	for _, name := range sorted(s.files) {
		l.Files = append(l.Files, File{Name: name, Type: "image/png", Inline: strings.HasPrefix(name, "inline"), Content: bytes.NewReader(s.files[name])})
	}
	var out bytes.Buffer
	if err := l.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sorted(files map[string][]byte) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var bob = []*mail.Address{someone("", "bob@example.com")}

var samples = []sample{
	{name: "a line", Letter: Letter{To: bob, Subject: "lunch", Text: "At noon?"}},
	{name: "nothing", Letter: Letter{To: bob}},
	{name: "Chinese", Letter: Letter{From: someone("王小明", "xm@example.cn"), To: bob, Subject: "午饭吃什么？我们去学校旁边那家新开的面馆好不好，听说味道很不错，价格也便宜",
		Text: "你好！\n\n中午一起吃饭吗？\n"}},
	{name: "an accent", Letter: Letter{To: []*mail.Address{someone("René \"le\" Café, Jr.", "rene@example.com")}, Subject: "A café, then?", Text: "Voilà.\r\nBye.\n"}},
	{name: "names", Letter: Letter{To: []*mail.Address{someone("Doe, John (\"JD\")", "jd@example.com"), someone("", `a b@example.com`)},
		Cc: slices.Repeat([]*mail.Address{someone("Somebody with a name", "somebody@example.com")}, 30), Subject: "to many", Text: "all\n"}},
	{name: "what looks encoded", Letter: Letter{To: bob, Subject: "=?utf-8?q?not?= meant", Text: "=41 =?utf-8?q?x?= .\n"}},
	{name: "odd spaces", Letter: Letter{To: bob, Subject: " two  spaces\tand a tab ", Text: " .\n.\n..\n.hidden\nFrom me\n \n"}},
	{name: "long words", Letter: Letter{To: bob, Subject: strings.Repeat("x", 3000), Text: strings.Repeat("y", 3000) + "\n" + strings.Repeat("z", 200) + "\n"}},
	{name: "a long subject", Letter: Letter{To: bob, Subject: strings.Repeat("word ", 300) + "end", Text: "x\n"}},
	{name: "emoji", Letter: Letter{To: bob, Subject: strings.Repeat("👩‍🔬", 40), Text: "a line\n👩‍🔬\n"}},
	{name: "a picture", Letter: Letter{To: bob, Subject: "look", Text: "here it is\n"}, files: map[string][]byte{"dot.png": picture}},
	{name: "files", Letter: Letter{To: bob, Subject: "看", Text: "见附件\n"},
		files: map[string][]byte{"照片 一.png": picture, "inline.png": picture[:1], `a "quoted"; name.png`: nil, strings.Repeat("长", 60) + ".png": picture[:100]}},
}

// seen is what a reader makes of a letter.
type seen struct {
	From, To, Cc, Subject string
	Date                  int64
	Text                  string
	Files                 map[string]string // in hexadecimal
}

// want is what every reader must make of a sample.
func (s sample) want() seen {
	text := strings.ReplaceAll(s.Text, "\r\n", "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	from := s.From
	if from == nil {
		from = someone("Alice", "alice@example.edu")
	}
	w := seen{From: shown([]*mail.Address{from}), To: shown(s.To), Cc: shown(s.Cc), Subject: s.Subject, Date: noon.Unix(), Text: text, Files: map[string]string{}}
	for name, content := range s.files {
		w.Files[name] = fmt.Sprintf("%x", content)
	}
	return w
}

func shown(list []*mail.Address) string {
	var all []string
	for _, a := range list {
		all = append(all, a.Name+"|"+Path(a))
	}
	return strings.Join(all, ";")
}

func compare(t *testing.T, s sample, got seen) {
	t.Helper()
	if a, b := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", s.want()); a != b {
		t.Errorf("%s:\n%.300s\nwant\n%.300s", s.name, a, b)
	}
}

// TestLinesAreASCII, of at most 78 characters where they can be broken, and at most
// 998 in any case; and they end in CR LF.
func TestLinesAreASCII(t *testing.T) {
	for _, s := range samples {
		for line := range strings.SplitAfterSeq(string(s.write(t)), "\n") {
			if asciiBytes(line) != len(line) || line != "" && !strings.HasSuffix(line, "\r\n") || len(line) > lineMust+2 {
				t.Errorf("%s: %q", s.name, line)
			}
			if len(line) > lineShould+2 && strings.Contains(strings.Trim(line, " \r\n"), " ") && !strings.Contains(line, "filename") {
				t.Errorf("%s: a long line: %q", s.name, line)
			}
			if strings.Count(line, "\r") > 1 {
				t.Errorf("%s: %q", s.name, line)
			}
		}
	}
}

// TestOursReads: Read and Write are each other's inverse.
func TestOursReads(t *testing.T) {
	for _, s := range samples {
		raw := s.write(t)
		got := seen{Files: map[string]string{}}
		parts := 0
		header, err := Read(bytes.NewReader(raw), func(p Part, r io.Reader) error {
			parts++
			if p.Section != fmt.Sprint(parts) {
				t.Errorf("%s: part %d is called %s", s.name, parts, p.Section)
			}
			content, err := io.ReadAll(r)
			if p.IsText() {
				got.Text += strings.ReplaceAll(string(content), "\r\n", "\n")
			} else {
				got.Files[p.Name] = fmt.Sprintf("%x", content)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if header.ID != "1@example.edu" {
			t.Errorf("%s: %q", s.name, header.ID)
		}
		// Read shows people; that they are the right ones the others say.
		got.From, got.To, got.Cc = s.want().From, s.want().To, s.want().Cc
		got.Subject, got.Date = header.Subject, header.Date.Unix()
		compare(t, s, got)
	}
}

// TestGoMessageReads: go-message reads what we have written.
func TestGoMessageReads(t *testing.T) {
	for _, s := range samples {
		r, err := gomail.CreateReader(bytes.NewReader(s.write(t)))
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		got := seen{Files: map[string]string{}}
		people := func(key string) string {
			list, err := r.Header.AddressList(key)
			if err != nil {
				t.Errorf("%s: %s: %v", s.name, key, err)
			}
			return shown(list)
		}
		got.From, got.To, got.Cc = people("From"), people("To"), people("Cc")
		got.Subject, _ = r.Header.Subject()
		date, _ := r.Header.Date()
		got.Date = date.Unix()
		for {
			p, err := r.NextPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			content, err := io.ReadAll(p.Body)
			if err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
			var name string
			switch h := p.Header.(type) {
			case *gomail.AttachmentHeader:
				name, _ = h.Filename()
			case *gomail.InlineHeader:
				_, parameters, _ := h.ContentDisposition()
				name = parameters["filename"]
			}
			if name == "" {
				got.Text += strings.ReplaceAll(string(content), "\r\n", "\n")
			} else {
				got.Files[name] = fmt.Sprintf("%x", content)
			}
		}
		compare(t, s, got)
	}
}

// TestPythonReads: Python's email package reads what we have written, and finds no
// defect in it.
func TestPythonReads(t *testing.T) {
	cmd := exec.Command(peer.Path(t, "python3", "python3"), "-c", `
import sys, json, base64, email, email.policy
policy = email.policy.default.clone(raise_on_defect=True)
def read(raw):
    m = email.message_from_bytes(base64.b64decode(raw), policy=policy)
    def people(name):
        return ";".join(a.display_name + "|" + a.addr_spec for h in m.get_all(name, []) for a in h.addresses)
    files, text = {}, ""
    for p in m.walk():
        if p.is_multipart(): continue
        if p.get_filename(): files[p.get_filename()] = p.get_payload(decode=True).hex()
        else: text += p.get_content().replace("\r\n", "\n")
    return dict(From=people("From"), To=people("To"), Cc=people("Cc"), Subject=m["Subject"] or "",
        Date=int(m["Date"].datetime.timestamp()), Text=text, Files=files)
json.dump([read(raw) for raw in json.load(sys.stdin)], sys.stdout)
`)
	var raw [][]byte
	for _, s := range samples {
		raw = append(raw, s.write(t))
	}
	in, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	var wrong bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &wrong
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, wrong.Bytes())
	}
	var got []seen
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for i, s := range samples {
		compare(t, s, got[i])
	}
}

func TestWhatIsNotWritten(t *testing.T) {
	for name, l := range map[string]Letter{
		"no sender":              {Date: noon, ID: "1@a"},
		"no date":                {From: bob[0], ID: "1@a"},
		"a header in a subject":  {From: bob[0], Date: noon, ID: "1@a", Subject: "x\r\nBcc: eve@example.net"},
		"a header in a name":     {From: someone("x\nBcc: eve@example.net", "a@b"), Date: noon, ID: "1@a"},
		"a header in an address": {From: bob[0], To: []*mail.Address{someone("", "a@b\r\nBcc: eve@example.net")}, Date: noon, ID: "1@a"},
		"a header in a file":     {From: bob[0], Date: noon, ID: "1@a", Files: []File{{Name: "a\r\nb"}}},
		"a header in a type":     {From: bob[0], Date: noon, ID: "1@a", Files: []File{{Type: "a/b\r\nX: y"}}},
		"no characters":          {From: bob[0], Date: noon, ID: "1@a", Subject: "\xff"},
	} {
		var out bytes.Buffer
		if err := l.Write(&out); !errors.Is(err, ErrHeader) || out.Len() > 0 {
			t.Errorf("%s: %v, %q", name, err, out.String())
		}
	}
	l := Letter{From: bob[0], Date: noon, ID: "1@a", Text: "\xff"}
	if err := l.Write(io.Discard); err == nil {
		t.Error("bytes as a text")
	}
}

func TestNewID(t *testing.T) {
	a, b := NewID("example.edu"), NewID("example.edu")
	if a == b || !strings.HasSuffix(a, "@example.edu") || len(a) < 30 {
		t.Errorf("%s, %s", a, b)
	}
}

// TestHeaderFirst: what a learner sees is in the order in which letters have it.
func TestHeaderFirst(t *testing.T) {
	got := string(samples[0].write(t))
	want := strings.ReplaceAll(`From: "Alice" <alice@example.edu>
To: bob@example.com
Subject: lunch
Date: Tue, 01 Sep 2026 12:00:00 +0000
Message-ID: <1@example.edu>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

At noon?
`, "\n", "\r\n")
	if got != want {
		t.Errorf("%s", got)
	}
}
