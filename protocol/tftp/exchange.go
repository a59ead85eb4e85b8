package tftp

import (
	"errors"
	"fmt"
	"time"
)

// maxBackoff limits how much longer the wait becomes: 1, 2, 4, 8, 8, 8 … times
// the first (RFC 1123 §4.2.3.2).
const maxBackoff = 8

// exchange is the timer of both machines: it calls say, waits for a datagram
// that hear is content with, and when the time runs out, calls say again. With
// now false the first call of say is left out: only the waiting is new.
//
// Datagrams that hear is not content with (duplicates, latecomers) do not move
// the timer.
func (t *Transfer) exchange(now bool, say func(), hear func(packet []byte) (content bool, err error)) error {
	wait := t.wait()
	for try := 0; try <= t.Retries; try++ {
		if now || try > 0 {
			say()
		}
		if try > 0 {
			t.Resent++
		}
		content, err := t.listen(t.Now().Add(wait), hear)
		if content || err != nil {
			return err
		}
		wait = min(2*wait, maxBackoff*t.wait())
	}
	if t.unsent != nil {
		return errors.Join(ErrTimeout, t.unsent)
	}
	return fmt.Errorf("sent %d times: %w", t.Retries+1, ErrTimeout)
}

// listen hears until hear is content, or the deadline has passed.
func (t *Transfer) listen(deadline time.Time, hear func([]byte) (bool, error)) (bool, error) {
	for {
		packet, err := t.receive(deadline)
		if err == errSilence {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if content, err := hear(packet); content || err != nil {
			return content, err
		}
	}
}

func (t *Transfer) wait() time.Duration {
	if t.Timeout > 0 {
		return t.Timeout
	}
	return t.Wait
}

// patience is how long the other side may go on to send again what we have
// acknowledged, if it is as patient as this side.
func (t *Transfer) patience() time.Duration {
	all, wait := time.Duration(0), t.wait()
	for range t.Retries {
		all += wait
		wait = min(2*wait, maxBackoff*t.wait())
	}
	return all
}
