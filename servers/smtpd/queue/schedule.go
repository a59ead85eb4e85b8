package queue

import (
	"cmp"
	"time"
)

// Schedule says when a message is tried again that could not be delivered, and
// when that is given up. RFC 5321 §4.5.4.1 asks for at least 30 minutes between
// attempts, but for the first ones, and for four to five days before giving up.
type Schedule struct {
	Pauses  []time.Duration // after the first attempt, the second …; the last repeats
	Warn    time.Duration   // after which the sender is told that it takes longer
	Abandon time.Duration   // after which it is returned
}

// DefaultSchedule is what a zero Schedule means.
var DefaultSchedule = Schedule{
	Pauses:  []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour},
	Warn:    4 * time.Hour,
	Abandon: 5 * 24 * time.Hour,
}

func (s Schedule) orDefault() Schedule {
	if len(s.Pauses) == 0 {
		s.Pauses = DefaultSchedule.Pauses
	}
	s.Warn = cmp.Or(s.Warn, DefaultSchedule.Warn)
	s.Abandon = cmp.Or(s.Abandon, DefaultSchedule.Abandon)
	return s
}

// pause is how long to wait after so many attempts.
func (s Schedule) pause(attempts int) time.Duration {
	return s.Pauses[max(0, min(attempts-1, len(s.Pauses)-1))]
}
