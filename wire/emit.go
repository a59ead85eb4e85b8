package wire

import (
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
)

// publish completes a message from what the dissector knows of it and from what
// carried it, and tells of it.
func (w *Watcher) publish(m *Message, part dissect.Part, span dissect.Span) (dissect.Ref, *record) {
	if m.ID == 0 {
		m.ID = w.nextID()
	}
	if part.Protocol != "" {
		m.Protocol = part.Protocol
	}
	m.Time, m.End = span.Time, span.End
	m.Summary, m.Key, m.Args = part.Summary, part.Key, part.Args
	m.Findings, m.Value, m.part.Fields = part.Findings, part.Value, part.Fields
	m.Beside = m.Beside || part.Beside
	m.Story, m.Exchange = part.Story, part.Exchange
	m.Bytes, m.Size, m.Missing = span.Bytes, span.Size, span.Missing
	m.Packets, m.Carriers = span.Packets, span.Carriers
	if part.Answers.ID != 0 {
		m.Answers, m.Elapsed = part.Answers.ID, max(0, m.Time.Sub(part.Answers.Sent))
	}
	r := &record{message: m}
	for i := range m.Packets {
		w.adopt(r, &m.Packets[i])
	}
	m.Lost = m.lostAltogether()
	w.tell(m, false)
	return dissect.Ref{ID: m.ID, Sent: m.End}, r
}

// adopt makes a packet one of the message's, with all that is known of it.
func (w *Watcher) adopt(r *record, f *frame.Frame) {
	m := r.message
	m.Fate |= f.Fate
	s := w.history.find(f.ID)
	switch {
	case s != nil:
		s.records = append(s.records, r)
		m.Fate |= s.Fate
		m.Losses = append(m.Losses, s.Losses...)
	case !f.Fate.Arrived():
		m.Losses = append(m.Losses, lossOf(f))
	}
}

func (w *Watcher) nextID() uint64 {
	w.lastID++
	return w.lastID
}
