package udppinger

import (
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

func ten(t *check.T) {
	s := play(t, nil)
	s.whole(check.Mistake{Name: "hangs", Book: book})
	if s.repliesPrinted() == 0 {
		t.Remark("reply-not-printed")
	}
}

// randomLoss are three pings, two of them neighbours: as 3, 6 and 7.
func randomLoss(t *check.T) map[int]time.Duration {
	n := 2 + t.Rand.IntN(4)
	return map[int]time.Duration{n: never, n + 3: never, n + 4: never}
}

var hangsOnLoss = check.Mistake{Name: "hangs-on-loss", RFC: rfc, Book: book}

// lost loses three of ten.
func lost(t *check.T) {
	loss := randomLoss(t)
	s := play(t, loss)
	s.whole(hangsOnLoss)
	if !s.toldOf(s.losses()) {
		t.Wrong(check.Mistake{Name: "silent-loss", Expected: "Request timed out", Book: book})
	}
	shortest := time.Hour
	for n := range loss {
		shortest = min(shortest, s.gap(n))
	}
	if shortest > 3*time.Second {
		t.Remark("long-timeout")
	}
}

// slow answers three pings after half a second: within the second for
// which the program waits. One that goes on before that is impatient; once may be
// the machine's fault.
func slow(t *check.T) {
	const delay = 500 * time.Millisecond
	n := 2 + t.Rand.IntN(4)
	slow := []int{n, n + 2, n + 4}
	var early []int // the pings for which the program did not wait
	s := serve(t, func(s *session, came int) {
		if came > 1 && !s.answered[came-1].Load() && s.gap(came-1) < 5*delay/4 {
			early = append(early, came-1)
		}
		if slices.Contains(slow, came) {
			s.answer(came, delay)
		} else {
			s.answer(came, 0)
		}
	})
	s.whole(check.Mistake{Name: "hangs", Book: book})
	early = slices.DeleteFunc(early, func(n int) bool { return s.steady(n, slow) })
	if len(early) > 1 || len(early) == 1 && s.gap(early[0]) < delay*3/4 {
		t.Wrong(check.Mistake{
			Name: "impatient", Datagram: s.sent[early[0]-1], Book: book,
			Expected: check.Say("udp-pinger.wait"), Actual: check.Say("udp-pinger.waited", "Seconds", seconds(s.gap(early[0]))),
		})
	}
}

// steady reports whether the next ping came after the time that is usual for those
// that are not slow: a program that sends at a steady pace waits all the same.
func (s *session) steady(n int, slow []int) bool {
	var others []time.Duration
	for i := 1; i < pings; i++ {
		if !slices.Contains(slow, i) {
			others = append(others, s.gap(i))
		}
	}
	slices.Sort(others)
	usual := others[len(others)/2]
	return (s.gap(n) - usual).Abs() < usual/3+50*time.Millisecond
}

// late answers a ping when the next one has come, and that one not at all: the
// program must go on waiting for its own reply. It does so three times, for once may
// be the machine's fault.
func late(t *check.T) {
	afterLate := []int{3, 6, 9}
	s := serve(t, func(s *session, n int) {
		switch {
		case slices.Contains(afterLate, n):
			s.answer(n-1, 0)
		case !slices.Contains(afterLate, n+1):
			s.answer(n, 0)
		}
	})
	s.whole(hangsOnLoss)
	var taken []int
	for _, n := range afterLate {
		// Who sleeps between the pings does so after either.
		if s.gap(n-1)-s.gap(n) > 600*time.Millisecond && (s.repliesPrinted() == 0 || s.printed(n-1)) {
			taken = append(taken, n)
		}
	}
	if len(taken) > 1 {
		n := taken[0]
		t.Wrong(check.Mistake{
			Name: "late-reply", Datagram: s.sent[n-1], Book: book, RFC: rfc,
			Args: map[string]any{"Late": reply(s.sent[n-2]), "Ping": strings.TrimSpace(string(s.sent[n-1].Data))},
		})
	}
}

// allLost answers nothing: no reply at all is no reason to crash.
func allLost(t *check.T) {
	s := serve(t, func(*session, int) {})
	m := hangsOnLoss
	if len(s.sent) >= pings {
		m.Name, m.Crash = "dies-of-all-lost", true
	}
	s.whole(m)
}
