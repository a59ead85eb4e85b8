package check

import (
	"sync"
	"time"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/packet"
)

// record is what was on the program's cable. It is read when something is to be
// shown; a case that passes is never decoded.
type record struct {
	mu     sync.Mutex
	frames []frame.Frame
	bytes  int
	missed int
}

// mostRecorded bounds a record's memory: what a program floods the cable with
// after that is counted.
const mostRecorded = 32 << 20

func newRecord() *record { return &record{} }

func (r *record) add(f frame.Frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bytes+len(f.Data) > mostRecorded {
		r.missed++
		return
	}
	r.bytes += len(f.Data)
	f.ID = uint64(len(r.frames) + 1)
	r.frames = append(r.frames, f)
}

// sent adds a frame of the program that never gets to the switch: the script
// loses it, or the case takes it.
func (r *record) sent(link *frame.Link, data []byte, fate frame.Fate) {
	r.add(frame.Frame{Link: link, Time: time.Now(), Fate: fate, Data: append([]byte(nil), data...)})
}

func (r *record) all() []frame.Frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]frame.Frame(nil), r.frames...)
}

// script says which UDP datagrams are lost on the program's cable, by their
// numbers from 1 on. DNS is not counted.
type script struct {
	mu             sync.Mutex
	from, to       map[int]bool
	sent           int // by the program
	came, recorded int // to the program; counted where they arrive, and where they are recorded
}

func (s *script) lose(from, to []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.from == nil {
		s.from, s.to = make(map[int]bool), make(map[int]bool)
	}
	for _, n := range from {
		s.from[n] = true
	}
	for _, n := range to {
		s.to[n] = true
	}
}

func (s *script) losesFrom(data []byte) bool {
	return s.count(data, &s.sent, func() map[int]bool { return s.from })
}

func (s *script) losesTo(data []byte) bool {
	return s.count(data, &s.came, func() map[int]bool { return s.to })
}

func (s *script) seesLossTo(data []byte) bool {
	return s.count(data, &s.recorded, func() map[int]bool { return s.to })
}

func (s *script) count(data []byte, counter *int, script func() map[int]bool) bool {
	var p packet.Packet
	p.Decode(data)
	if !p.Has(packet.UDP) || p.FromPort == 53 || p.ToPort == 53 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	*counter++
	return script()[*counter]
}
