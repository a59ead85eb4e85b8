package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/protocol/letter"
)

// TestFileNames: a stranger says how a file is to be called, and may not say where.
func TestFileNames(t *testing.T) {
	for name, want := range map[string]string{
		"picture.png": "picture.png", "照片.png": "照片.png", "../../etc/passwd": "passwd", `C:\Windows\win.ini`: "win.ini", "/etc/shadow": "shadow",
		"..": "part-2.bin", ".": "part-2.bin", "": "part-2.bin", "a/": "part-2.bin", ".bashrc": "bashrc", " . . ": "part-2.bin",
		"a\x1b[31m\r\n.txt": "a_[31m__.txt", "con?*.txt": "con__.txt", "\xff.png": "_.png",
		strings.Repeat("长", 200) + ".png": strings.Repeat("长", 65) + ".png",
		strings.Repeat("x", 300):          strings.Repeat("x", 200),
	} {
		if got := fileNameOf(letter.Part{Section: "2", Type: "application/x-nothing", Name: name}); got != want {
			t.Errorf("%q is saved as %q, want %q", name, got, want)
		}
	}
}

func TestSaveNew(t *testing.T) {
	root, err := openFolder(filepath.Join(t.TempDir(), "new", "folder"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	save := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	for i, want := range []string{"a.txt", "a (2).txt", "a (3).txt"} {
		name, octets, err := saveNew(root, "a.txt", save(want))
		if name != want || octets != int64(len(want)) || err != nil {
			t.Errorf("%d: %s, %d, %v", i, name, octets, err)
		}
		if text, _ := root.ReadFile(want); string(text) != want {
			t.Errorf("%s is %q", want, text)
		}
	}
	full := errors.New("the disk is full")
	if _, _, err := saveNew(root, "b.txt", func(io.Writer) error { return full }); !errors.Is(err, full) {
		t.Error(err)
	}
	if _, err := root.Stat("b.txt"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a file is left: %v", err)
	}
}

func testApp(out io.Writer) *app {
	return &app{lang: explain.English, in: os.Stdin, out: out, err: out}
}

func TestDialogue(t *testing.T) {
	var out bytes.Buffer
	d := &mailDialogue{app: testApp(&out)}
	d.line(false, "220 hello \x1b[2J")
	d.line(true, "DATA")
	d.line(false, "354 go")
	d.text(true, []byte("Subject: x\r\n"+strings.Repeat("line\r\n", 100)+"half"))
	d.text(true, []byte(" a line\r\n.\r\n"))
	d.line(false, "250 ok")
	d.text(true, []byte("no end"))
	d.text(false, []byte(strings.Repeat("x", 1000)+"\n"))
	d.end()
	want := "S: 220 hello \\x1b[2J\nC: DATA\nS: 354 go\nC: Subject: x\n" + strings.Repeat("C: line\n", dialogueLines-1) +
		"   … lines that are not shown: 72\nC: .\nS: 250 ok\nC: no end\nS: " + strings.Repeat("x", dialogueLength) + "…\n"
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
}

func TestDialogueHidesPasswords(t *testing.T) {
	var out bytes.Buffer
	d := &mailDialogue{app: testApp(&out)}
	for _, line := range []string{"USER alice\r\n", "PASS secret\r\n", "AUTH PLAIN c2VjcmV0\r\n", "RETR 1\r\n"} {
		d.pop3(true, []byte(line))
	}
	d.end()
	if want := "C: USER alice\nC: PASS ********\nC: AUTH PLAIN ********\nC: RETR 1\n"; out.String() != want {
		t.Errorf("%s", out.String())
	}
}

// TestVisibleLines: a text cannot command the terminal, and Chinese stays Chinese.
func TestVisibleLines(t *testing.T) {
	var out bytes.Buffer
	v := &visibleLines{to: &out}
	for _, piece := range []string{"\u3000\u3000你", "好\r\n\x1b]0;title\x07\ttab\n", "no", " end"} {
		io.WriteString(v, piece)
	}
	if err := v.close(); err != nil {
		t.Fatal(err)
	}
	if want := "\u3000\u3000你好\n\\x1b]0;title\\a    tab\nno end\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	long := &visibleLines{to: io.Discard}
	for range 1000 {
		io.WriteString(long, strings.Repeat("x", 1000))
		if len(long.part) > 100_000 {
			t.Fatal("a line without an end is kept")
		}
	}
}

// TestWhatIsNoMessage can be looked at all the same.
func TestWhatIsNoMessage(t *testing.T) {
	for raw, want := range map[string]string{
		"hello\r\n":                 "hello\r\n",
		"":                          "",
		"Subject: x\r\n\r\nhello\n": "hello\n",
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ncut off": "cut off",
	} {
		file, err := os.Create(filepath.Join(t.TempDir(), "mail"))
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(file, raw)
		m := &fetchedMail{file: file}
		if err := m.read(); err != nil || len(m.parts()) != 1 {
			t.Errorf("%q: %v, %v", raw, m.parts(), err)
			continue
		}
		var text bytes.Buffer
		err = m.content(m.parts()[0], &text)
		if text.String() != want || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %q, %v", raw, text.String(), err)
		}
		if err := m.close(); err != nil {
			t.Error(err)
		}
	}
}
