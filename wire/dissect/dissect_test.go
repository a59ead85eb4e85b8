package dissect_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen feeds pieces to read ("~5" is a gap of five bytes), and returns what
// it said.
func listen(read func(r *dissect.Reader, say func(string, ...any)), pieces ...string) []string {
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	h := dissect.NewHalf(func(r *dissect.Reader) { read(r, say) }, 16, func(p dissect.Part, s dissect.Span) dissect.Ref {
		say("emit %s %q of %d in %d", p.Summary, s.Bytes, s.Size, s.Carriers)
		return dissect.Ref{}
	})
	defer h.Stop()
	for i, piece := range pieces {
		var missing int64
		if n, _ := fmt.Sscanf(piece, "~%d", &missing); n == 1 {
			h.Gap(missing)
			continue
		}
		h.Push([]byte(piece), i%2 == 1, &frame.Frame{Time: time.Unix(int64(i), 0), Data: []byte(piece)})
	}
	h.End(false)
	return said
}

func TestReader(t *testing.T) {
	lines := func(r *dissect.Reader, say func(string, ...any)) {
		for {
			line, err := r.Line(12)
			if err == io.EOF {
				return
			}
			say("%q %v", line, err)
			if err == dissect.ErrTooLong {
				return
			}
			r.Emit(dissect.Part{Summary: "line"})
		}
	}
	counted := func(r *dissect.Reader, say func(string, ...any)) {
		head, err := r.Bytes(2)
		say("%q %v, %q next", head, err, r.Peek(3))
		n, err := r.Skip(20)
		say("%d %v at %d", n, err, r.Offset())
		r.Emit(dissect.Part{Summary: "body"})
		say("%v %d", r.Until("END"), r.Offset())
		say("%d", r.SkipRest())
		r.Emit(dissect.Part{Summary: "rest"})
	}
	bursts := func(r *dissect.Reader, say func(string, ...any)) {
		for r.Burst(100) == nil {
			r.Emit(dissect.Part{Summary: "burst"})
		}
	}
	for _, test := range []struct {
		name   string
		read   func(r *dissect.Reader, say func(string, ...any))
		pieces string
		want   string
	}{
		{"lines", lines, "one\ntw|o\n|three", `"one\n" <nil>; emit line "one\n" of 4 in 1; "two\n" <nil>; emit line "two\n" of 4 in 2; "three" unexpected EOF; emit line "three" of 5 in 1`},
		{"long line", lines, "0123456789|0123456789", `"012345678901" line too long`},
		{"gap in a line", lines, "on|~3|e\n", `"on" bytes were missed; emit line "on" of 5 in 1; "e\n" <nil>; emit line "e\n" of 2 in 1`},
		{"counted", counted, "a|bcd|0123456789|0123456789abEN|DxEND", `"ab" <nil>, "cd0" next; 20 <nil> at 22; emit body "abcd012345678901" of 22 in 4; true 4; 7; emit rest "89abENDxEND" of 11 in 2`},
		{"gap in a body", counted, "ab|cdefgh|~10|ijklmnopqr", `"ab" <nil>, "cde" next; 20 <nil> at 22; emit body "abcdefghijkl" of 22 in 3; false 6; 0; emit rest "mnopqr" of 6 in 1`},
		{"short body", counted, "ab|cdefgh", `"ab" <nil>, "cde" next; 6 unexpected EOF at 8; emit body "abcdefgh" of 8 in 2; false 0; 0; emit rest "" of 0 in 0`},
		{"bursts", bursts, "a|b|c|d|e", `emit burst "ab" of 2 in 2; emit burst "cd" of 2 in 2; emit burst "e" of 1 in 1`},
	} {
		if got := strings.Join(listen(test.read, strings.Split(test.pieces, "|")...), "; "); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestRecentIsBounded(t *testing.T) {
	r := dissect.Recent[int, int]{Max: 10}
	for i := range 1000 {
		r.Put(i, i)
		if _, ok := r.Get(0); !ok { // asked for again and again
			t.Fatalf("0 was forgotten after %d", i)
		}
	}
	known := 0
	for i := range 1000 {
		if _, ok := r.Get(i); ok {
			known++
		}
	}
	if known < 10 || known > 20 {
		t.Errorf("%d are remembered", known)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\r\nb": `a\r\nb`, "\x00\xff": `\x00\xff`, "你好": "你好", "a long text of words": "a long tex…",
	} {
		if got := dissect.Text([]byte(in), 10); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
