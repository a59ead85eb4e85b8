package tftp_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/internal/datagrams"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/tftp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write what the dissector says into testdata")

// TestConversations: above the dashes stands what is said, as "client server
// datagram" with a port each (a client's is 10.0.0.1:port, a server's
// 10.0.0.2:port); below, what the dissector makes of it.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			said, want, _ := strings.Cut(string(text), "--\n")
			got := listen(t, said)
			if *update {
				if err := os.WriteFile(file, []byte(said+"--\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func listen(t *testing.T, said string) string {
	d := tftp.Protocol.New().(dissect.DatagramDissector)
	expected := make(map[netip.AddrPort]bool)
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(said), "\n") {
		words := strings.SplitN(line, " ", 3)
		payload, err := datagrams.TFTP(words[2])
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		g := &dissect.Datagram{
			Ref: dissect.Ref{ID: uint64(i + 1)}, From: place(t, words[0]), To: place(t, words[1]), Payload: payload,
			Expect: func(e dissect.Expectation) { expected[e.Addr] = true },
		}
		if g.To.Port() != 69 && g.From.Port() != 69 && !expected[g.From] && !expected[g.To] {
			t.Fatalf("%q: nobody would ask the dissector", line)
		}
		part := d.Datagram(g)
		fmt.Fprintf(&b, "%d %q %s", i+1, part.Summary, strings.TrimPrefix(part.Key, "message.tftp."))
		if part.Answers.ID != 0 {
			fmt.Fprintf(&b, ", answers %d", part.Answers.ID)
		}
		b.WriteByte('\n')
		for _, f := range part.Findings {
			fmt.Fprintf(&b, "    ! %s %s %s at %d+%d\n", f.Severity, strings.TrimPrefix(f.Key, "finding.tftp."), f.Reference(), f.Offset, f.Length)
		}
		check(t, part, payload)
	}
	return b.String()
}

func place(t *testing.T, word string) netip.AddrPort {
	hosts := map[byte]string{'c': "10.0.0.1:", 's': "10.0.0.2:", 'x': "10.0.0.3:"}
	at, err := netip.ParseAddrPort(hosts[word[0]] + word[1:])
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// check looks at what must be true of every message.
func check(t testing.TB, part *dissect.Part, b []byte) {
	t.Helper()
	if !slices.Contains(tftp.Protocol.Keys, part.Key) {
		t.Errorf("%s is not among the protocol's keys", part.Key)
	}
	for _, f := range part.Findings {
		if !slices.Contains(tftp.Protocol.Keys, f.Key) || f.Offset < 0 || f.Length < 0 || f.Offset+f.Length > len(b) {
			t.Errorf("finding %+v of %d bytes", f, len(b))
		}
	}
	for _, f := range part.Tree(b) {
		if f.Offset < 0 || f.Length < 0 || f.Offset+f.Length > len(b) {
			t.Errorf("field %s at %d+%d of %d bytes", f.Name, f.Offset, f.Length, len(b))
		}
	}
}

func FuzzDatagrams(f *testing.F) {
	f.Add([]byte("\x00\x01boot\x00octet\x00blksize\x008\x00"), []byte("\x00\x06blksize\x008\x00"), []byte("\x00\x03\x00\x01x"))
	f.Add([]byte("\x00\x02boot\x00octet\x00"), []byte("\x00\x04\x00\x00"), []byte("\x00\x03\x00\x02"))
	f.Add([]byte("\x00\x01\x00\x00x"), []byte("\x00\x05\x00\x01"), []byte("\x00"))
	f.Fuzz(func(t *testing.T, request, answer, more []byte) {
		d := tftp.Protocol.New().(dissect.DatagramDissector)
		client, server := netip.MustParseAddrPort("10.0.0.1:1024"), netip.MustParseAddrPort("10.0.0.2:2000")
		for i, b := range [][]byte{request, answer, more, answer} {
			g := &dissect.Datagram{Ref: dissect.Ref{ID: uint64(i + 1)}, From: server, To: client, Payload: b, Expect: func(dissect.Expectation) {}}
			if i%2 == 0 {
				g.From, g.To = client, server
			}
			check(t, d.Datagram(g), b)
		}
	})
}
