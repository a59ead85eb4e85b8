package wire

import (
	"slices"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/packet"
)

func lossOf(f *frame.Frame) Loss {
	return Loss{Link: f.Link, FromB: f.FromB, Fate: f.Fate, Time: f.Time, Packet: f.ID}
}

// seeAgain takes a packet's sighting on a later link, which matters only if
// something happened to it there; or what became of it behind a link.
func (w *Watcher) seeAgain(f *frame.Frame) {
	if f.Fate == 0 {
		return
	}
	s := w.history.find(f.ID)
	if s == nil {
		return
	}
	s.Fate |= f.Fate
	if f.Fate.Arrived() {
		w.update(s, nil)
		return
	}
	if !w.meant(f, s) {
		return // one copy of a flooded frame: the receiver's own is on another cable
	}
	loss := lossOf(f)
	s.Losses = append(s.Losses, loss)
	w.update(s, &loss)
	w.lostSegment(s)
}

// meant reports whether the frame's loss on this link is one for its receiver.
// A switch that floods sends copies to hosts that would only throw them away,
// and of a broadcast one lost copy leaves all others.
func (w *Watcher) meant(f *frame.Frame, s *sighting) bool {
	if f.Link == nil || f.To().Kind != frame.Host {
		return true
	}
	var p packet.Packet
	p.Decode(f.Data)
	if p.Destination.Group() {
		return false
	}
	host := w.names.host(p.To)
	return host == "" || host == f.To().Name
}

// update tells that the fate of the packet of some messages is known better.
func (w *Watcher) update(s *sighting, loss *Loss) {
	for _, r := range s.records {
		m := *r.message
		m.Fate |= s.Fate
		if loss != nil {
			m.Losses = append(slices.Clone(m.Losses), *loss)
			m.Lost = m.lostAltogether()
		}
		r.message = &m
		w.tell(&m, true)
	}
}

// lostAltogether reports whether nobody can have got the message: a datagram
// needs each of its fragments, and TCP sends again what is missing.
func (m *Message) lostAltogether() bool {
	if len(m.Losses) == 0 {
		return false
	}
	if m.overTCP() {
		return len(m.Losses) >= m.Carriers
	}
	return true
}

func (m *Message) overTCP() bool {
	if len(m.Packets) == 0 {
		return false
	}
	var p packet.Packet
	p.Decode(m.Packets[0].Data)
	return p.Protocol == packet.TCP
}
