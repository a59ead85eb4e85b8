package classroom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// order is what a member is to do, or to tell. The member answers each, in any order.
type order struct {
	ID     uint64
	Do     string // one of those below
	Server string `json:",omitempty"` // of kill, stop and start
	NAT    *natRequest
}

const (
	doTell  = "tell"  // what it holds: its Panels
	doKill  = "kill"  // let a server fail
	doStop  = "stop"  // a server, until it is started
	doStart = "start" // it
	doNAT   = "nat"   // translate addresses or not
)

type natRequest struct{ On, Helper *bool } // nil: as it is

// answer is one part of a member's answer: a message on a line has a limit.
type answer struct {
	ID    uint64
	Part  []byte `json:",omitempty"` // of JSON
	More  bool   `json:",omitempty"` // another part follows
	Error string `json:",omitempty"` // why it cannot be done
}

const (
	maxPart   = 64 << 10 // bytes
	maxAnswer = 8 << 20  // bytes: a member may be anybody's computer
)

// orders are those that a member has not answered yet.
type orders struct {
	mu   sync.Mutex
	last uint64
	open map[uint64]*pending
	over bool // the member has left
}

type pending struct {
	body []byte
	done chan error // gets one value
}

// give sends an order, and waits for its answer.
func (os *orders) give(ctx context.Context, o order, send func(any) error) (json.RawMessage, error) {
	p := &pending{done: make(chan error, 1)}
	os.mu.Lock()
	if os.over {
		os.mu.Unlock()
		return nil, errLeft
	}
	os.last++
	o.ID = os.last
	if os.open == nil {
		os.open = make(map[uint64]*pending)
	}
	os.open[o.ID] = p
	os.mu.Unlock()
	defer os.forget(o.ID)
	if err := send(message{Order: &o}); err != nil {
		return nil, err
	}
	select {
	case err := <-p.done:
		return p.body, err
	case <-ctx.Done():
		return nil, fmt.Errorf("it does not answer: %w", ctx.Err())
	}
}

var errLeft = errors.New("it is not plugged in")

func (os *orders) forget(id uint64) {
	os.mu.Lock()
	defer os.mu.Unlock()
	delete(os.open, id)
}

// hear takes a part of an answer.
func (os *orders) hear(a answer) {
	os.mu.Lock()
	defer os.mu.Unlock()
	p := os.open[a.ID]
	if p == nil {
		return // nobody waits for it any more
	}
	p.body = append(p.body, a.Part...)
	switch {
	case a.Error != "":
		p.done <- errors.New(a.Error)
	case len(p.body) > maxAnswer:
		p.done <- errors.New("its answer is too long")
	case a.More:
		return
	default:
		p.done <- nil
	}
	delete(os.open, a.ID)
}

// end is for when the member has left: nobody need wait.
func (os *orders) end() {
	os.mu.Lock()
	defer os.mu.Unlock()
	os.over = true
	for id, p := range os.open {
		p.done <- errLeft
		delete(os.open, id)
	}
}

// reply sends an answer, in parts.
func reply(send func(any) error, id uint64, value any, err error) error {
	if err != nil {
		return send(message{Answer: &answer{ID: id, Error: err.Error()}})
	}
	body, err := json.Marshal(value)
	if err != nil {
		return send(message{Answer: &answer{ID: id, Error: err.Error()}})
	}
	for len(body) > maxPart {
		if err := send(message{Answer: &answer{ID: id, Part: body[:maxPart], More: true}}); err != nil {
			return err
		}
		body = body[maxPart:]
	}
	return send(message{Answer: &answer{ID: id, Part: body}})
}
