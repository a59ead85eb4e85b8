package tls_test

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/dissect/rehearse"
	wiretls "github.com/wirebook/wirebook/wire/tls"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func dissector() dissect.StreamDissector { return wiretls.Protocol.New().(dissect.StreamDissector) }

// clientHello is what Go's own TLS sends first.
func clientHello(t testing.TB, name string) []byte {
	t.Helper()
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Client(client, &tls.Config{ServerName: name, InsecureSkipVerify: name == ""}).Handshake()
	}()
	head := make([]byte, 5)
	if _, err := io.ReadFull(server, head); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, int(head[3])<<8|int(head[4]))
	if _, err := io.ReadFull(server, body); err != nil {
		t.Fatal(err)
	}
	server.Close()
	client.Close()
	<-done
	return append(head, body...)
}

const serverHello = "\x16\x03\x03\x00\x06\x02\x00\x00\x02\x03\x03"

func TestConversation(t *testing.T) {
	turns := []rehearse.Turn{
		{Data: clientHello(t, "ftp.example.edu")}, {Server: true, Data: []byte(serverHello + "\x17\x03\x03\x00\x02xx")},
		{Data: []byte("\x17\x03\x03\x00\x03abc")}, {Server: true, Data: []byte("more")},
	}
	for size := range 7 {
		var got []string
		for _, s := range rehearse.Play(dissector(), turns, func(int) int { return size }) {
			got = append(got, s.Part.Summary)
			if f := dissect.Find(s.Part.Tree(s.Span.Bytes), "socket.tls"); strings.HasSuffix(s.Part.Summary, "Hello") && f == nil {
				t.Errorf("%s has no fields", s.Part.Summary)
			}
		}
		want := "ClientHello ftp.example.edu; ServerHello; 8 bytes, encrypted; 11 bytes, encrypted"
		if text := strings.Join(got, "; "); text != want {
			t.Errorf("in segments of %d: %s, want %s", size, text, want)
		}
	}
}

func TestServerNameField(t *testing.T) {
	hello := clientHello(t, "ftp.example.edu")
	said := rehearse.Play(dissector(), []rehearse.Turn{{Data: hello}}, nil)
	tree := said[0].Part.Tree(said[0].Span.Bytes)
	name := tree[len(tree)-1]
	if got := string(hello[name.Offset : name.Offset+name.Length]); got != "ftp.example.edu" || name.Value != got {
		t.Errorf("%q at %d, value %q", got, name.Offset, name.Value)
	}
	if said := rehearse.Play(dissector(), []rehearse.Turn{{Data: clientHello(t, "")}}, nil); said[0].Part.Summary != "ClientHello" {
		t.Errorf("without a name: %q", said[0].Part.Summary)
	}
}

func TestSniff(t *testing.T) {
	for start, want := range map[string]dissect.Guess{
		"": dissect.Perhaps, "\x16": dissect.Perhaps, "\x16\x03\x01\x02\x00": dissect.Perhaps, "\x16\x03\x01\x02\x00\x01": dissect.Yes,
		serverHello: dissect.No, "\x16\x02": dissect.No, "GET / ": dissect.No, "\x16\x03\x09\x00\x10\x01": dissect.No, "\x16\x03\x01\xff\xff\x01": dissect.No,
	} {
		for _, fromClient := range []bool{true, false} {
			if got := wiretls.Protocol.Sniff(fromClient, []byte(start)); got != want {
				t.Errorf("%q: %d, want %d", start, got, want)
			}
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add(clientHello(f, "ftp.example.edu"), []byte(serverHello))
	f.Add([]byte("\x16\x03\x01\x00\x01\x01"), []byte("plain"))
	f.Fuzz(func(t *testing.T, client, server []byte) {
		turns := []rehearse.Turn{{Data: client}, {Server: true, Data: server}}
		whole := rehearse.Play(dissector(), turns, nil)
		if got, want := rehearse.Text(rehearse.Play(dissector(), turns, func(int) int { return 1 })), rehearse.Text(whole); got != want {
			t.Errorf("cut:\n%s\nwhole:\n%s", got, want)
		}
		for _, s := range whole {
			for _, field := range s.Part.Tree(s.Span.Bytes) {
				if field.Offset < 0 || field.Offset+field.Length > len(s.Span.Bytes) {
					t.Errorf("%s at %d+%d of %d", field.Name, field.Offset, field.Length, len(s.Span.Bytes))
				}
			}
		}
	})
}
