package stream_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopacket/gopacket/layers"
	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/internal/forge"
	"github.com/wirebook/wirebook/wire/packet"
	"github.com/wirebook/wirebook/wire/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink collects a direction.
type sink struct {
	bytes.Buffer
	gaps  []int64
	ended string
}

func (s *sink) Push(data []byte, push bool, carrier *frame.Frame) { s.Write(data) }
func (s *sink) Gap(n int64)                                       { s.gaps = append(s.gaps, n) }
func (s *sink) End(reset bool) {
	if s.ended != "" {
		panic("ended twice")
	}
	s.ended = fmt.Sprint("reset ", reset)
}

// table follows frames, and collects what each connection says.
type table struct {
	stream.Table
	sinks [][2]*sink
	conns []*stream.Conn
	notes []stream.Note
}

func (t *table) see(frames ...frame.Frame) {
	for i := range frames {
		var p packet.Packet
		p.Decode(frames[i].Data)
		c, fresh := t.Find(&p)
		if c == nil {
			continue
		}
		if fresh {
			pair := [2]*sink{{}, {}}
			c.Half[0].Sink, c.Half[1].Sink = pair[0], pair[1]
			t.sinks, t.conns = append(t.sinks, pair), append(t.conns, c)
		}
		_, note := c.Segment(&p, &frames[i])
		t.notes = append(t.notes, note)
	}
}

func dial(port uint16) (*forge.Conversation, []frame.Frame) {
	return new(forge.Network).Dial(forge.NewHost("a", "10.0.0.1", 1), forge.NewHost("b", "10.0.0.2", 2), port, 80)
}

const text = "The quick brown fox jumps over the lazy dog, and the dog sleeps on."

func TestStates(t *testing.T) {
	c, frames := dial(4000)
	var tab table
	states := []stream.State{}
	frames = append(frames, c.Say(0, text)...)
	frames = append(frames, c.Close(1)...)
	for _, f := range frames {
		tab.see(f)
		states = append(states, tab.conns[0].State)
	}
	want := []stream.State{
		stream.Opening, stream.Accepted, stream.Established, stream.Established, stream.Closing, stream.Closed, stream.Closed,
	}
	if !slices.Equal(states, want) {
		t.Errorf("%v, want %v", states, want)
	}
	if s := tab.sinks[0]; s[0].String() != text || s[0].ended != "reset false" || s[1].ended != "reset false" || len(s[0].gaps) > 0 {
		t.Errorf("%+v", s)
	}
}

func TestNotes(t *testing.T) {
	c, frames := dial(4000)
	var tab table
	tab.see(frames...)
	said := c.Say(0, "hello")
	tab.see(said[0], said[0])
	ack := c.Segment(1, nil, nil)
	tab.see(ack)
	more := c.Say(0, "more")
	late := c.Say(0, "late")
	tab.see(late[0], ack, more[0])
	keep := c.Segment(1, func(t *layers.TCP) { t.Seq--; t.Window = 0 }, nil)
	tab.see(keep, frames[0])
	want := []stream.Note{
		0, 0, 0, 0, stream.Retransmission, 0, stream.OutOfOrder, stream.DuplicateACK, 0,
		stream.KeepAlive | stream.ZeroWindow, stream.Retransmission,
	}
	if !slices.Equal(tab.notes, want) {
		t.Errorf("%v, want %v", tab.notes, want)
	}
	if got := tab.sinks[0][0].String(); got != "hellomorelate" {
		t.Errorf("%q", got)
	}
}

// What was acknowledged and not seen is a gap; what is only late is not.
func TestGap(t *testing.T) {
	c, frames := dial(4000)
	var tab table
	tab.see(frames...)
	c.Say(0, "12345") // missed
	tab.see(c.Say(0, "678")...)
	s := tab.sinks[0][0]
	if s.Len() > 0 || len(s.gaps) > 0 {
		t.Errorf("%q %v before the acknowledgment", s, s.gaps)
	}
	tab.see(c.Segment(1, nil, nil))
	if s.String() != "678" || !slices.Equal(s.gaps, []int64{5}) {
		t.Errorf("%q %v after it", s, s.gaps)
	}
}

func TestNewConnectionOnTheSamePorts(t *testing.T) {
	c, frames := dial(4000)
	var tab table
	tab.see(slices.Concat(frames, c.Say(0, "one"))...)
	again, _ := dial(4000)
	again.Seq[0] += 100000
	syn := again.Segment(0, func(t *layers.TCP) { t.SYN, t.ACK = true, false }, nil)
	tab.see(syn)
	if len(tab.sinks) != 2 || tab.sinks[0][0].ended == "" {
		t.Errorf("%d connections, the first ended: %q", len(tab.sinks), tab.sinks[0][0].ended)
	}
}

func TestReset(t *testing.T) {
	c, frames := dial(4000)
	var tab table
	tab.see(slices.Concat(frames, c.Say(0, "one"))...)
	tab.see(c.Segment(1, func(t *layers.TCP) { t.RST = true }, nil))
	if s := tab.sinks[0]; tab.conns[0].State != stream.Reset || s[0].ended != "reset true" || s[1].ended != "reset true" {
		t.Errorf("%v %+v", tab.conns[0].State, s)
	}
}

// Floods of half-open connections, and of segments whose predecessors never
// come, leave the memory bounded.
func TestBounds(t *testing.T) {
	tab := table{Table: stream.Table{MaxOpen: 10, MaxClosed: 5, MaxHalf: 1 << 12, MaxBuffered: 1 << 13}}
	gone := 0
	tab.Gone = func(*stream.Conn) { gone++ }
	for port := range uint16(50) {
		c, frames := dial(2000 + port)
		tab.see(frames[0])
		c.Seq[0] += 1000
		for range 20 {
			tab.see(c.Say(0, text)...)
			c.Seq[0] += 7
		}
	}
	if tab.Dropped != 40 || gone != 40 {
		t.Errorf("%d dropped, %d gone", tab.Dropped, gone)
	}
	open := 0
	tab.All(func(*stream.Conn) { open++ })
	if open != 10 {
		t.Errorf("%d are followed", open)
	}
	tab.Close()
	for _, s := range tab.sinks {
		if s[0].ended == "" || len(s[0].gaps) == 0 {
			t.Fatalf("not ended, or nothing given up: %+v", s[0])
		}
	}
}

// So does a flood of single bytes, each of which is held with its frame.
func TestSingleBytes(t *testing.T) {
	c, frames := dial(4000)
	var tab table
	tab.see(frames...)
	c.Seq[0] += 1000
	for range 8000 {
		tab.see(c.Say(0, "x")...)
		c.Seq[0]++
	}
	if s := tab.sinks[0][0]; len(s.gaps) == 0 {
		t.Error("nothing was given up")
	}
}

// FuzzReassembly sends a text in any segments, in any order, some twice: it
// comes out as it was.
func FuzzReassembly(f *testing.F) {
	f.Add([]byte(text), uint64(1), uint8(5), uint8(30))
	f.Add([]byte(""), uint64(2), uint8(1), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64, size, shuffle uint8) {
		if len(data) > 2000 {
			data = data[:2000]
		}
		random := rand.New(rand.NewPCG(seed, 1))
		c, frames := dial(4000)
		start := c.Seq[0]
		var segments []frame.Frame
		for at := 0; at < len(data); {
			n := min(1+random.IntN(int(size)+1), len(data)-at)
			c.Seq[0] = start + uint32(at)
			segments = append(segments, c.Segment(0, nil, data[at:at+n]))
			if random.IntN(4) == 0 { // again, cut otherwise
				back := random.IntN(at + 1)
				c.Seq[0] = start + uint32(back)
				segments = append(segments, c.Segment(0, nil, data[back:at+n]))
			}
			at += n
		}
		for range shuffle {
			if n := len(segments); n > 1 {
				i, j := random.IntN(n), random.IntN(n)
				segments[i], segments[j] = segments[j], segments[i]
			}
		}
		c.Seq[0] = start + uint32(len(data))
		var tab table
		tab.see(slices.Concat(frames, segments, c.Close(0))...)
		if s := tab.sinks[0][0]; !bytes.Equal(s.Bytes(), data) || len(s.gaps) > 0 || s.ended == "" {
			t.Errorf("%q, gaps %v, ended %q; want %q", s, s.gaps, s.ended, data)
		}
	})
}

// FuzzHostile sends segments with any numbers and flags.
func FuzzHostile(f *testing.F) {
	f.Add([]byte{0, 2, 0, 0, 5, 1, 0x12, 9, 9, 5})
	f.Fuzz(func(t *testing.T, script []byte) {
		c, _ := dial(4000)
		tab := table{Table: stream.Table{MaxHalf: 4096, MaxBuffered: 8192, MaxOpen: 4, MaxClosed: 2}}
		for len(script) >= 5 {
			side, flags, seq, ack, n := int(script[0]&1), script[1], script[2], script[3], script[4]
			script = script[5:]
			f := c.Segment(side, func(t *layers.TCP) {
				t.FIN, t.SYN, t.RST, t.PSH, t.ACK = flags&1 != 0, flags&2 != 0, flags&4 != 0, flags&8 != 0, flags&16 != 0
				t.Seq += uint32(seq) << (flags >> 5 * 4)
				t.Ack += uint32(ack) << (flags >> 5 * 4)
			}, bytes.Repeat([]byte("x"), int(n)))
			tab.see(f)
		}
		tab.Close()
	})
}
