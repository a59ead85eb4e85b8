package console

import (
	"testing"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/filter"
)

// Memory is bounded, by the number of messages and by what they weigh.
func TestJournalForgets(t *testing.T) {
	j := newJournal(10, 1<<20)
	for id := range uint64(100) {
		j.add(&wire.Message{ID: id + 1})
	}
	kept, forgotten := j.count()
	if kept != 10 || forgotten != 90 || j.message(90) != nil || j.message(91) == nil {
		t.Errorf("%d are kept and %d forgotten", kept, forgotten)
	}
	j.add(&wire.Message{ID: 5}) // more is known of one that is gone
	if kept, _ := j.count(); kept != 10 || j.message(5) != nil {
		t.Error("what was forgotten came back")
	}
	for id := range uint64(10) {
		j.add(&wire.Message{ID: 101 + id, Bytes: make([]byte, 1<<18), Packets: []frame.Frame{{Data: make([]byte, 1<<18)}}})
	}
	if kept, _ := j.count(); kept != 1 || j.bytes > 1<<20 {
		t.Errorf("%d are kept, of %d bytes", kept, j.bytes)
	}
}

// A reader who comes too late is told how much it has missed, and goes on.
func TestJournalOvertakesItsReader(t *testing.T) {
	j := newJournal(100, 1<<30)
	for id := range uint64(3 * maxNews) {
		j.add(&wire.Message{ID: id + 1})
	}
	var got int
	var at, lost uint64
	for {
		found, now, missed, _ := j.next(at, 500)
		lost += missed
		got += len(found)
		if now == at {
			break
		}
		at = now
	}
	if lost != 2*maxNews || got != 100 || at != 3*maxNews {
		t.Errorf("%d were lost and %d read, up to %d", lost, got, at)
	}
}

// Messages that are told of out of order are put in order.
func TestJournalSorts(t *testing.T) {
	j := newJournal(10, 1<<20)
	for _, id := range []uint64{1, 4, 2, 3, 2} {
		j.add(&wire.Message{ID: id})
	}
	all, _ := j.all()
	for i, e := range all {
		if e.message.ID != uint64(i+1) {
			t.Errorf("number %d is at %d", e.message.ID, i)
		}
	}
	if len(all) != 4 {
		t.Errorf("%d messages", len(all))
	}
}

// What a filter chose and does not choose any more is taken back.
func TestViewerTakesBack(t *testing.T) {
	p := &Page{journal: newJournal(10, 1<<20), boot: "x"}
	arrived, err := filter.Parse("not lost")
	if err != nil {
		t.Fatal(err)
	}
	v := &viewer{page: p, filter: arrived, position: 1, shown: make(map[uint64]bool)}
	e := &entry{message: &wire.Message{ID: 7}}
	e.row = rowOf(e.message, 0)
	v.rows([]*entry{e})
	v.pending.Reset()
	e.message = &wire.Message{ID: 7, Lost: true}
	v.rows([]*entry{e})
	if got := v.pending.String(); got != "event: rows\ndata: [{\"id\":7,\"gone\":true}]\nid: x-1\n\n" {
		t.Errorf("%q", got)
	}
}

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		"":                    nil,
		"dns www.example.com": {"dns", "www.example.com"},
		`mail send  --subject "a b" 'c d' e\ f ""`: {"mail", "send", "--subject", "a b", "c d", "e f", ""},
	} {
		got, err := split(line)
		if err != nil || len(got) != len(want) {
			t.Errorf("%q: %q, %v", line, got, err)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q: %q", line, got)
			}
		}
	}
	if _, err := split("dns 'www"); err == nil {
		t.Error("a quotation without an end")
	}
}

func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{"http://a/b?c": "'http://a/b?c'", "a-b.c": "a-b.c", "": "''", "it's; rm": `'it'\''s; rm'`, "$(x)": "'$(x)'"} {
		if got := quoted(word); got != want {
			t.Errorf("%q: %s, not %s", word, got, want)
		}
	}
}

// Where the asterisks have stayed that somebody saw, so has what they stand for.
func TestUnveiled(t *testing.T) {
	for _, c := range []struct{ edited, want string }{
		{"PASS ****\r\n", "PASS open\r\n"},
		{"pass ****\r\n", "pass open\r\n"},
		{"PASS *x**\r\n", "PASS oxen\r\n"},
		{"PASSWORD ****\r\n", "PASSWORD open\r\n"},
		{"PASS ****", "PASS open"},
		{"", ""},
	} {
		if got := unveiled([]byte(c.edited), []byte("PASS ****\r\n"), []byte("PASS open\r\n")); string(got) != c.want {
			t.Errorf("%q: %q, not %q", c.edited, got, c.want)
		}
	}
}
