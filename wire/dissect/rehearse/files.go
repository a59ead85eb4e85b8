package rehearse

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
)

// New makes the dissector of a protocol.
func New(p dissect.Protocol) dissect.StreamDissector { return p.New().(dissect.StreamDissector) }

// Conversations plays all conversations in testdata, also in small segments, and
// compares what the dissector makes of them with what stands below their dashes;
// update writes that anew.
func Conversations(t *testing.T, p dissect.Protocol, update bool) {
	for file, text := range files(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			turns, want, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			said := Play(New(p), turns, nil)
			got := Text(said)
			if update {
				above, _, _ := strings.Cut(text, "--\n")
				if err := os.WriteFile(file, []byte(above+"--\n"+got), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			for size := range 7 {
				if again := Text(Play(New(p), turns, func(int) int { return size })); again != got {
					t.Errorf("in segments of %d bytes:\n%s\nwhole:\n%s", size, again, got)
				}
			}
			for i := range said {
				CheckFields(t, said[i])
			}
		})
	}
}

func files(t testing.TB) map[string]string {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal("no conversations", err)
	}
	texts := make(map[string]string)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

// CheckFields looks that each field of a message lies in its bytes, and in the
// field that it is a part of.
func CheckFields(t testing.TB, said Said) {
	t.Helper()
	size := len(said.Span.Bytes)
	whole := dissect.Field{Name: "the message", Length: size, Children: said.Part.Tree(said.Span.Bytes)}
	checkChildren(t, whole)
}

func checkChildren(t testing.TB, f dissect.Field) {
	t.Helper()
	for _, c := range f.Children {
		if c.Length < 0 || c.Offset < f.Offset || c.Offset+c.Length > f.Offset+f.Length {
			t.Errorf("field %s %d+%d is not in %s %d+%d", c.Name, c.Offset, c.Length, f.Name, f.Offset, f.Length)
		}
		checkChildren(t, c)
	}
}

// Keys looks that the protocol lists all keys that its conversations lead to, and
// that they lead to each finding that it lists, but those that other tests have;
// elsewhere, if it is not nil, says which these are. others are conversations that
// are not in testdata.
func Keys(t *testing.T, p dissect.Protocol, elsewhere func(key string) bool, others ...[]Turn) {
	for _, text := range files(t) {
		turns, _, _ := Parse(text)
		others = append(others, turns)
	}
	seen := make(map[string]bool)
	for _, turns := range others {
		for _, s := range Play(New(p), turns, nil) {
			if s.Part.Key != "" {
				seen[s.Part.Key] = true
			}
			for _, f := range s.Part.Findings {
				seen[f.Key] = true
			}
		}
	}
	for key := range seen {
		if !slices.Contains(p.Keys, key) {
			t.Errorf("%s is not among the protocol's keys", key)
		}
	}
	for _, key := range p.Keys {
		if strings.HasPrefix(key, "finding.") && !seen[key] && (elsewhere == nil || !elsewhere(key)) {
			t.Errorf("no conversation has %s", key)
		}
	}
}

// Fuzz plays what a fuzzer thinks of, whole and in pieces: both must come to the
// same.
func Fuzz(f *testing.F, p dissect.Protocol) {
	greetings := 0 // conversations that the server begins, less those that the client does
	for _, text := range files(f) {
		turns, _, _ := Parse(text)
		if turns[0].Server {
			greetings++
		} else {
			greetings--
		}
		var client, server []byte
		for _, turn := range turns {
			if turn.Server {
				server = append(server, turn.Data...)
			} else {
				client = append(client, turn.Data...)
			}
		}
		f.Add(client, server, []byte{3, 1, 20}, false)
	}
	f.Fuzz(func(t *testing.T, client, server, cuts []byte, reset bool) {
		turns := alternating(client, server, cuts, greetings > 0)
		turns = append(turns, Turn{Server: true, Close: !reset, Reset: reset})
		whole := Play(New(p), turns, nil)
		i := 0
		cut := func(int) int {
			if len(cuts) == 0 {
				return 1
			}
			i++
			return int(cuts[i%len(cuts)])
		}
		if got, want := Text(Play(New(p), turns, cut)), Text(whole); got != want {
			t.Errorf("cut:\n%s\nwhole:\n%s", got, want)
		}
		for _, s := range whole {
			CheckFields(t, s)
		}
	})
}

// alternating has the sides speak in turn, a few lines each.
func alternating(client, server, lines []byte, serverFirst bool) []Turn {
	rest := [...][]byte{client, server}
	first := 0
	if serverFirst {
		first = 1
	}
	var turns []Turn
	for i := 0; len(rest[0]) > 0 || len(rest[1]) > 0; i++ {
		side := (first + i) % 2
		n := 1
		if len(lines) > 0 {
			n += int(lines[i%len(lines)] % 4)
		}
		said := 0
		for range n {
			at := slices.Index(rest[side][said:], '\n') + 1
			if at == 0 {
				at = len(rest[side]) - said
			}
			said += at
		}
		if said > 0 {
			turns = append(turns, Turn{Server: side == 1, Data: rest[side][:said:said]})
		}
		rest[side] = rest[side][said:]
	}
	return turns
}

// Push gives a text to one direction, in one segment.
func Push(h *dissect.Half, text string) {
	if data := []byte(text); len(data) > 0 {
		h.Push(data, true, &frame.Frame{Time: time.Unix(1e9, 0), Data: data})
	}
}
