package forward

import (
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// A router that answers every packet of a flood makes it two floods: errors
// are limited in their rate (RFC 1812 §4.3.2.8, RFC 4443 §2.4 (f)). The limits
// are far above what traceroutes and path MTU discovery need.
const (
	errorsPerSecond = 1000
	errorsAtOnce    = 200
)

// bucket is a token bucket: it fills at a steady rate, up
// to its rim, and each error takes one token out. The zero value is full.
type bucket struct {
	mu    sync.Mutex
	taken float64   // how far it is below the rim
	last  time.Time // when that was so
}

// take takes a token, if there is one.
func (b *bucket) take(c clock.Clock) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := clock.Or(c).Now()
	b.taken = max(0, b.taken-now.Sub(b.last).Seconds()*errorsPerSecond)
	b.last = now
	if b.taken+1 > errorsAtOnce {
		return false
	}
	b.taken++
	return true
}
