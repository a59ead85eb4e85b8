package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire/filter"
)

const (
	maxBatch   = 500                   // rows that are sent at once
	breath     = 25 * time.Millisecond // between two batches
	patience   = 20 * time.Second      // with a browser that does not read
	oldestTick = time.Second           // for how long the numbers may be old
)

// viewer is a browser that is being told what happens.
type viewer struct {
	page    *Page
	out     http.ResponseWriter
	control *http.ResponseController
	filter  *filter.Filter
	packets bool // TCP's own packets, too
	chosen  bool // only what a demo shows

	position uint64          // in the journal; 0: not all that was kept has been sent
	shown    map[uint64]bool // whether it was told of a message; those that may yet change
	missed   uint64
	told     time.Time // of the numbers
	narrated string    // what it was told of a demo
	pending  strings.Builder
}

// stream tells a browser what happens, until it leaves or the page ends.
//
//	hello   {"resumed": true} if it has all that came before
//	rows    [row, row, …]
//	now     the numbers, the clock, and what is held
//	demo    how far the demo is, if there are any
//	stage   from now on another world is shown: ask for its stream
func (p *Page) stream(w http.ResponseWriter, r *http.Request) {
	chosen, err := p.parseFilter(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	v := &viewer{
		page: p, out: w, control: http.NewResponseController(w), filter: chosen, packets: r.URL.Query().Get("packets") == "1",
		chosen: p.narration != nil && r.URL.Query().Get("demo") == "1",
		shown:  make(map[uint64]bool),
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	var left <-chan struct{}
	if p.stage != nil {
		left = p.stage.left(p)
	}
	held := p.heldChanges()
	if v.start(r.Header.Get("Last-Event-ID")) != nil {
		return
	}
	for {
		narration := v.narrate()
		more, err := v.news()
		if err != nil {
			return
		}
		select {
		case <-more:
		case <-narration:
		case <-left:
			v.goOver()
			return
		case <-held:
			held = p.heldChanges()
			v.told = time.Time{}
		case <-r.Context().Done():
			return
		case <-p.ended.Done():
			if p.narration != nil { // and not the page
				v.goOver()
			}
			return
		}
	}
}

// goOver has the browser ask for the stream of another world.
func (v *viewer) goOver() {
	v.event("stage", "{}")
	_ = v.flush() // it fails when the browser has left
}

// heldChanges is closed when what is held changes; nil, which never is, if nothing
// can be.
func (p *Page) heldChanges() <-chan struct{} {
	if p.options.Hold == nil {
		return nil
	}
	return p.options.Hold.Changed()
}

// start says hello, and sends what is kept, unless the browser has only lost its
// connection.
func (v *viewer) start(last string) error {
	boot, position, _ := strings.Cut(last, "-")
	if n, err := strconv.ParseUint(position, 10, 64); err == nil && boot == v.page.boot {
		v.position = n
		v.event("hello", `{"resumed":true}`)
		return v.flush()
	}
	v.event("hello", `{"resumed":false}`)
	all, now := v.page.journal.all()
	for len(all) > 0 {
		n := min(len(all), maxBatch)
		if n == len(all) {
			v.position = now // who loses the connection before has not got all
		}
		v.rows(all[:n])
		if err := v.flush(); err != nil {
			return err
		}
		all = all[n:]
	}
	v.position = now
	return v.flush()
}

// news sends what is new, and returns what is closed when there is more. A browser
// is sent so many rows a second that it can keep up; what it misses is counted.
func (v *viewer) news() (more <-chan struct{}, err error) {
	for {
		found, now, missed, changed := v.page.journal.next(v.position, maxBatch)
		full := now-v.position >= maxBatch
		v.position = now
		v.missed += missed
		v.rows(found)
		if time.Since(v.told) >= oldestTick || missed > 0 {
			v.now()
		}
		if v.pending.Len() > 0 {
			if err := v.flush(); err != nil {
				return nil, err
			}
			select { // what comes meanwhile goes together
			case <-time.After(breath):
			case <-v.page.ended.Done():
			}
		}
		if !full {
			return changed, nil
		}
	}
}

// rows writes those that the browser wants, and takes back those that it wants no
// more.
func (v *viewer) rows(entries []*entry) {
	count := 0
	for _, e := range entries {
		text := e.row
		switch id := e.message.ID; {
		case v.wants(e):
			v.remember(id)
		case v.shown[id]:
			delete(v.shown, id)
			text = goneRow(id)
		default:
			continue
		}
		if count++; count == 1 {
			v.pending.WriteString("event: rows\ndata: [")
		} else {
			v.pending.WriteByte(',')
		}
		v.pending.Write(text)
	}
	if count == 0 {
		return
	}
	v.pending.WriteString("]\n")
	if v.position > 0 {
		fmt.Fprintf(&v.pending, "id: %s-%d\n", v.page.boot, v.position)
	}
	v.pending.WriteByte('\n')
}

// remember notes that a message was shown. Old ones do not change any more.
func (v *viewer) remember(id uint64) {
	if len(v.shown) > 2*maxRows {
		clear(v.shown)
	}
	v.shown[id] = true
}

func (v *viewer) wants(e *entry) bool {
	if e.step == 0 && (v.chosen || e.message.Packet && !v.packets) {
		return false
	}
	return v.filter.Message(e.message)
}

// now is the event of that name.
type now struct {
	stats
	Missed uint64              `json:"missed"` // by this browser, too
	Clock  *clockNow           `json:"clock,omitempty"`
	Hold   *internet.HoldState `json:"hold,omitempty"`
	Held   []heldLine          `json:"held,omitempty"`
}

func (v *viewer) now() {
	v.told = time.Now()
	n := now{stats: v.page.stats(), Clock: v.page.clockNow()}
	n.Missed = n.stats.Missed + v.missed
	if hold := v.page.options.Hold; hold != nil {
		state := hold.State()
		n.Hold, n.Held = &state, v.page.heldLines()
	}
	text, err := json.Marshal(n)
	if err != nil {
		panic(err) // it holds nothing that JSON cannot say
	}
	v.event("now", string(text))
}

func (v *viewer) event(name, data string) {
	fmt.Fprintf(&v.pending, "event: %s\ndata: %s\n\n", name, data)
}

func (v *viewer) flush() error {
	defer v.pending.Reset()
	_ = v.control.SetWriteDeadline(time.Now().Add(patience)) // a test's recorder has none
	if _, err := v.out.Write([]byte(v.pending.String())); err != nil {
		return err
	}
	return v.control.Flush()
}
