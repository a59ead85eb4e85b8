package check

import (
	"math/bits"
	"sync"
	"time"

	"github.com/wirebook/wirebook/guest"
)

// pulse tells a program that hangs from one that is slow since others need the
// machine. It is taken again and again; a program rests while nothing changes from
// one time to the next.
//
// When the machine is so busy that the check itself comes late to take the pulse,
// whoever the program waits for may come late as well: then the time between counts
// only as what it should have been. And what the program could not compute since
// others had the processors, or the whole machine slept, is not counted as its time
// at all.
type pulse struct {
	mu      sync.Mutex
	taken   time.Time     // the last time
	rested  time.Duration // for how long nothing had changed by then
	cpu     time.Duration
	before  time.Duration // of it, what was used before the program last said something
	lagged  time.Duration // as guest.Activity.Delayed
	starved time.Duration // of the time since the start, what the machine took
	lately  uint16        // a bit for each time: whether it computed
}

// beat is how often the pulse is taken; lateBeat is the most that counts of the
// time between two.
const (
	beat     = 2 * poll
	lateBeat = 2 * beat
)

// take notes what the program does; stirred is when it last said something to
// anybody, or was told something.
func (p *pulse) take(now time.Time, a guest.Activity, stirred time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := now.Sub(p.taken)
	p.lately <<= 1
	if a.Running {
		p.lately |= 1
	}
	if a.Running || a.CPU != p.cpu || stirred.After(p.taken) {
		p.rested = 0
	} else {
		p.rested += min(since, lateBeat)
	}
	if stirred.After(p.taken) {
		p.before = a.CPU
	}
	p.starved += max(min(a.Delayed-p.lagged, since), since-lateBeat, 0)
	p.taken, p.cpu, p.lagged = now, a.CPU, a.Delayed
}

// rest is for how long the program has done nothing.
func (p *pulse) rest(stirred time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if stirred.After(p.taken) {
		return 0
	}
	return p.rested
}

// stolen is what the machine took of the program's time.
func (p *pulse) stolen() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.starved
}

// toil is how long the program has computed since it last said something.
func (p *pulse) toil() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cpu - p.before
}

// computes is whether the program has done little else lately: one that only sends
// the same again and again does not.
func (p *pulse) computes() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bits.OnesCount16(p.lately) >= 8
}
