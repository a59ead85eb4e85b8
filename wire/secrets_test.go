package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/internal/forge"
	"github.com/wirebook/wirebook/wire/packet"
)

const password = "Wonder1and"

// login is a session in which a password is said, split as split says.
func login(split ...string) (c *forge.Conversation, opened []frame.Frame, said []frame.Frame) {
	n := new(forge.Network)
	c, opened = n.Dial(alice, bob, 40000, 21)
	opened = append(opened, c.Say(1, "220 ready\r\n")...)
	for _, text := range split {
		said = append(said, c.Say(0, text)...)
	}
	return c, opened, said
}

// passed are the frames that a watcher lets go.
func passed(t *testing.T, o wire.Options, frames ...frame.Frame) []frame.Frame {
	t.Helper()
	var all []frame.Frame
	o.Frames = func(f *frame.Frame, hidden bool) {
		if want := bytes.Contains(f.Data, []byte("**")); hidden != want {
			t.Errorf("hidden is %t of %q", hidden, f.Data)
		}
		all = append(all, *f)
	}
	w := wire.New(o)
	w.See(frames...)
	w.Close()
	return all
}

// In whatever order segments come, and on whichever link: all go on in the order
// in which they came, their checksums are right, and no password is in them.
func TestFramesWithoutSecrets(t *testing.T) {
	c, opened, said := login("USER alice\r\n", "PASS Won", "der1and\r\n", "PWD\r\n")
	said = append(said, c.Close(0)...)
	for name, order := range map[string][]int{
		"in order": {0, 1, 2, 3, 4, 5}, "the end first": {2, 1, 0, 3, 4, 5}, "turned round": {3, 2, 1, 0, 4, 5}, "twice": {0, 2, 1, 2, 1, 3, 4, 5},
		"a hole": {0, 2, 3, 4, 5}, "only the end": {2},
	} {
		t.Run(name, func(t *testing.T) {
			frames := opened
			for _, i := range order {
				frames = append(frames, said[i], forge.Again(said[i], bob, 0))
			}
			got := passed(t, wire.Options{}, frames...)
			if len(got) != len(frames) {
				t.Fatalf("%d of %d frames", len(got), len(frames))
			}
			for i, f := range got {
				var p packet.Packet
				p.Decode(f.Data)
				if f.ID != frames[i].ID || f.Hop != frames[i].Hop || p.Faults != 0 {
					t.Errorf("frame %d: %d, faults %b", i, f.ID, p.Faults)
				}
				if name != "a hole" && name != "only the end" && (strings.Contains(string(f.Data), "Won") || strings.Contains(string(f.Data), "der1")) {
					t.Errorf("frame %d: %q", i, p.Payload())
				}
			}
			for i, f := range passed(t, wire.Options{Secrets: true}, frames...) {
				if !bytes.Equal(f.Data, frames[i].Data) {
					t.Errorf("frame %d is changed, though secrets are to be shown", i)
				}
			}
		})
	}
}

// Nobody waits for ever for what is missing; all of what came too early is hidden.
func TestTooMuchWaits(t *testing.T) {
	c, opened, said := login("USER alice\r\n", "PASS Wonder1and\r\n")
	frames := append(opened, said[1])
	for range 5000 {
		frames = append(frames, c.Segment(1, nil, nil))
	}
	n := 0
	w := wire.New(wire.Options{Frames: func(f *frame.Frame, _ bool) {
		if n++; bytes.Contains(f.Data, []byte(password)) {
			t.Errorf("%q", f.Data)
		}
	}})
	defer w.Close()
	if w.See(frames...); n < 900 {
		t.Errorf("%d frames went on", n)
	}
}

// A NAT changes the ends of a packet; it is the same password.
func TestSecretsBehindANAT(t *testing.T) {
	_, opened, said := login("PASS Wonder1and\r\n")
	n := new(forge.Network)
	nat := forge.NewHost("nat", "192.0.2.1", 9)
	outside, _ := n.Dial(nat, bob, 61000, 21)
	later := outside.Say(0, "PASS Wonder1and\r\n")[0]
	longer := outside.Say(0, "XPASS Wonder1and\r\n")[0]
	frames := append(opened, said[0])
	for _, f := range []frame.Frame{later, longer} {
		f.ID, f.Hop, f.Link = said[0].ID, 1, routed
		frames = append(frames, f)
	}
	for _, f := range passed(t, wire.Options{}, frames...) {
		if bytes.Contains(f.Data, []byte(password)) {
			t.Errorf("%q", f.Data)
		}
	}
	messages, _ := observe(t, wire.Options{Packets: true}, frames...)
	checkNoPassword(t, messages)
}

// Neither a message nor the packets that it is expanded to have the password,
// also when they were sent again, or damaged.
func TestViewsWithoutSecrets(t *testing.T) {
	_, opened, said := login("USER alice\r\nPASS Won", "der1and\r\n")
	bad := said[1]
	bad.ID, bad.Data = 999, bytes.Replace(bad.Data, []byte("der1"), []byte("Der1"), 1)
	again := said[1]
	again.ID = 1000
	lost := said[1]
	lost.ID, lost.Fate = 1001, frame.Lost
	frames := append(opened, said[0], bad, said[1], again, lost)
	w := wire.New(wire.Options{Packets: true})
	events := w.Subscribe(100)
	w.See(frames...)
	for conversation := range uint64(3) {
		for _, p := range w.Conversation(conversation, 100) {
			if text := strings.ToLower(string(p.Frame.Data)); strings.Contains(text, "won") || strings.Contains(text, "der1") {
				t.Errorf("the history has %q", p.Frame.Data)
			}
		}
	}
	w.Close()
	var messages []*wire.Message
	for e := range events.C {
		messages = append(messages, e.Message)
	}
	if len(messages) < 6 {
		t.Errorf("only %d messages", len(messages))
	}
	checkNoPassword(t, messages)

	shown, _ := observe(t, wire.Options{Secrets: true}, frames...)
	if !slices.ContainsFunc(shown, func(m *wire.Message) bool { return m.Summary == "PASS "+password }) {
		t.Errorf("asked for secrets, got %d messages without it", len(shown))
	}
}

// A router that cannot deliver a segment quotes it.
func TestQuotedSecrets(t *testing.T) {
	for _, bob := range []*forge.Host{bob, forge.NewHost("six", "fd00::2", 2)} {
		n := new(forge.Network)
		from, router := alice, forge.NewHost("gw", "10.0.0.254", 9)
		if bob.Addr.Is6() {
			from, router = forge.NewHost("alice6", "fd00::1", 1), forge.NewHost("gw6", "fd00::fe", 9)
		}
		c, frames := n.Dial(from, bob, 40000, 21)
		said := c.Say(0, "PASS Wonder1and\r\n")[0]
		frames = append(frames, said, forge.Unreachable(n, router, from, said.Data[14:]))
		all := passed(t, wire.Options{}, frames...)
		var p packet.Packet
		p.Decode(all[len(all)-1].Data)
		if p.Faults != 0 || !bytes.Contains(p.Data, []byte("PASS **********\r\n")) {
			t.Errorf("faults %b: %q", p.Faults, p.Data)
		}
		messages, _ := observe(t, wire.Options{}, frames...)
		checkNoPassword(t, messages)
	}
}

func checkNoPassword(t *testing.T, messages []*wire.Message) {
	t.Helper()
	for _, m := range messages {
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		all := string(text) + string(m.Bytes) + fmt.Sprint(m.Fields())
		for i := range m.Packets {
			all += string(m.Packets[i].Data)
		}
		if strings.Contains(all, "Won") || strings.Contains(strings.ToLower(all), "der1") {
			t.Errorf("%s: %q", m.Summary, all)
		}
	}
}
