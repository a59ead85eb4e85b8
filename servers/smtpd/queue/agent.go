package queue

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/wirebook/wirebook/netx"
)

// Deliverer knows how mail gets to a domain.
type Deliverer interface {
	// Courier is asked for when messages for a domain are due. It gets them one
	// after another, and can so keep a connection open for them.
	Courier(domain string) Courier
}

// Courier delivers messages to one domain. It has one caller at a time.
type Courier interface {
	// Deliver tries once, and has a result for each of d.To.
	Deliver(ctx context.Context, d *Delivery) []Result
	// Close is called when there are no further messages at the moment.
	Close()
}

// Delivery is one message for recipients of one domain.
type Delivery struct {
	Envelope       // To has only these recipients
	Size     int64 // of the text, in octets

	Open func() (io.ReadCloser, error) // the text

	// Sending must be called before the end of the text is sent to another host,
	// with those of To (by index) who will have it then. See the package comment.
	Sending func(host string, to []int)
}

// Result is what became of a delivery for one recipient.
type Result struct {
	State  State  // Delivered, Failed, or Waiting to be tried again
	Reply  string // "550 5.1.1 no such user": what was said, or might have been
	Remote string // the host that said it; "" is this one

	// InDoubt is that the whole message was sent, and no reply came.
	InDoubt bool
}

// agent hands messages to a Deliverer. For each domain there is a lane, so that
// one whose server does not answer keeps no other's mail waiting.
type agent struct {
	ctx       context.Context // of Run; nil while it does not run
	deliverer Deliverer
	lanes     map[string]*lane // by domain; those with work
	ready     []*lane          // those that could use a worker
	workers   int
	working   sync.WaitGroup
}

// lane is the messages for one domain that are due.
type lane struct {
	domain  string
	jobs    []job
	workers int
	ready   bool // it is in agent.ready
}

// maxRecipients is for how many a message is delivered at once: as many as every
// server must take (RFC 5321 §4.5.3.1.8).
const maxRecipients = 100

type job struct {
	m  *message
	to []int // which recipients
}

// Run delivers what waits, and what is added meanwhile, until ctx ends. It then
// waits for the deliveries that have begun, which see the same ctx.
func (q *Queue) Run(ctx context.Context, d Deliverer) error {
	q.mu.Lock()
	if q.agent.ctx != nil {
		q.mu.Unlock()
		return errors.New("queue: it runs already")
	}
	q.agent.ctx, q.agent.deliverer = ctx, d
	for _, m := range q.messages {
		if m != nil {
			q.plan(m)
		}
	}
	q.mu.Unlock()

	<-ctx.Done()
	q.mu.Lock()
	q.agent.ctx = nil // nothing new begins
	for _, m := range q.messages {
		if m != nil && m.alarm != nil {
			m.alarm.Stop()
		}
	}
	for _, l := range q.agent.lanes {
		l.drop()
	}
	q.agent.ready = nil
	q.mu.Unlock()
	q.agent.working.Wait()
	return nil
}

func (l *lane) drop() {
	for _, j := range l.jobs {
		for _, i := range j.to {
			j.m.recipients[i].busy = false
		}
	}
	l.jobs, l.ready = nil, false
}

// plan puts the recipients of a message that are due into their lanes, and sets
// an alarm for the others. The queue is locked.
func (q *Queue) plan(m *message) {
	if q.agent.ctx == nil || m.removed {
		return
	}
	now := q.Clock.Now()
	due := make(map[string][]int)
	var next time.Time
	for i, r := range m.recipients {
		switch {
		case !r.waits() || r.busy:
		case r.Next.After(now):
			if next.IsZero() || r.Next.Before(next) {
				next = r.Next
			}
		default:
			r.busy = true
			due[r.domain()] = append(due[r.domain()], i)
		}
	}
	for domain, to := range due {
		l := q.agent.lane(domain)
		for some := range slices.Chunk(to, maxRecipients) {
			l.jobs = append(l.jobs, job{m, some})
		}
		l.offer(&q.agent, q.PerDomain)
	}
	q.startWorkers()
	if next.IsZero() {
		return
	}
	if m.alarm != nil {
		m.alarm.Stop()
	}
	m.alarm = q.Clock.AfterFunc(next.Sub(now), func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.plan(m)
	})
}

func (a *agent) lane(domain string) *lane {
	l := a.lanes[domain]
	if l == nil {
		l = &lane{domain: domain}
		a.lanes[domain] = l
	}
	return l
}

// offer says that the lane could use a worker, if it could.
func (l *lane) offer(a *agent, perDomain int) {
	if !l.ready && len(l.jobs) > 0 && l.workers < perDomain {
		l.ready = true
		a.ready = append(a.ready, l)
	}
}

// startWorkers starts as many as there may be. The queue is locked.
func (q *Queue) startWorkers() {
	a := &q.agent
	for len(a.ready) > 0 && a.workers < q.Workers && a.ctx != nil {
		l := a.ready[0]
		a.ready = a.ready[1:]
		l.ready = false
		if len(l.jobs) == 0 {
			continue
		}
		a.workers++
		l.workers++
		ctx, courier := a.ctx, a.deliverer.Courier(l.domain)
		a.working.Go(func() { q.work(ctx, l, courier) })
		if len(l.jobs) > l.workers {
			l.offer(a, q.PerDomain)
		}
	}
}

// shift is after how many messages a worker lets another lane have its turn.
const shift = 100

// work has a courier deliver the messages of a lane.
func (q *Queue) work(ctx context.Context, l *lane, courier Courier) {
	for range shift {
		q.mu.Lock()
		if len(l.jobs) == 0 {
			q.mu.Unlock()
			break
		}
		j := l.jobs[0]
		l.jobs = l.jobs[1:]
		q.mu.Unlock()
		q.deliver(ctx, courier, j)
	}
	courier.Close()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.agent.workers--
	l.workers--
	if len(l.jobs) == 0 && l.workers == 0 {
		delete(q.agent.lanes, l.domain)
	}
	l.offer(&q.agent, q.PerDomain)
	q.startWorkers()
}

// deliver has one job tried.
func (q *Queue) deliver(ctx context.Context, courier Courier, j job) {
	d := &Delivery{Envelope: j.m.Envelope, Size: j.m.size, Open: func() (io.ReadCloser, error) { return q.text(j.m) }}
	d.To = make([]string, len(j.to))
	for i, r := range j.to {
		d.To[i] = j.m.recipients[r].Address
	}
	d.Sending = func(host string, to []int) { q.sending(j, host, to) }
	var results []Result
	netx.Guard(ctx, q.Log, "delivery of "+j.m.ID, func() { results = courier.Deliver(ctx, d) })
	for len(results) < len(j.to) {
		results = append(results, Result{State: Waiting, Reply: "451 4.3.0 a fault of this program"})
	}
	q.settle(ctx, j, results)
}

// sending notes that some recipients may have the message in a moment.
func (q *Queue) sending(j job, host string, to []int) {
	r := record{At: q.Clock.Now().Round(0), State: Sending, Remote: host}
	for _, i := range to {
		r.To = append(r.To, j.to[i])
	}
	if err := q.note(j.m, false, r); err != nil {
		q.Log.Warn("queue: a note is missing", "id", j.m.ID, "error", err)
	}
}
