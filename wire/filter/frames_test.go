package filter

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/ftpc"
	"github.com/wirebook/wirebook/clients/tftpc"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/packet"
	"github.com/wirebook/wirebook/world"
)

// recorder keeps all frames that are seen on their first link.
type recorder struct {
	mu     sync.Mutex
	frames []frame.Frame
}

func (r *recorder) See(f frame.Frame) {
	if f.Hop == 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.frames = append(r.frames, f)
	}
}

// record is what is said while alice reads a page, and fetches files by FTP, both
// ways, and by TFTP.
func record(t *testing.T) (*world.World, *wire.Watcher, []frame.Frame, []*wire.Message) {
	t.Helper()
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.Start(t.Context(), plan, world.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if err := w.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	remove := w.Internet.Tap(r)
	alice := w.Host("alice")
	client := http.Client{Transport: &http.Transport{DialContext: alice.DialContext, DisableKeepAlives: true}, Timeout: time.Minute}
	response, err := client.Get("http://www.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	for _, active := range []bool{false, true} {
		list(t, alice, active)
	}
	tftp := tftpc.Client{Network: alice}
	if _, err := tftp.Get(t.Context(), "tftp.example.edu", "lesson.txt", io.Discard); err != nil {
		t.Fatal(err)
	}
	w.Internet.Settle()
	remove()

	watcher := wire.New(wire.Options{Names: wire.NamesFunc(w.NameOf), Packets: true})
	events := watcher.Subscribe(1 << 14)
	log := wire.NewLog(1 << 14)
	watcher.See(r.frames...)
	t.Cleanup(watcher.Close)
	for len(events.C) > 0 {
		log.Add(<-events.C)
	}
	return w, watcher, r.frames, log.Messages()
}

// What is chosen of messages is chosen of the frames that carry them, too, before
// anybody knows what they will be.
func TestFramesAreChosenAsTheirMessagesAre(t *testing.T) {
	w, watcher, frames, messages := record(t)
	first := messages[0].Conversation
	for _, m := range messages {
		if m.Protocol == "HTTP" {
			first = m.Conversation
		}
	}
	for _, line := range []string{
		"", "dns", "http", "ftp", "ftp-data", "tftp", "arp", "tcp", "udp", "ip", "ipv4", "dns or http",
		"host www", "from alice", "to dns", "host alice and not arp", "port 53", "port 69 or tftp", "from 203.0.113.0/24",
		`"EHLO"`, `"index.html"`, "lost", "not lost", "http and wrong", "conversation " + utoa(first),
	} {
		f, err := Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		chosen := make(map[uint64]bool)
		match := f.Frames(Known{Owners: w.Owners(), Ends: watcher.Ends})
		for _, seen := range frames {
			chosen[seen.ID] = match(seen)
		}
		count := 0
		for _, m := range messages {
			if !f.Message(m) {
				continue
			}
			count++
			for _, p := range m.Packets {
				if !chosen[p.ID] && line != `"index.html"` { // a text can be in two segments
					t.Errorf("%q chooses %s %s from %s to %s, but not its frame", line, m.Protocol, m.Summary, m.From, m.To)
				}
			}
		}
		t.Logf("%-30q %4d of %d messages, %4d of %d frames", line, count, len(messages), trues(chosen), len(frames))
	}
}

func trues(chosen map[uint64]bool) (n int) {
	for _, c := range chosen {
		if c {
			n++
		}
	}
	return n
}

// To hold http is to hold what is said, and not the handshake and the ACKs.
func TestHandshakesPass(t *testing.T) {
	_, _, frames, _ := record(t)
	web, err := Parse("http or dns or smtp")
	if err != nil {
		t.Fatal(err)
	}
	match := web.Frames(Known{})
	chosen := 0
	for _, f := range frames {
		if !match(f) {
			continue
		}
		chosen++
		var p packet.Packet
		p.Decode(f.Data)
		if len(p.Payload()) == 0 {
			t.Errorf("chosen: %s", p.Summary(packet.Relative{}))
		}
	}
	if chosen == 0 {
		t.Error("nothing was chosen")
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("PORT 192,0,2,11,19,136\r\n"), uint16(40000), uint16(21))
	f.Add([]byte("227 Entering Passive Mode (192,0,2,21,19,136)\r\n"), uint16(21), uint16(40000))
	f.Add([]byte("229 Entering Extended Passive Mode (|||5000|)\r\n"), uint16(21), uint16(40000))
	f.Add([]byte("EPRT |2|2001:db8::1|5000|"), uint16(40000), uint16(21))
	f.Fuzz(func(_ *testing.T, payload []byte, from, to uint16) {
		tcp := bytes.Join([][]byte{{
			0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 8, 0, // Ethernet
			0x45, 0, byte((40 + len(payload)) >> 8), byte(40 + len(payload)), 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 11, 192, 0, 2, 21,
			byte(from >> 8), byte(from), byte(to >> 8), byte(to), 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x18, 0, 0, 0, 0, 0, 0,
		}, payload}, nil)
		anything, err := Parse(`ftp-data or tftp or host x or "y" or conversation 1`)
		if err != nil {
			panic(err)
		}
		match := anything.Frames(Known{})
		match(frame.Frame{Data: tcp})
		match(frame.Frame{Data: payload})
	})
}

func BenchmarkFrames(b *testing.B) {
	f, err := Parse("dns or http and host alice")
	if err != nil {
		b.Fatal(err)
	}
	match := f.Frames(Known{})
	syn := frame.Frame{Data: append([]byte{
		0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 8, 0,
		0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 11, 192, 0, 2, 21,
		156, 64, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0,
	}, make([]byte, 1000)...)}
	for b.Loop() {
		match(syn)
	}
}

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

// list logs in anonymously, and lists the files.
func list(t *testing.T, from *internet.Host, active bool) {
	t.Helper()
	client := ftpc.Client{Network: from, Active: active}
	session, err := client.Dial(t.Context(), "ftp.example.edu:21")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if err := session.Login(t.Context(), "anonymous", "me@example.edu"); err != nil {
		t.Fatal(err)
	}
	if _, err := session.List(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if err := session.Quit(t.Context()); err != nil {
		t.Fatal(err)
	}
}
