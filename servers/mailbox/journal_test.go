package mailbox

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/durable"
)

// FuzzJournal: whatever is in a journal, no UID is given twice, none is higher than
// the next, and what is written is read again.
func FuzzJournal(f *testing.F) {
	names := func() map[string]*found {
		return map[string]*found{"a": {file: "a:2,S"}, "b": {file: "b"}, "c": {file: "c"}}
	}
	start := string(durable.AppendLine(nil, []byte(journalStart+" 7 3")))
	line := func(text string) string { return string(durable.AppendLine(nil, []byte(text))) }
	f.Add([]byte(start + line("1 10 a") + line("2 20 b")))
	f.Add([]byte(start + line("4294967295 10 a") + line("2 20 b")))
	f.Add([]byte(start + line("5 10 a") + line("5 20 b") + line("6 30 a") + "half a li"))
	f.Fuzz(func(t *testing.T, text []byte) {
		now := names()
		j, err := parseJournal(bytes.NewReader(text), now)
		if err != nil {
			t.Fatal(err)
		}
		var all []*found
		for _, n := range now {
			if n.uid == 0 {
				continue
			}
			if j.damaged || n.uid >= j.next || n.size < 0 {
				t.Errorf("%+v in %+v", n, j)
			}
			all = append(all, n)
		}
		slices.SortFunc(all, func(a, b *found) int { return int(int64(a.uid) - int64(b.uid)) })
		for i := 1; i < len(all); i++ {
			if all[i].uid == all[i-1].uid {
				t.Errorf("UID %d twice", all[i].uid)
			}
		}
		if j.damaged {
			return
		}
		root, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		if err := j.rewrite(root, all); err != nil {
			t.Fatal(err)
		}
		again := names()
		j2, err := readJournal(root, again)
		if err != nil || j2.damaged || j2.validity != j.validity || j2.next != j.next {
			t.Fatalf("%+v, %v; want %+v", j2, err, j)
		}
		for base, n := range again {
			if *n != *now[base] {
				t.Errorf("%s: %+v, want %+v", base, n, now[base])
			}
		}
	})
}

// fill puts empty files into cur whose names say that they are messages of so many
// octets.
func fill(t testing.TB, m *Mailbox, messages int, octets int64) {
	t.Helper()
	dir := filepath.Join(m.store.path, m.dir, "cur")
	for i := range messages {
		name := withSize(fmt.Sprintf("%d.M1P1Q%d.mail", 1772442000+i, i), octets) + ":2,S"
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
}

// TestAViewCostsNames, and nothing of the messages' sizes: it reads none.
func TestAViewCostsNames(t *testing.T) {
	const messages = 2000
	for _, octets := range []int64{1 << 10, 1 << 40} {
		m, _ := alice(t)
		fill(t, m, messages, octets)
		inbox := look(t, m, Inbox) // gives the UIDs
		before := heap()
		other := look(t, m, Inbox)
		each := (heap() - before) / messages
		t.Logf("messages of %d octets: %d bytes each", octets, each)
		if all := other.Messages(); len(all) != messages || all[0].Size != octets || each > 400 {
			t.Errorf("%d messages, %d bytes each", len(all), each)
		}
		runtime.KeepAlive(inbox)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// BenchmarkOpen100000 opens a mailbox of 100,000 messages. B/op is all that passes
// through the heap; view-B/message is what stays.
func BenchmarkOpen100000(b *testing.B) {
	const messages = 100_000
	m, _ := alice(b)
	fill(b, m, messages, 1<<20)
	look(b, m, Inbox)
	before := heap()
	kept := look(b, m, Inbox)
	each := float64(heap()-before) / messages
	b.ReportAllocs()
	for b.Loop() {
		f, err := m.Folder(Inbox)
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Refresh(); err != nil || len(f.messages) != messages {
			b.Fatalf("%d messages, %v", len(f.messages), err)
		}
		f.Close()
	}
	b.ReportMetric(each, "view-B/message")
	runtime.KeepAlive(kept)
}

// BenchmarkDeliver is one delivery of 4 KB after another, each on the disk.
func BenchmarkDeliver(b *testing.B) {
	m, _ := alice(b)
	text := strings.Repeat(strings.Repeat("x", 62)+"\r\n", 64)
	b.SetBytes(int64(len(text)))
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			deliver(b, m, text)
		}
	})
}
