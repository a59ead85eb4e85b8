package wire

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
	"github.com/wirebook/wirebook/wire/stream"
)

// Options are what a [Watcher] may be told. The zero value is a good choice.
type Options struct {
	Names     Names              // nil: hosts without names
	Protocols []dissect.Protocol // nil: Protocols()
	Packets   bool               // TCP's SYN, ACK, FIN are messages too
	Secrets   bool               // passwords are shown; else asterisks stand for them
	Keep      int                // how many bytes of a message are kept; 0: 64 KiB
	History   int                // bytes of packets that can still be looked at; 0: 32 MiB
	Streams   stream.Table       // the limits on TCP streams
	Log       *slog.Logger       // nil: slog.Default()

	// Frames, if set, is given each frame, in the order in which they were seen,
	// as soon as it is known what in it is secret; hidden says that asterisks
	// stand for it. That can be a moment after See returns.
	Frames func(f *frame.Frame, hidden bool)
}

// Watcher makes messages of frames. Its memory is bounded, whatever it is shown.
type Watcher struct {
	options      Options
	mu           sync.Mutex
	names        namer
	registry     registry
	streams      stream.Table
	fragments    packet.Fragments
	translations translations
	carriers     dissect.Recent[packet.Datagram, []frame.Frame]
	flows        dissect.Recent[flow, *conversation]
	questions    dissect.Recent[question, dissect.Ref]
	history      *history
	subscribers  subscribers
	stats        Stats
	lastID       uint64
	lastFlow     uint64
	closed       bool
	outbox       []Event
	carried      []carried
	passing      passing
}

// Stats is what a Watcher has done and what it had to leave out.
type Stats struct {
	Frames      uint64 `json:"frames"`      // that it was shown
	Packets     uint64 `json:"packets"`     // that were sent: a frame is a packet on each link
	Messages    uint64 `json:"messages"`    // that it has told of
	Missed      uint64 `json:"missed"`      // frames that the ring overwrote before they were read
	Connections uint64 `json:"connections"` // TCP connections dropped for want of room
	Fragments   uint64 `json:"fragments"`   // IP packets that were never whole
	Failures    uint64 `json:"failures"`    // panics of dissectors: mistakes in Wirebook
}

const (
	defaultKeep    = 64 << 10
	defaultHistory = 32 << 20
)

// New returns a Watcher. Its memory and coroutines are freed by Close, which
// the end of Run calls.
func New(o Options) *Watcher {
	if o.Keep <= 0 {
		o.Keep = defaultKeep
	}
	if o.History <= 0 {
		o.History = defaultHistory
	}
	if o.Protocols == nil {
		o.Protocols = Protocols()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	w := &Watcher{options: o, names: namer{names: o.Names}, streams: o.Streams, history: newHistory(o.History)}
	w.carriers.Max = 64
	w.registry.fill(o.Protocols)
	w.streams.Port = w.registry.listens
	w.streams.Gone = func(c *stream.Conn) { c.Owner.(*connection).stop() }
	return w
}

// Run reads the ring until ctx ends, and then what is left in it, and closes w.
func (w *Watcher) Run(ctx context.Context, ring *frame.Ring) {
	defer w.Close()
	batch := make([]frame.Frame, 256)
	for {
		n, err := ring.Read(ctx, batch)
		w.See(batch[:n]...)
		if err != nil {
			return
		}
		clear(batch[:n])
		missed := ring.Missed()
		w.mu.Lock()
		w.stats.Missed = missed
		w.mu.Unlock()
	}
}

// See takes frames, in the order in which they happened. What they complete has
// been told to the subscribers when it returns.
func (w *Watcher) See(frames ...frame.Frame) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	for i := range frames {
		w.see(&frames[i])
	}
}

// Close tells of what is not complete, as far as it has come, and ends all
// subscriptions.
func (w *Watcher) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.closed = true
	w.guard(w.streams.Close)
	w.pass()
	w.flush()
	w.subscribers.closeAll()
}

// Stats counts.
func (w *Watcher) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stats
	s.Messages, s.Connections, s.Fragments = w.lastID, w.streams.Dropped, w.fragments.Forgotten
	return s
}

func (w *Watcher) see(f *frame.Frame) {
	if f.Again {
		w.seeAgain(f)
		w.flush()
		return
	}
	w.stats.Frames++
	defer w.pass()
	if f.Hop > 0 {
		w.queue(f, nil)
		hidden, _ := w.hidden(f)
		w.guard(func() { w.crossed(&hidden) })
		w.seeAgain(f)
		w.flush()
		return
	}
	w.stats.Packets++
	var p packet.Packet
	p.Decode(f.Data)
	s := w.history.add(f)
	if !f.Fate.Arrived() {
		s.Losses = []Loss{lossOf(f)}
	}
	w.names.learn(&p, f)
	w.guard(func() { w.packet(&p, f, s) })
	w.queue(f, &p)
	w.flush()
}

// packet looks at one packet on its first link.
func (w *Watcher) packet(p *packet.Packet, f *frame.Frame, s *sighting) {
	var carriers []frame.Frame
	if p.Fragments.Part() && p.IP() && p.Faults&packet.BadHeaderChecksum == 0 {
		whole, all, ok := w.collect(p, f)
		if !ok {
			return
		}
		p, carriers = &whole, all
	}
	w.translations.read(p)
	switch {
	case p.Type == packet.TypeARP:
		w.arp(p, f, s)
	case p.Has(packet.TCP):
		w.tcp(p, f, s)
	case p.Has(packet.UDP):
		w.udp(p, f, s, carriers)
	case p.Has(packet.ICMP), p.Has(packet.ICMPv6):
		if w.hideQuoted(s, p) {
			f = &s.Frame
			p.Decode(f.Data)
			w.translations.read(p)
		}
		w.icmp(p, f, s, carriers)
	}
}

// guard keeps a mistake in a dissector from ending the observation.
func (w *Watcher) guard(f func()) {
	defer func() {
		if r := recover(); r != nil {
			w.stats.Failures++
			w.options.Log.Error("a dissector failed", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	f()
}

// tell queues an event; flush sends it once the packet is dealt with.
func (w *Watcher) tell(m *Message, update bool) {
	w.outbox = append(w.outbox, Event{Message: m, Update: update})
}

func (w *Watcher) flush() {
	w.hideCarried()
	if len(w.outbox) == 0 {
		return
	}
	for _, e := range w.outbox {
		w.subscribers.tell(e)
	}
	clear(w.outbox)
	w.outbox = w.outbox[:0]
}
