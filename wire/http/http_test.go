package http_test

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/dissect/rehearse"
	"github.com/wirebook/wirebook/wire/http"
)

var update = flag.Bool("update", false, "write what the dissector says into the conversations")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConversations(t *testing.T) { rehearse.Conversations(t, http.Protocol, *update) }

func FuzzStream(f *testing.F) { rehearse.Fuzz(f, http.Protocol) }

func dissector() dissect.StreamDissector { return rehearse.New(http.Protocol) }

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
	endless := rehearse.Turn{Data: []byte("GET / HTTP/1.1\r\n" + strings.Repeat("a", 1<<20))}
	rehearse.Keys(t, http.Protocol, nil, []rehearse.Turn{endless})
}
