package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// settle notes what became of a delivery, writes to the sender if need be, and
// removes the message when nothing is left to do.
func (q *Queue) settle(ctx context.Context, j job, results []Result) {
	m, now := j.m, q.Clock.Now().Round(0)
	var records []record
	for i, to := range j.to {
		if ctx.Err() != nil && results[i].State == Waiting && !results[i].InDoubt {
			continue // it was broken off, and that does not count as a try
		}
		records = append(records, q.outcome(m, to, results[i], now))
	}
	q.tellSender(context.WithoutCancel(ctx), m, records, now)
	q.log(m, records)

	q.mu.Lock()
	for _, r := range records {
		m.apply(r)
	}
	for _, to := range j.to {
		m.recipients[to].busy = false
	}
	finished := !m.removed
	for _, r := range m.recipients {
		finished = finished && !r.waits()
	}
	if finished {
		delete(q.messages, m.ID)
	}
	q.mu.Unlock()

	if err := q.keep(m, records, finished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		q.Log.Error("queue: an outcome was not noted; it may arrive twice", "id", m.ID, "error", err)
	}
	if !finished {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.plan(m)
	}
}

// outcome is the record for one recipient.
func (q *Queue) outcome(m *message, to int, result Result, now time.Time) record {
	r := record{At: now, To: []int{to}, State: result.State, Reply: result.Reply, Remote: result.Remote}
	q.mu.Lock()
	r.Attempts = m.recipients[to].Attempts + 1
	q.mu.Unlock()
	if result.InDoubt {
		q.mayBeTwice(m, m.recipients[to].Address, r.Remote)
	}
	if r.State != Waiting {
		return r
	}
	r.Next = now.Add(q.Schedule.pause(r.Attempts))
	if age := now.Sub(m.Arrived); age >= q.Schedule.Abandon {
		r.State, r.Next = Failed, time.Time{}
		r.Reply = fmt.Sprintf("450 4.4.7 not delivered within %s; at last: %s", days(q.Schedule.Abandon), result.Reply)
	}
	return r
}

func days(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.String()
}

// keep brings an outcome to the disk. What another host has taken must not be sent
// again after a crash of the machine; a mailbox of our own would notice.
func (q *Queue) keep(m *message, records []record, finished bool) error {
	remote := false
	for _, r := range records {
		remote = remote || r.State == Delivered && r.Remote != ""
	}
	if len(records) == 0 {
		return nil
	}
	if !finished {
		return q.note(m, remote, records...)
	}
	if err := q.root.Remove(m.file); err != nil || !remote {
		return err
	}
	return q.syncNames()
}

func (q *Queue) log(m *message, records []record) {
	for _, r := range records {
		q.Log.Info("queue: "+string(r.State), "id", m.ID, "to", m.recipients[r.To[0]].Address, "host", r.Remote, "reply", r.Reply, "next", r.Next)
	}
}

// tellSender puts notices into the queue: that recipients have failed, or that it
// takes longer. If it cannot, they wait until it can: a message must not vanish
// without a word.
func (q *Queue) tellSender(ctx context.Context, m *message, records []record, now time.Time) {
	var failed, delayed []*record
	for i := range records {
		switch r := &records[i]; {
		case r.State == Failed:
			failed = append(failed, r)
		case r.State == Waiting && now.Sub(m.Arrived) >= q.Schedule.Warn && !m.warned:
			delayed = append(delayed, r)
		}
	}
	if m.From == "" { // a notice about a notice could go on for ever (RFC 5321 §6.1)
		if len(failed) > 0 {
			q.Log.Warn("queue: a notice cannot be delivered, and is dropped", "id", m.ID, "reply", failed[0].Reply)
		}
		return
	}
	if len(failed) > 0 {
		if err := q.notify(ctx, m, "failed", failed); err != nil {
			q.Log.Error("queue: the sender was not told", "id", m.ID, "error", err)
			for _, r := range failed {
				r.State, r.Next = Waiting, now.Add(q.Schedule.pause(r.Attempts))
			}
		}
	}
	if len(delayed) > 0 {
		if err := q.notify(ctx, m, "delayed", delayed); err != nil {
			q.Log.Error("queue: the sender was not told", "id", m.ID, "error", err)
			return
		}
		for _, r := range delayed {
			r.Warned = true
		}
	}
}
