package wire_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/internal/forge"
	"github.com/wirebook/wirebook/wire/stream"
)

var (
	alice = forge.NewHost("alice", "10.0.0.1", 1)
	bob   = forge.NewHost("bob", "10.0.0.2", 2)
)

// observe shows frames to a watcher, and returns what it made of them.
func observe(t testing.TB, o wire.Options, frames ...frame.Frame) ([]*wire.Message, wire.Stats) {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Names == nil {
		o.Names = wire.NamesFunc(hosts)
	}
	w := wire.New(o)
	events := w.Subscribe(1 << 14)
	w.See(frames...)
	w.Close()
	log := wire.NewLog(1 << 14)
	log.Follow(events)
	if events.Missed() > 0 {
		t.Errorf("missed %d events", events.Missed())
	}
	stats := w.Stats()
	if stats.Failures > 0 {
		t.Errorf("%d failures", stats.Failures)
	}
	return log.Messages(), stats
}

func expect(t *testing.T, messages []*wire.Message, want string) {
	t.Helper()
	if got := transcript(messages); got != strings.TrimLeft(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestHandshakeAndCloseWithPackets(t *testing.T) {
	n := new(forge.Network)
	c, frames := n.Dial(alice, bob, 40000, 80)
	frames = append(frames, c.Say(0, "GET / HTTP/1.1\r\nHost: bob\r\n\r\n")...)
	frames = append(frames, c.Say(1, "HTTP/1.1 204 No Content\r\n\r\n")...)
	frames = append(frames, c.Close(0)...)
	messages, _ := observe(t, wire.Options{Packets: true}, frames...)
	expect(t, messages, `
alice > bob TCP SYN seq=0 win=64240 mss=1460
bob > alice TCP SYN, ACK seq=0 ack=1 win=64240
alice > bob TCP ACK seq=1 ack=1 win=64240
alice > bob HTTP GET / HTTP/1.1
bob > alice HTTP HTTP/1.1 204 No Content
alice > bob TCP FIN, ACK seq=30 ack=28 win=64240
bob > alice TCP FIN, ACK seq=28 ack=31 win=64240
alice > bob TCP ACK seq=31 ack=29 win=64240
`)
	if m := messages[4]; m.Answers != messages[3].ID || m.Elapsed != 100*time.Microsecond {
		t.Errorf("the response answers %d after %v", m.Answers, m.Elapsed)
	}
}

func TestRefusedConnection(t *testing.T) {
	n := new(forge.Network)
	c, frames := n.Dial(alice, bob, 40000, 81)
	rst := c.Segment(1, func(t *layers.TCP) { t.RST = true }, nil)
	messages, _ := observe(t, wire.Options{}, frames[0], rst)
	if len(messages) != 1 || messages[0].Key != "message.tcp.refused" || messages[0].Packet {
		t.Errorf("%s", transcript(messages))
	}
}

// A datagram that is lost on the way is a message, told at once, and corrected.
func TestLostDatagram(t *testing.T) {
	n := new(forge.Network)
	w := wire.New(wire.Options{})
	defer w.Close()
	events := w.Subscribe(10)
	f := n.UDP(alice, bob, 40000, 12000, []byte("Ping 1 1690000000.5"))
	w.See(f)
	first := <-events.C
	if first.Update || first.Message.Lost || first.Message.Summary != "19 bytes: Ping 1 1690000000.5" {
		t.Errorf("first told: %+v", first.Message)
	}
	w.See(forge.Again(f, bob, frame.Lost))
	second := <-events.C
	m := second.Message
	if !second.Update || m.ID != first.Message.ID || !m.Lost || m.Losses[0].Link != bob.Link || m.Fate != frame.Lost {
		t.Errorf("then told: %+v", second)
	}
	if first.Message.Lost {
		t.Error("a message that was told has changed")
	}
}

// What a router throws away has come to it, and is told once more: it is no frame of
// the capture's, and the message did not arrive.
func TestDiscardedDatagram(t *testing.T) {
	n := new(forge.Network)
	f := n.UDP(alice, bob, 40000, 12000, []byte("hi"))
	router := &frame.Link{Name: "gw", A: frame.Node{Name: "gw", Kind: frame.Router}, B: frame.Node{Name: "lan", Kind: frame.Switch}}
	came, again := f, f
	came.Hop, came.Link, came.FromB = 1, router, true
	again.Hop, again.Link, again.FromB, again.Fate, again.Again = 1, router, true, frame.Discarded, true
	captured := 0
	messages, _ := observe(t, wire.Options{Frames: func(*frame.Frame, bool) { captured++ }}, f, came, again)
	if m := messages[0]; len(messages) != 1 || !m.Lost || len(m.Losses) != 1 || m.Losses[0].By() != "gw" {
		t.Errorf("%+v", messages)
	}
	if captured != 2 {
		t.Errorf("%d frames in the capture, want 2", captured)
	}
}

func TestFloodedCopyIsNotTheMessage(t *testing.T) {
	n := new(forge.Network)
	carol := forge.NewHost("carol", "10.0.0.3", 3)
	f := n.UDP(alice, bob, 40000, 12000, []byte("hi"))
	messages, _ := observe(t, wire.Options{}, f, forge.Again(f, carol, frame.Lost), forge.Again(f, bob, frame.Doubled))
	if m := messages[0]; m.Lost || m.Fate&frame.Doubled == 0 {
		t.Errorf("lost %v, fate %b", m.Lost, m.Fate)
	}
}

func TestLostOnTheFirstLink(t *testing.T) {
	n := new(forge.Network)
	f := n.UDP(alice, bob, 40000, 12000, []byte("hi"))
	f.Fate = frame.Overrun
	messages, _ := observe(t, wire.Options{}, f)
	if m := messages[0]; !m.Lost || len(m.Losses) != 1 || m.Losses[0].Link != alice.Link {
		t.Errorf("%+v", m)
	}
}

func TestLostSegmentAndItsRetransmission(t *testing.T) {
	n := new(forge.Network)
	c, frames := n.Dial(alice, bob, 40000, 80)
	get := c.Say(0, "GET / HTTP/1.1\r\nHost: bob\r\n\r\n")
	frames = append(frames, get[0], forge.Again(get[0], bob, frame.Lost))
	again := get[0]
	again.ID, again.Time = 99, again.Time.Add(time.Second)
	frames = append(frames, again)
	messages, _ := observe(t, wire.Options{}, frames...)
	expect(t, messages, `
alice > bob HTTP GET / HTTP/1.1 lost on bob
alice > bob TCP seq=1 len=29 ack=1 (retransmission)
`)
	if messages[1].Carries != messages[0].ID {
		t.Errorf("the retransmission carries %d", messages[1].Carries)
	}
}

func TestLostSynIsShown(t *testing.T) {
	n := new(forge.Network)
	_, frames := n.Dial(alice, bob, 40000, 80)
	again := frames[0]
	again.ID = 99
	messages, _ := observe(t, wire.Options{}, frames[0], forge.Again(frames[0], bob, frame.Lost), again)
	expect(t, messages, `
alice > bob TCP SYN seq=0 win=64240 mss=1460 lost on bob
alice > bob TCP SYN seq=0 win=64240 mss=1460 (retransmission)
`)
}

// HTTP is known by its first bytes on any port, however they are cut.
func TestSniffing(t *testing.T) {
	for _, mss := range []int{1, 2, 1000} {
		n := new(forge.Network)
		c, frames := n.Dial(alice, bob, 40000, 6789)
		c.MSS = mss
		frames = append(frames, c.Say(0, "GET / HTTP/1.1\r\nHost: bob\r\n\r\n")...)
		frames = append(frames, c.Say(1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")...)
		messages, _ := observe(t, wire.Options{}, frames...)
		expect(t, messages, "alice > bob HTTP GET / HTTP/1.1\nbob > alice HTTP HTTP/1.1 200 OK\n")
	}
}

func TestPlainData(t *testing.T) {
	n := new(forge.Network)
	c, frames := n.Dial(alice, bob, 40000, 12000)
	frames = append(frames, c.Say(0, "hello\n")...)
	frames = append(frames, c.Say(1, "HELLO\n")...)
	frames = append(frames, c.Say(0, strings.Repeat("x", 3000))...)
	messages, _ := observe(t, wire.Options{}, append(frames, c.Close(0)...)...)
	expect(t, messages, `
alice > bob TCP 6 bytes: hello\n
bob > alice TCP 6 bytes: HELLO\n
alice > bob TCP 3000 bytes: `+strings.Repeat("x", 40)+`…
`)
}

func TestMidwayAndMissed(t *testing.T) {
	n := new(forge.Network)
	c, _ := n.Dial(alice, bob, 40000, 80)
	rest := c.Say(0, "st: bob\r\n\r\n") // of a request whose beginning was not seen
	next := c.Say(0, "GET /2 HTTP/1.1\r\nHost: bob\r\n\r\n")
	c.Say(1, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234") // missed
	body := c.Say(1, "56789")
	ack := c.Segment(0, nil, nil)
	more := c.Say(1, "HTTP/1.1 204 No Content\r\n\r\n")
	messages, _ := observe(t, wire.Options{}, slices.Concat(rest, next, body, []frame.Frame{ack}, more)...)
	expect(t, messages, `
alice > bob HTTP GET /2 HTTP/1.1
bob > alice HTTP HTTP/1.1 204 No Content
`)
}

func TestBadChecksum(t *testing.T) {
	n := new(forge.Network)
	f := n.UDP(alice, bob, 40000, 53, []byte("not DNS, with a flipped bit"))
	f.Data = bytes.Clone(f.Data)
	f.Data[len(f.Data)-1] ^= 1
	messages, _ := observe(t, wire.Options{}, f)
	if !messages[0].Has("finding.udp.checksum") {
		t.Errorf("%s", transcript(messages))
	}
}

func TestDNSMatching(t *testing.T) {
	n := new(forge.Network)
	mallory := forge.NewHost("mallory", "10.0.0.66", 66)
	query := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
	query.Id = 7
	reply := new(dns.Msg).SetReply(query)
	rr, _ := dns.NewRR("www.example.com. 60 IN A 192.0.2.1")
	reply.Answer = []dns.RR{rr}
	wrongID, other := reply.Copy(), reply.Copy()
	wrongID.Id = 8
	other.Question[0].Name = "mail.example.com."
	messages, _ := observe(t, wire.Options{},
		n.UDP(alice, bob, 40000, 53, packed(query)),
		n.UDP(bob, alice, 53, 40000, packed(wrongID)),
		n.UDP(bob, alice, 53, 40000, packed(other)),
		n.UDP(mallory, alice, 53, 40000, packed(reply)),
		n.UDP(bob, alice, 53, 40000, packed(reply)),
		n.UDP(bob, alice, 53, 40000, packed(reply)),
		n.UDP(bob, alice, 53, 41000, packed(reply)),
	)
	expect(t, messages, `
alice > bob DNS A? www.example.com
bob > alice DNS A www.example.com 192.0.2.1 !finding.dns.response.id
bob > alice DNS A www.example.com 192.0.2.1 !finding.dns.response.question
mallory > alice DNS A www.example.com 192.0.2.1 !finding.dns.response.source
bob > alice DNS A www.example.com 192.0.2.1
bob > alice DNS A www.example.com 192.0.2.1 !finding.dns.response.late
bob > alice DNS A www.example.com 192.0.2.1 !finding.dns.response.unasked
`)
	if m := messages[4]; m.Answers != messages[0].ID {
		t.Errorf("the reply answers %d", m.Answers)
	}
}

func packed(m *dns.Msg) []byte {
	b, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return b
}

// A slow subscriber loses the oldest events, which are counted; nobody waits.
func TestSlowSubscriber(t *testing.T) {
	n := new(forge.Network)
	w := wire.New(wire.Options{})
	slow, quick := w.Subscribe(4), w.Subscribe(100)
	for range 20 {
		w.See(n.UDP(alice, bob, 1, 2, []byte("x")))
	}
	if len(quick.C) != 20 || slow.Missed() != 16 || (<-slow.C).Message.ID != 17 {
		t.Errorf("quick has %d, slow missed %d", len(quick.C), slow.Missed())
	}
	slow.Close()
	w.See(n.UDP(alice, bob, 1, 2, []byte("x")))
	w.Close()
	for range quick.C {
	}
	if _, open := <-w.Subscribe(1).C; open {
		t.Error("a closed watcher has told something")
	}
}

func TestConversationsPackets(t *testing.T) {
	n := new(forge.Network)
	w := wire.New(wire.Options{})
	defer w.Close()
	events := w.Subscribe(10)
	c, frames := n.Dial(alice, bob, 40000, 80)
	frames = append(frames, c.Say(0, "GET / HTTP/1.1\r\nHost: bob\r\n\r\n")...)
	w.See(frames...)
	var lines []string
	for _, p := range w.Conversation((<-events.C).Message.Conversation, 10) {
		lines = append(lines, p.Line())
		if len(p.Layers()) < 3 {
			t.Errorf("%s has %d layers", p.Line(), len(p.Layers()))
		}
	}
	want := []string{"SYN seq=0 win=64240 mss=1460", "SYN, ACK seq=0 ack=1 win=64240", "ACK seq=1 ack=1 win=64240", "seq=1 len=29 ack=1"}
	if !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}

func TestJSON(t *testing.T) {
	n := new(forge.Network)
	f := n.UDP(alice, bob, 40000, 12000, []byte("hi"))
	f.Fate = frame.Lost
	messages, _ := observe(t, wire.Options{}, f)
	got, err := json.Marshal(messages[0])
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"id":1,"time":"2026-01-02T03:04:05Z","end":"2026-01-02T03:04:05Z",` +
		`"from":{"host":"alice","address":"10.0.0.1","port":40000},"to":{"host":"bob","address":"10.0.0.2","port":12000},` +
		`"conversation":1,"protocol":"UDP","summary":"2 bytes: hi","key":"message.udp.data","args":{"Count":2},` +
		`"size":2,"packets":1,"fate":["lost"],"lost":true,"losses":[{"link":"alice","time":"2026-01-02T03:04:05Z","packet":1}]}`
	if string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// Without names, the cables tell who speaks.
func TestNamesOfTheCables(t *testing.T) {
	n := new(forge.Network)
	w := wire.New(wire.Options{})
	defer w.Close()
	events := w.Subscribe(10)
	w.See(n.UDP(alice, bob, 1, 2, []byte("x")), n.UDP(bob, alice, 2, 1, []byte("y")))
	first, second := (<-events.C).Message, (<-events.C).Message
	if first.From.String() != "alice" || first.To.String() != "10.0.0.2" || second.From.String() != "bob" || second.To.String() != "alice" {
		t.Errorf("%s > %s, %s > %s", first.From, first.To, second.From, second.To)
	}
}

func TestLogForgetsTheOldest(t *testing.T) {
	log := wire.NewLog(3)
	for id := range uint64(10) {
		log.Add(wire.Event{Message: &wire.Message{ID: id + 1}})
	}
	log.Add(wire.Event{Message: &wire.Message{ID: 1, Lost: true}, Update: true})
	log.Add(wire.Event{Message: &wire.Message{ID: 9, Lost: true}, Update: true})
	var ids []uint64
	for _, m := range log.Messages() {
		ids = append(ids, m.ID)
	}
	if !slices.Equal(ids, []uint64{8, 9, 10}) || !log.Messages()[1].Lost || log.Left() != 7 {
		t.Errorf("holds %v, forgot %d", ids, log.Left())
	}
}

// Connections that say half a request each, and datagrams to everywhere, do not
// fill the memory.
func TestFloodsLeaveMemoryBounded(t *testing.T) {
	n := new(forge.Network)
	w := wire.New(wire.Options{Names: wire.NamesFunc(hosts), Streams: stream.Table{MaxOpen: 50}, History: 1 << 20})
	defer w.Close()
	half := "GET / HTTP/1.1\r\nX-Filler: " + strings.Repeat("x", 6000)
	flood := func(from, to uint16) {
		for port := from; port < to; port++ {
			c, frames := n.Dial(alice, bob, port, 80)
			w.See(append(frames, c.Say(0, half)...)...)
			w.See(n.UDP(alice, bob, port, port, []byte(half)))
		}
	}
	flood(1000, 3000)
	before := heap()
	flood(3000, 5000)
	if grown := int64(heap()) - int64(before); grown > 4<<20 {
		t.Errorf("2,000 more connections left %d KiB behind", grown>>10)
	}
	if s := w.Stats(); s.Connections != 4000-50 {
		t.Errorf("%d connections were dropped", s.Connections)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
