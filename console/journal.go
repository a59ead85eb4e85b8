package console

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/wirebook/wirebook/wire"
)

// journal keeps the newest messages, each as it is known best, and in which order
// they became known. Readers have a position in it, which is theirs to keep: it
// knows none of them, and none can hold it up.
type journal struct {
	mu       sync.Mutex
	entries  map[uint64]*entry
	order    []uint64 // IDs, the oldest first
	bytes    int
	maxRows  int
	maxBytes int
	gone     uint64       // messages that were forgotten
	steps    map[mark]int // of a demo, to which messages belong

	news    []uint64 // a ring: which message each version is of
	version uint64   // of the newest

	changed chan struct{} // closed at the next change
}

// entry is a message in the journal.
type entry struct {
	message *wire.Message
	row     []byte // as it is sent
	weight  int
	step    int // of a demo; 0: none
}

// maxNews is how far a reader may be behind, in messages.
const maxNews = 1 << 14

func newJournal(rows, bytes int) *journal {
	return &journal{
		entries: make(map[uint64]*entry), maxRows: rows, maxBytes: bytes, steps: make(map[mark]int),
		news: make([]uint64, maxNews), changed: make(chan struct{}),
	}
}

// follow writes down what the subscription tells, until it ends. What has come
// meanwhile is told at once.
func (j *journal) follow(s *wire.Subscription) {
	for e := range s.C {
		j.mu.Lock()
		j.add(e.Message)
		for more := true; more; {
			select {
			case next, ok := <-s.C:
				if more = ok; ok {
					j.add(next.Message)
				}
			default:
				more = false
			}
		}
		j.told()
		j.mu.Unlock()
	}
}

// add takes a message, or what is now known of one. mu is held.
func (j *journal) add(m *wire.Message) {
	e := &entry{message: m, weight: weigh(m)}
	if len(j.steps) > 0 {
		e.step = j.steps[markOf(m)]
	}
	old, known := j.entries[m.ID]
	switch {
	case known:
		j.bytes -= old.weight
		e.step = max(e.step, old.step)
	case j.gone > 0 && len(j.order) > 0 && m.ID < j.order[0]:
		return // it was forgotten already
	default:
		at, _ := slices.BinarySearch(j.order, m.ID) // nearly always the end
		j.order = slices.Insert(j.order, at, m.ID)
	}
	e.row = rowOf(m, e.step)
	j.entries[m.ID] = e
	j.bytes += e.weight
	j.version++
	j.news[j.version%maxNews] = m.ID
	for len(j.order) > j.maxRows || j.bytes > j.maxBytes && len(j.order) > 1 {
		oldest := j.order[0]
		j.bytes -= j.entries[oldest].weight
		delete(j.entries, oldest)
		j.order = j.order[1:]
		j.gone++
	}
}

// weigh is about how much memory a message takes.
func weigh(m *wire.Message) int {
	const itself = 1024
	weight := itself + len(m.Bytes) + len(m.Summary)
	for i := range m.Packets {
		weight += len(m.Packets[i].Data)
	}
	return weight
}

// told wakes all readers. mu is held.
func (j *journal) told() {
	close(j.changed)
	j.changed = make(chan struct{})
}

// wake has readers look again, though nothing is new here.
func (j *journal) wake() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.told()
}

// next are the entries behind a position, up to max of them, each once, with the
// position behind them, how many news were lost since the reader came too late, and
// what is closed when there is more.
func (j *journal) next(after uint64, max int) (found []*entry, now, missed uint64, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if after+maxNews < j.version {
		missed = j.version - maxNews - after
		after += missed
	}
	now = min(j.version, after+uint64(max))
	seen := make(map[uint64]bool, now-after)
	for v := after + 1; v <= now; v++ {
		id := j.news[v%maxNews]
		if e := j.entries[id]; e != nil && !seen[id] {
			seen[id] = true
			found = append(found, e)
		}
	}
	return found, now, missed, j.changed
}

// all are the messages that are kept, the oldest first, and the position behind
// them.
func (j *journal) all() (found []*entry, now uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, id := range j.order {
		found = append(found, j.entries[id])
	}
	return found, j.version
}

// message is the message of that number; nil: it is not here, or no longer.
func (j *journal) message(id uint64) *wire.Message {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e := j.entries[id]; e != nil {
		return e.message
	}
	return nil
}

// which are the messages that a function chooses.
func (j *journal) which(choose func(*wire.Message) bool) []*wire.Message {
	all, _ := j.all()
	var chosen []*wire.Message
	for _, e := range all {
		if choose(e.message) {
			chosen = append(chosen, e.message)
		}
	}
	return chosen
}

// between is the newest conversation of two; 0: there is none here.
func (j *journal) between(a, b netip.AddrPort) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, id := range slices.Backward(j.order) {
		m := j.entries[id].message
		if from, to := m.From.Addr, m.To.Addr; m.Conversation != 0 && (from == a && to == b || from == b && to == a) {
			return m.Conversation
		}
	}
	return 0
}

func (j *journal) count() (kept int, forgotten uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.order), j.gone
}
