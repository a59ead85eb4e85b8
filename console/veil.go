package console

import (
	"bytes"
	"log/slog"
	"sync"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/packet"
)

// A frame that waits has not been understood yet: whether a line is a password is
// known to who knows what came before. So a watcher of its own is shown the
// conversation as it was, and then what waits, and says what asterisks stand for.

// maxVeiled is how many veiled frames are remembered.
const maxVeiled = 4096

// maxBefore is how many packets of a conversation the watcher is shown.
const maxBefore = 1 << 14

// veils remembers how frames are shown that wait: all viewers ask for the same.
type veils struct {
	mu    sync.Mutex
	shown map[veiled][]byte
}

// veiled is a frame as it is now: one that is edited has other bytes.
type veiled struct {
	id    uint64
	first *byte
}

// veil is a frame that waits, with asterisks for its passwords; waiting are all that
// do.
func (p *Page) veil(f *internet.HeldFrame, waiting []internet.HeldFrame) []byte {
	var read packet.Packet
	read.Decode(f.Data)
	if !read.Has(packet.TCP) || len(read.Payload()) == 0 {
		return f.Data
	}
	p.veils.mu.Lock()
	defer p.veils.mu.Unlock()
	key := veiled{f.ID, &f.Data[0]}
	if now, ok := p.veils.shown[key]; ok {
		return now
	}
	now := asSeen(f, p.before(&read, f.ID, waiting))
	if now == nil { // nobody can say yet: to be on the safe side
		return allVeiled(f.Data, &read)
	}
	if p.veils.shown == nil || len(p.veils.shown) >= maxVeiled {
		p.veils.shown = make(map[veiled][]byte)
	}
	p.veils.shown[key] = now
	return now
}

// before is what precedes a segment in its conversation: what was seen, and what waits
// before it; nil: not all of it has been seen yet. Which that is, it says itself, by
// its sequence number and by what it acknowledges.
func (p *Page) before(read *packet.Packet, id uint64, waiting []internet.HeldFrame) (frames []frame.Frame) {
	from, to := read.Ends()
	var said, heard progress // up to which
	see := func(f frame.Frame) {
		var other packet.Packet
		other.Decode(f.Data)
		switch a, b := other.Ends(); {
		case a == from && b == to && int32(other.Seq-read.Seq) <= 0:
			said.reach(&other)
		case a == to && b == from:
			heard.reach(&other)
		}
		frames = append(frames, f)
	}
	for _, sent := range p.watcher.Conversation(p.journal.between(from, to), maxBefore) {
		if sent.Frame.Data != nil {
			see(sent.Frame)
		}
	}
	for i := range waiting {
		if waiting[i].ID == id {
			break
		}
		var other packet.Packet
		other.Decode(waiting[i].Data)
		if a, b := other.Ends(); a == from && b == to {
			see(asFrame(&waiting[i]))
		}
	}
	if !said.reached(read.Seq) || !heard.reached(read.Ack) {
		return nil
	}
	return frames
}

// progress is a sequence number, once there is one.
type progress struct {
	known bool
	next  uint32
}

// reach takes a segment that was sent.
func (n *progress) reach(p *packet.Packet) {
	end := p.Seq + uint32(len(p.Payload()))
	if p.Flags&(packet.SYN|packet.FIN) != 0 {
		end++
	}
	if !n.known || int32(end-n.next) > 0 {
		n.known, n.next = true, end
	}
}

func (n *progress) reached(number uint32) bool { return n.known && int32(n.next-number) >= 0 }

// asSeen is a frame as a watcher shows it that has seen what precedes it.
func asSeen(f *internet.HeldFrame, before []frame.Frame) (shown []byte) {
	if before == nil {
		return nil
	}
	w := wire.New(wire.Options{Log: slog.New(slog.DiscardHandler), Frames: func(seen *frame.Frame, _ bool) {
		if seen.ID == f.ID {
			shown = seen.Data
		}
	}})
	w.See(before...)
	w.See(asFrame(f))
	w.Close()
	return shown
}

func asFrame(f *internet.HeldFrame) frame.Frame {
	return frame.Frame{ID: f.ID, Link: f.Link.Info(), Time: f.Since, Data: f.Data}
}

func allVeiled(data []byte, read *packet.Packet) []byte {
	shown := bytes.Clone(data)
	for i := range read.Payload() {
		shown[read.PayloadOffset()+i] = '*'
	}
	return shown
}

// unveiled is what an editor meant who saw the veiled bytes and has made others of
// them: where these are the same, the frame's own stay.
func unveiled(edited, shown, own []byte) []byte {
	start := 0
	for start < min(len(edited), len(shown)) && edited[start] == shown[start] {
		start++
	}
	end := 0
	for end < min(len(edited), len(shown))-start && edited[len(edited)-1-end] == shown[len(shown)-1-end] {
		end++
	}
	meant := bytes.Clone(edited)
	copy(meant, own[:start])
	copy(meant[len(meant)-end:], own[len(own)-end:])
	if len(edited) == len(shown) { // bytes were overwritten, here and there
		for i := start; i < len(meant)-end; i++ {
			if edited[i] == shown[i] {
				meant[i] = own[i]
			}
		}
	}
	return meant
}
