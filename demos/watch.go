package demos

import (
	"context"
	"sync"
	"time"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
)

// watch makes messages of what is said in the world, and tells of them.
type watch struct {
	tell func([]wire.Event)

	mu      sync.Mutex
	ring    *frame.Ring
	watcher *wire.Watcher
	events  *wire.Subscription
	frames  []frame.Frame
}

// pumping is how often is looked for frames: soon enough to be live, and seldom
// enough that most losses are known before a message is told.
const pumping = 20 * time.Millisecond

const (
	ringSize  = 1 << 15
	batchSize = 256
)

func newWatch(names wire.Names, tell func([]wire.Event)) *watch {
	w := &watch{tell: tell, ring: frame.NewRing(ringSize), frames: make([]frame.Frame, batchSize)}
	w.watcher = wire.New(wire.Options{Names: names, Packets: true})
	w.events = w.watcher.Subscribe(1 << 14)
	return w
}

// run looks for frames until ctx ends.
func (w *watch) run(ctx context.Context) {
	for ctx.Err() == nil {
		w.pump()
		select {
		case <-time.After(pumping):
		case <-ctx.Done():
		}
	}
}

// now is a context that has ended: whoever reads with it does not wait.
var now = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// pump tells of what was said up to now.
func (w *watch) pump() {
	w.mu.Lock()
	defer w.mu.Unlock()
	var events []wire.Event
	for {
		n, _ := w.ring.Read(now, w.frames)
		if n == 0 {
			break
		}
		w.watcher.See(w.frames[:n]...)
		events = w.drain(events)
	}
	if len(events) > 0 {
		w.tell(events)
	}
}

// drain adds what was told to events. What is more known of a message that is there
// takes its place.
func (w *watch) drain(events []wire.Event) []wire.Event {
	for {
		select {
		case e, ok := <-w.events.C:
			if !ok {
				return events
			}
			events = add(events, e)
		default:
			return events
		}
	}
}

func add(events []wire.Event, e wire.Event) []wire.Event {
	for i := len(events) - 1; e.Update && i >= 0; i-- {
		if events[i].Message.ID == e.Message.ID {
			events[i].Message = e.Message
			return events
		}
	}
	return append(events, e)
}

func (w *watch) close() {
	w.pump()
	w.watcher.Close()
}
