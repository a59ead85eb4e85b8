// Package clock is the time that servers, clients, cables and protocol stacks
// are given. Nothing in Wirebook that waits asks the machine for the time: it
// asks its [Clock], which is the machine's ([System]) or one that can be moved
// ahead ([Movable]), so that a lease of a day can be watched in a second.
//
//	c := clock.NewMovable()
//	c.AfterFunc(12*time.Hour, renew)
//	c.Skip(24 * time.Hour) // renew has run, when Skip returns
package clock

import (
	"context"
	"time"
)

// Clock tells the time and wakes its callers.
type Clock interface {
	// Now is the time of day.
	Now() time.Time

	// AfterFunc calls f in a goroutine of its own once d has passed.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is one call to come. Its methods mean what *[time.Timer]'s mean for a
// timer made with [time.AfterFunc].
type Timer interface {
	// Stop prevents the call; it reports whether it still could.
	Stop() bool

	// Reset makes the call come d from now; it reports whether the timer
	// was still waiting.
	Reset(d time.Duration) bool
}

// System is the machine's own clock.
var System Clock = system{}

type system struct{}

func (system) Now() time.Time                            { return time.Now() }
func (system) Since(t time.Time) time.Duration           { return time.Since(t) }
func (system) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// Or returns c, or the machine's clock when c is nil, so that a server's zero
// value tells the right time.
func Or(c Clock) Clock {
	if c == nil {
		return System
	}
	return c
}

// Since is c.Now().Sub(t). The clocks of this package know it at half the price:
// protocol stacks ask it several times a packet.
func Since(c Clock, t time.Time) time.Duration {
	if quick, ok := c.(interface {
		Since(time.Time) time.Duration
	}); ok {
		return quick.Since(t)
	}
	return c.Now().Sub(t)
}

// Sleep waits for d, or until ctx ends, whose error it then returns.
func Sleep(ctx context.Context, c Clock, d time.Duration) error {
	done := make(chan struct{})
	timer := c.AfterFunc(d, func() { close(done) })
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WithTimeout is [context.WithTimeout] on the clock c. The context's error is
// context.DeadlineExceeded by [context.Cause]; its Err is context.Canceled,
// and it has no Deadline, since that would be in another clock's time.
func WithTimeout(ctx context.Context, c Clock, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := c.AfterFunc(d, func() { cancel(context.DeadlineExceeded) })
	return ctx, func() {
		timer.Stop()
		cancel(context.Canceled)
	}
}
