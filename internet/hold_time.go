package internet

import "time"

// pace winds the timer of slow motion, if it is to be wound. It is the machine's:
// the pause is for those who look on.
func (h *Hold) pace() {
	slow := h.active && h.options.Pace > 0
	switch {
	case !slow && h.pacing != nil:
		h.pacing.Stop()
		h.pacing = nil
	case slow && h.pacing == nil && len(h.queue) > 0:
		var timer *time.Timer
		timer = time.AfterFunc(h.options.Pace, func() { h.next(&timer) })
		h.pacing = timer
	}
}

// next is called by slow motion's timer.
func (h *Hold) next(timer **time.Timer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pacing == nil || h.pacing != *timer {
		return // it was too late to stop it
	}
	h.pacing = nil
	if len(h.queue) > 0 {
		h.letGo(h.queue[0])
	}
	h.pace()
	h.tell()
}

// setClock stops the clock, or lets it go on.
func (h *Hold) setClock() {
	all := h.options.Match == nil && h.options.Pace == 0
	stand := h.active && !h.options.ClockRuns && (all || len(h.queue) > 0)
	c, can := h.net.clock.(interface{ Freeze() func() })
	switch {
	case stand && h.thaw == nil && can:
		h.thaw = c.Freeze()
	case !stand && h.thaw != nil:
		h.thaw()
		h.thaw = nil
	}
}
