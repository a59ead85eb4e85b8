package check

import (
	"testing"
	"time"

	"github.com/wirebook/wirebook/guest"
)

// TestPulse takes the pulse of programs, some of them on a busy machine.
func TestPulse(t *testing.T) {
	began := time.Now()
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	type look struct {
		at      int // ms
		a       guest.Activity
		stirred int // ms
		rests   int // ms, then
	}
	running, cpu := guest.Activity{Running: true}, guest.Activity{CPU: ms(10)}
	for name, looks := range map[string][]look{
		"waits":                   {{100, guest.Activity{}, 0, 100}, {200, guest.Activity{}, 0, 200}, {300, guest.Activity{}, 0, 300}},
		"computes":                {{100, running, 0, 0}, {200, running, 0, 0}},
		"computed in between":     {{100, guest.Activity{}, 0, 100}, {200, cpu, 0, 0}, {300, cpu, 0, 100}},
		"said something":          {{100, guest.Activity{}, 0, 100}, {200, guest.Activity{}, 150, 0}, {300, guest.Activity{}, 150, 100}},
		"is looked at late":       {{100, guest.Activity{}, 0, 100}, {5000, guest.Activity{}, 0, 300}},
		"has just said something": {{100, guest.Activity{}, 101, 0}},
	} {
		p := &pulse{taken: began}
		for _, l := range looks {
			stirred := began.Add(ms(l.stirred))
			p.take(began.Add(ms(l.at)), l.a, stirred)
			if got := p.rest(stirred); got != ms(l.rests) {
				t.Errorf("%s: at %d ms it rests for %v, not %d ms", name, l.at, got, l.rests)
			}
		}
	}
	p := &pulse{taken: began}
	p.take(began.Add(ms(1000)), guest.Activity{Running: true, Delayed: ms(900)}, began)
	p.take(began.Add(ms(2000)), guest.Activity{Running: true, Delayed: ms(5000)}, began) // of several threads
	if got := p.stolen(); got != ms(1900) {
		t.Errorf("%v were stolen, not 1.9 s", got)
	}
	p.take(began.Add(ms(9000)), guest.Activity{Delayed: ms(5000)}, began) // the machine slept
	if got := p.stolen(); got != ms(8700) {
		t.Errorf("%v were stolen, not 8.7 s", got)
	}
}
