package internet

import (
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/wirebook/wirebook/clock"
)

// stackClock is the Internet's clock as the protocol stacks want it.
type stackClock struct {
	clock.Clock
	start time.Time
}

// NowMonotonic counts from the Internet's start.
func (c stackClock) NowMonotonic() tcpip.MonotonicTime {
	return tcpip.MonotonicTime{}.Add(clock.Since(c.Clock, c.start))
}

func (c stackClock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	return stackTimer{c.Clock.AfterFunc(d, f)}
}

type stackTimer struct{ clock.Timer }

func (t stackTimer) Reset(d time.Duration) { t.Timer.Reset(d) }

// now is the time since the Internet's start.
func (in *Internet) now() time.Duration { return clock.Since(in.clock, in.start) }
