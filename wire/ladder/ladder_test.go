package ladder_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/internal/forge"
	"github.com/wirebook/wirebook/wire/ladder"
)

var update = flag.Bool("update", false, "write the ladders to testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// story is messages as a watcher would tell them.
type story struct {
	messages []*wire.Message
	at       time.Time
}

func (s *story) say(from, to, protocol, summary string, change ...func(*wire.Message)) *wire.Message {
	if s.at.IsZero() {
		s.at = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	}
	m := &wire.Message{
		ID: uint64(len(s.messages) + 1), Time: s.at, End: s.at, From: wire.Endpoint{Host: from}, To: wire.Endpoint{Host: to},
		Protocol: protocol, Summary: summary, Carriers: 1,
	}
	for _, c := range change {
		c(m)
	}
	s.at = s.at.Add(1250 * time.Microsecond)
	s.messages = append(s.messages, m)
	return m
}

func lost(link string) func(*wire.Message) {
	return func(m *wire.Message) {
		m.Lost, m.Fate = true, frame.Lost
		m.Losses = []wire.Loss{{Link: &frame.Link{Name: link}, Fate: frame.Lost}}
	}
}

func key(k string, args map[string]any) func(*wire.Message) {
	return func(m *wire.Message) { m.Key, m.Args = k, args }
}

func found(f wire.Finding) func(*wire.Message) {
	return func(m *wire.Message) { m.Findings = append(m.Findings, f) }
}

func packets(m *wire.Message) { m.Packet = true }

func answers(id uint64) func(*wire.Message) { return func(m *wire.Message) { m.Answers = id } }

// page is one page load: names first, then HTTP, with a loss.
func page() []*wire.Message {
	var s story
	s.say("alice", "dns.example.edu", "DNS", "A? www.example.com", key("message.dns.query.recursive", map[string]any{"Name": "www.example.com", "Type": "A"}))
	s.say("dns.example.edu", "alice", "DNS", "A www.example.com 10.0.2.80", answers(1),
		key("message.dns.response.answer", map[string]any{"Name": "www.example.com", "Type": "A"}))
	s.say("alice", "www.example.com", "TCP", "SYN seq=0 win=64240 mss=1460", packets)
	s.say("www.example.com", "alice", "TCP", "SYN, ACK seq=0 ack=1 win=64240 mss=1460", packets)
	s.say("alice", "www.example.com", "TCP", "ACK seq=1 ack=1 win=64240", packets)
	get := s.say("alice", "www.example.com", "HTTP", "GET /index.html HTTP/1.1", lost("isp-core"),
		key("message.http.request.GET", map[string]any{"Target": "/index.html"}),
		found(wire.Finding{Key: "finding.http.host.missing", RFC: 9112, Section: "3.2", Severity: wire.Wrong}))
	s.at = s.at.Add(1100 * time.Millisecond)
	s.say("alice", "www.example.com", "TCP", "seq=1 len=78 ack=1 (retransmission)", key("message.tcp.retransmission", map[string]any{"Seq": 1}),
		func(m *wire.Message) { m.Carries = get.ID })
	s.say("www.example.com", "alice", "HTTP", "HTTP/1.1 200 OK", answers(get.ID),
		key("message.http.response.2xx", map[string]any{"Status": 200, "Bytes": 31337}), func(m *wire.Message) {
			m.Carriers = 22
			m.Losses = []wire.Loss{{Link: &frame.Link{Name: "campus-gw"}}, {Link: &frame.Link{Name: "campus-gw"}}}
			m.Packets = []frame.Frame{{Time: m.Time, Data: make([]byte, 1514)}, {Time: m.Time, Data: make([]byte, 1514), Fate: frame.Lost}}
		})
	s.say("www.example.com", "alice", "UDP", "3 bytes: pong", lost("www"))
	return s.messages
}

// fielded is a message of which the fields are known: a mail in POP3.
func fielded() []*wire.Message {
	var n forge.Network
	alice, mx := forge.NewHost("alice", "10.9.0.1", 1), forge.NewHost("mx", "10.9.0.2", 2)
	c, frames := n.Dial(alice, mx, 40000, 110)
	for i, text := range []string{"+OK\r\n", "RETR 1\r\n", "+OK\r\nSubject: a\r\nContent-Transfer-Encoding: base64\r\n\r\naGkNCg==\r\n.\r\n"} {
		frames = append(frames, c.Say(1-i%2, text)...)
	}
	w := wire.New(wire.Options{})
	events := w.Subscribe(10)
	w.See(frames...)
	w.Close()
	var messages []*wire.Message
	for e := range events.C {
		messages = append(messages, e.Message)
	}
	return messages
}

func many(n int) []*wire.Message {
	var s story
	for i := range n {
		s.say(fmt.Sprintf("host%d.example.com", i), fmt.Sprintf("host%d.example.com", (i+1)%n), "UDP", fmt.Sprintf("%d bytes", i))
	}
	s.say("host0.example.com", fmt.Sprintf("host%d.example.com", n-1), "UDP", "a summary that is long enough to need a line of its own", lost("core"))
	return s.messages
}

func broadcast() []*wire.Message {
	var s story
	s.say("alice", "dns", "ARP", "who has 10.0.1.53? tell 10.0.1.10", func(m *wire.Message) { m.To.Group = true })
	s.say("dns", "alice", "ARP", "10.0.1.53 is at 02:00:00:00:00:35")
	s.say("alice", "", "DHCP", "DISCOVER", func(m *wire.Message) {
		m.To.Group, m.To.Addr = true, netip.MustParseAddrPort("255.255.255.255:67")
	})
	s.say("alice", "alice", "UDP", "to itself")
	s.say("小明的电脑", "dns", "DNS", "A? 例子.cn")
	s.say("dns", "小明的电脑", "DNS", "TXT 例子.cn 一个相当长的文本记录，用来测试宽度")
	return s.messages
}

// discarded is what a traceroute looks like, and a transfer whose second half finds no way.
func discarded() []*wire.Message {
	var s story
	gw := &frame.Link{Name: "gw-campus", A: frame.Node{Name: "gw", Kind: frame.Router}, B: frame.Node{Name: "campus", Kind: frame.Switch}}
	loss := wire.Loss{Link: gw, FromB: true, Fate: frame.Discarded}
	s.say("alice", "www", "UDP", "32 bytes", func(m *wire.Message) { m.Lost, m.Losses = true, []wire.Loss{loss} })
	s.say("gw", "alice", "ICMP", "time exceeded")
	s.say("www", "alice", "HTTP", "HTTP/1.1 200 OK", func(m *wire.Message) { m.Carriers, m.Losses = 6, []wire.Loss{loss, loss} })
	return s.messages
}

func TestLadders(t *testing.T) {
	for name, test := range map[string]struct {
		messages []*wire.Message
		o        ladder.Options
	}{
		"page":         {page(), ladder.Options{Words: explain.English}},
		"page-packets": {page(), ladder.Options{Words: explain.English, Packets: true, Width: 100}},
		"page-explain": {page(), ladder.Options{Words: explain.English, Explain: true, Width: 90}},
		"page-zh":      {page(), ladder.Options{Words: explain.Chinese, Explain: true}},
		"page-ascii":   {page(), ladder.Options{ASCII: true}},
		"page-color":   {page(), ladder.Options{Color: true}},
		"page-narrow":  {page(), ladder.Options{Width: 50}},
		"page-chosen":  {page(), ladder.Options{Hosts: []string{"www.example.com", "alice"}}},
		"five":         {many(5), ladder.Options{}},
		"twelve":       {many(12), ladder.Options{}},
		"twelve-wide":  {many(12), ladder.Options{Width: 200}},
		"page-fields":  {fielded(), ladder.Options{Fields: true, Width: 60}},
		"broadcast":    {broadcast(), ladder.Options{}},
		"discarded":    {discarded(), ladder.Options{Words: explain.English}},
		"discarded-zh": {discarded(), ladder.Options{Words: explain.Chinese}},
		"nothing":      {nil, ladder.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := ladder.Write(&b, test.messages, test.o); err != nil {
				t.Fatal(err)
			}
			got, file := b.String(), filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			checkWidth(t, got, test.o)
		})
	}
}

func checkWidth(t *testing.T, text string, o ladder.Options) {
	width := o.Width
	if width == 0 {
		width = 80
	}
	measure := runewidth.Condition{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if n := measure.StringWidth(line); n > width && !o.Color {
			t.Errorf("%d columns: %s", n, line)
		}
		if o.ASCII && strings.Trim(line, " !\"#$%&'()*+,-./0123456789:;<=>?@[]^_`abcdefghijklmnopqrstuvwxyz{|}~ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			t.Errorf("not ASCII: %s", line)
		}
	}
}

// Columns are added while the story goes on.
func TestJoin(t *testing.T) {
	var s story
	s.say("alice", "smtp", "SMTP", "DATA")
	s.say("smtp", "alice", "SMTP", "354 go")
	s.say("smtp", "mx", "SMTP", "DATA")
	s.say("smtp", "a host whose name needs so much room that no columns fit", "SMTP", "DATA")
	l := ladder.New(nil, ladder.Options{Width: 50})
	got := ""
	for _, m := range s.messages {
		got += l.Join(m.From.String(), m.To.String()) + l.Message(m)
	}
	const want = `            alice                            smtp
              │                                │
  0.000 ms    ├─ DATA ────────────────────────▶│
  1.250 ms    │◀─ 354 go ──────────────────────┤
            alice            smtp              mx
              │                │                │
  2.500 ms    │                ├─ DATA ────────▶│
  3.750 ms  smtp → a host whose name needs so muc…
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// No width makes it fail.
func TestAnyWidth(t *testing.T) {
	for width := range 130 {
		for _, messages := range [][]*wire.Message{page(), many(4), broadcast()} {
			var b strings.Builder
			o := ladder.Options{Width: width, Packets: true, Words: explain.Chinese, Explain: true}
			if err := ladder.Write(&b, messages, o); err != nil {
				t.Fatal(err)
			}
			if width > 30 {
				checkWidth(t, b.String(), o)
			}
		}
	}
}
