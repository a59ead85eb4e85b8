package dissect

import (
	"iter"

	"github.com/wirebook/wirebook/frame"
)

// Half drives the reader of one direction: the observer pushes bytes in, and
// messages come out of emit. The dissector runs as a coroutine inside Push.
type Half struct {
	// Hidden is told which bytes of the stream are secret, and which frame
	// brings them: those from the one position up to the other.
	Hidden func(carrier *frame.Frame, from, to int64)

	// ShowSecrets has nothing hidden.
	ShowSecrets bool

	reader Reader
	read   func(*Reader)
	resume func() (struct{}, bool)
	stop   func()
	done   bool
}

// NewHalf starts nothing yet: the coroutine is made with the first bytes. Of
// each message at most limit bytes are kept.
func NewHalf(read func(*Reader), limit int, emit func(Part, Span) Ref) *Half {
	return &Half{read: read, reader: Reader{limit: limit, emit: emit}}
}

// Hides reports whether the dissector may hide what comes next. Before it has
// begun, nobody knows.
func (h *Half) Hides() bool { return !h.done && (h.resume == nil || h.reader.secrets.find != nil) }

// Push adds what one segment brought. push is its PSH flag. A panic in the
// dissector is one in Push.
func (h *Half) Push(data []byte, push bool, carrier *frame.Frame) {
	if len(data) == 0 || h.done {
		return
	}
	r := &h.reader
	// A body is not worth waking the dissector for.
	if r.skipping > int64(len(data)) && len(r.queue) == 0 {
		r.skipping -= int64(len(data))
		r.add(data, len(data), carrier)
		return
	}
	r.queue = append(r.queue, chunk{data: data, push: push, frame: *carrier})
	h.wake()
}

// Gap tells that n bytes were not seen.
func (h *Half) Gap(n int64) {
	if n <= 0 || h.done {
		return
	}
	h.reader.queue = append(h.reader.queue, chunk{missing: n})
	h.wake()
}

// Turn tells that the other side speaks: plain data is one message up to here.
func (h *Half) Turn() {
	if h.reader.bursting && h.reader.span.Size > 0 {
		h.wake()
	}
}

// End tells that nothing more comes, because the sender has finished (FIN) or
// the conversation was reset.
func (h *Half) End(reset bool) {
	if h.done || h.reader.ended {
		return
	}
	h.reader.ended, h.reader.reset = true, reset
	if h.resume != nil {
		h.wake()
	}
}

// Stop ends the coroutine. What was not complete is lost: call End first.
func (h *Half) Stop() {
	h.done = true
	if h.stop != nil {
		h.stop()
	}
}

// wake lets the dissector run until it needs more.
func (h *Half) wake() {
	if h.resume == nil {
		h.resume, h.stop = iter.Pull(h.run)
	}
	if _, more := h.resume(); !more {
		h.done = true
	}
}

func (h *Half) run(yield func(struct{}) bool) {
	h.reader.pause = func() bool { return yield(struct{}{}) }
	h.reader.secrets.shown, h.reader.secrets.tell = h.ShowSecrets, h.Hidden
	h.read(&h.reader)
}
