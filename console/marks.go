package console

import "github.com/wirebook/wirebook/wire"

// mark is by what a message is known to several who watch the same network, each of
// whom numbers messages on its own: the packet that it began with, and what it says.
type mark struct {
	packet  uint64
	segment bool
	summary string
}

func markOf(m *wire.Message) mark {
	if len(m.Packets) == 0 {
		return mark{}
	}
	return mark{m.Packets[0].ID, m.Packet, m.Summary}
}

// mark has a message belong to a step of a demo, whether it is here already or is yet
// to come.
func (j *journal) mark(m *wire.Message, step int) {
	of := markOf(m)
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, known := j.steps[of]; known || of == (mark{}) {
		return
	}
	j.steps[of] = step
	for i := len(j.order) - 1; i >= 0; i-- { // it is one of the newest
		if e := j.entries[j.order[i]]; markOf(e.message) == of {
			j.add(e.message)
			j.told()
			return
		}
	}
}
