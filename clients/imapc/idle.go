package imapc

import (
	"context"
	"io"
	"time"
)

// Change is what has happened in the open folder.
type Change struct {
	What   string // EXISTS: there are so many messages now; EXPUNGE: this one is gone; FETCH: its flags are others
	Number uint32
}

// Idle waits, and calls changed with what the server says by itself (RFC 2177), until
// that returns false or ctx ends. Ctx's end is no error: the session goes on.
func (s *Session) Idle(ctx context.Context, changed func(Change) (more bool)) error {
	if ok, err := s.can("IDLE"); err != nil || !ok {
		return notOffered("IDLE", err)
	}
	for more := true; more && ctx.Err() == nil; {
		err := s.idle(ctx, func(c Change) bool { more = more && changed(c); return more })
		if err != nil {
			return err
		}
	}
	return nil
}

// renew is when IDLE is ended and begun anew: after 30 minutes a server may take its
// client for gone (RFC 2177 §3).
const renew = 28 * time.Minute

// idle is one IDLE. It ends with DONE, which alone may be said in it.
func (s *Session) idle(ctx context.Context, changed func(Change) bool) error {
	awake, end := context.WithCancel(ctx)
	defer end()
	timer := s.client.Clock.AfterFunc(renew, end)
	defer timer.Stop()
	c := newCommand("IDLE")
	tag, err := s.send(c)
	if err != nil {
		return err
	}
	if err := s.invited(tag, c.name); err != nil {
		return err
	}
	s.idling.Store(true)
	defer s.idling.Store(false)
	said := make(chan struct{})
	stay := context.AfterFunc(awake, func() {
		defer close(said)
		s.done()
	})
	hear := func(r response) error {
		if !changed(Change{r.word, r.number}) {
			end()
		}
		return nil
	}
	_, err = s.replyTo(tag, c.name, on{"EXISTS": hear, "EXPUNGE": hear, "FETCH": hear})
	if !stay() {
		<-said
	}
	return err
}

// done ends IDLE, from another goroutine than the one that reads. From now on the
// server has a reply to give. If this cannot be sent, that will not come.
func (s *Session) done() {
	if s.client.Trace.Line != nil {
		s.client.Trace.Line(true, "DONE")
	}
	_, _ = io.WriteString(s.conn, "DONE\r\n")
	s.idling.Store(false)
	s.wait()
}
