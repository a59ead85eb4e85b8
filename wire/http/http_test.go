package http_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/dissect/rehearse"
	"github.com/wirebook/wirebook/wire/http"
)

var update = flag.Bool("update", false, "write what the dissector says into the conversations")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func dissector() dissect.StreamDissector { return http.Protocol.New().(dissect.StreamDissector) }

func conversations(t testing.TB) map[string]string {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations", err)
	}
	texts := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	return texts
}

func TestConversations(t *testing.T) {
	for file, text := range conversations(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			turns, want, err := rehearse.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			said := rehearse.Play(dissector(), turns, nil)
			got := rehearse.Text(said)
			if *update {
				above, _, _ := strings.Cut(text, "--\n")
				if err := os.WriteFile(file, []byte(above+"--\n"+got), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			for size := range 7 {
				if again := rehearse.Text(rehearse.Play(dissector(), turns, func(int) int { return size })); again != got {
					t.Errorf("in segments of %d bytes:\n%s\nwhole:\n%s", size, again, got)
				}
			}
			for i := range said {
				checkFields(t, said[i].Part.Tree(said[i].Span.Bytes), said[i].Span.Bytes)
			}
		})
	}
}

// checkFields looks that each field lies in the bytes, and in its parent.
func checkFields(t testing.TB, fields []dissect.Field, b []byte) {
	t.Helper()
	for _, f := range fields {
		if f.Offset < 0 || f.Length < 0 || f.Offset+f.Length > len(b) {
			t.Errorf("field %s at %d+%d of %d bytes", f.Name, f.Offset, f.Length, len(b))
		}
		for _, c := range f.Children {
			if c.Offset < f.Offset || c.Offset+c.Length > f.Offset+f.Length {
				t.Errorf("field %s %d+%d is not in %s %d+%d", c.Name, c.Offset, c.Length, f.Name, f.Offset, f.Length)
			}
		}
		checkFields(t, f.Children, b)
	}
}

func TestFieldsOfARequest(t *testing.T) {
	const request = "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
	said := rehearse.Play(dissector(), []rehearse.Turn{{Data: []byte(request)}}, nil)
	fields := said[0].Part.Tree(said[0].Span.Bytes)
	for key, want := range map[string]string{
		"http.request-line": "GET /index.html HTTP/1.1\r\n",
		"http.method.GET":   "GET",
		"http.target":       "/index.html",
		"http.version":      "HTTP/1.1",
		"http.header.host":  "Host: www.example.com\r\n",
		"http.empty-line":   "\r\n",
	} {
		f := dissect.Find(fields, key)
		if f == nil {
			t.Errorf("no %s", key)
		} else if got := request[f.Offset : f.Offset+f.Length]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestBodyOfChunks(t *testing.T) {
	turns, _, _ := rehearse.Parse(`C: POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`)
	said := rehearse.Play(dissector(), turns, func(int) int { return 5 })
	m := said[0].Part.Value.(*http.Message)
	if got := string(m.Body(said[0].Span.Bytes)); got != "abcde" || !m.Complete || m.BodySize != 5 {
		t.Errorf("body %q, %d bytes, complete %v", got, m.BodySize, m.Complete)
	}
}

// A body is counted to its end, and kept up to the limit.
func TestLargeBody(t *testing.T) {
	const size = 10 << 20
	turns, _, _ := rehearse.Parse(`C: GET / HTTP/1.1\r\nHost: x\r\n\r\n` + "\n" + `S: HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n`)
	turns = append(turns, rehearse.Turn{Server: true, Data: bytes.Repeat([]byte("x"), size)})
	said := rehearse.Play(dissector(), turns, func(int) int { return 1460 })
	last := said[len(said)-1]
	if m := last.Part.Value.(*http.Message); !m.Complete || m.BodySize != size {
		t.Errorf("body of %d bytes, complete %v", m.BodySize, m.Complete)
	}
	if len(last.Span.Bytes) != rehearse.Keep || last.Span.Carriers < size/1460 || len(last.Span.Packets) > dissect.MaxPackets {
		t.Errorf("%d bytes kept, %d of %d packets", len(last.Span.Bytes), len(last.Span.Packets), last.Span.Carriers)
	}
}

func TestEndlessHead(t *testing.T) {
	for _, filler := range []string{"a", "X: y\r\n"} {
		endless := []byte("GET / HTTP/1.1\r\n" + strings.Repeat(filler, 1<<20/len(filler)))
		said := rehearse.Play(dissector(), []rehearse.Turn{{Data: endless}}, func(int) int { return 1460 })
		if len(said) != 1 || !strings.Contains(rehearse.Text(said), "finding.http.head.too-long") || said[0].Span.Size > 1<<17 {
			t.Errorf("made of it:\n%s", rehearse.Text(said))
		}
	}
}

func TestEveryFindingIsListed(t *testing.T) {
	listed := make(map[string]bool)
	for _, key := range http.Protocol.Keys {
		listed[key] = true
	}
	seen := make(map[string]bool)
	for _, text := range conversations(t) {
		turns, _, _ := rehearse.Parse(text)
		for _, s := range rehearse.Play(dissector(), turns, nil) {
			if s.Part.Key != "" && !listed[s.Part.Key] {
				t.Errorf("%s is not among the protocol's keys", s.Part.Key)
			}
			for _, f := range s.Part.Findings {
				if seen[f.Key] = true; !listed[f.Key] {
					t.Errorf("%s is not among the protocol's keys", f.Key)
				}
			}
		}
	}
	seen["finding.http.head.too-long"] = true // TestEndlessHead
	for key := range listed {
		if strings.HasPrefix(key, "finding.") && !seen[key] {
			t.Errorf("no conversation has %s", key)
		}
	}
}

func FuzzStream(f *testing.F) {
	for _, text := range conversations(f) {
		turns, _, _ := rehearse.Parse(text)
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
		turns := []rehearse.Turn{{Data: client}, {Server: true, Data: server, Close: !reset, Reset: reset}}
		whole := rehearse.Play(dissector(), turns, nil)
		i := 0
		cut := func(left int) int {
			if len(cuts) == 0 {
				return 1
			}
			i++
			return int(cuts[i%len(cuts)])
		}
		if got, want := rehearse.Text(rehearse.Play(dissector(), turns, cut)), rehearse.Text(whole); got != want {
			t.Errorf("cut:\n%s\nwhole:\n%s", got, want)
		}
		for _, s := range whole {
			checkFields(t, s.Part.Tree(s.Span.Bytes), s.Span.Bytes)
		}
	})
}
