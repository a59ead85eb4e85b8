package tftp

import (
	"io"
	"time"
)

// File is where a receiver puts what it receives.
type File interface {
	io.Writer

	// Commit is called once all is written. The last block is acknowledged
	// when it has returned: who has that acknowledgment knows the file to be
	// safe.
	Commit() error
}

// Receive receives a file. opening is what invites its first block, and is sent
// again while that does not come: an OACK, ACK 0, or nil if first is that block
// already, which came as the answer to a request.
//
// It is the receiver of rdt3.0: a block that is expected is taken and
// acknowledged; a duplicate of the one before is acknowledged again, since the
// acknowledgment may have been lost; anything else is ignored. With a window
// only its last block is acknowledged, or the last one before a gap (RFC 7440
// §4).
func (t *Transfer) Receive(file File, opening, first []byte) error {
	r := &receiver{Transfer: t, file: file, expected: 1, reply: opening, due: opening != nil}
	t.in = make([]byte, max(headerSize+t.blockSize(), MaxRequest)+1)
	return t.end(r.run(first))
}

// Linger answers duplicates of the last block, for as long as the other side may
// send them, or at most for limit: our last acknowledgment may have been lost
// (RFC 1350 §6 calls this dallying). Call it after Receive.
func (t *Transfer) Linger(limit time.Duration) {
	t.in = make([]byte, headerSize)
	deadline := t.Now().Add(min(limit, t.patience()))
	t.listen(deadline, func(packet []byte) (bool, error) {
		if op, number, _ := numbered(packet); op == DATA && number == uint16(t.blocks) {
			t.send(Ack(number))
		}
		return false, nil
	})
}

type receiver struct {
	*Transfer
	file     File
	expected uint16 // the next block
	inWindow int    // blocks taken since the last acknowledgment
	gap      bool   // a block is missing, and the sender has been told
	reply    []byte // what was sent last
	due      bool   // it is to be sent now
	complete bool
	ack      [headerSize]byte
}

func (r *receiver) run(first []byte) error {
	if first != nil {
		if _, err := r.data(first); err != nil {
			return err
		}
	}
	for !r.complete {
		if err := r.exchange(r.due, r.answer, r.data); err != nil {
			return err
		}
	}
	r.answer()
	return nil
}

// answer sends, or sends again, what the sender waits for.
func (r *receiver) answer() {
	if r.inWindow > 0 { // the rest of the window has not come
		r.acknowledge()
	}
	r.due, r.gap = false, false
	r.send(r.reply)
}

// data looks at one datagram. It is content with the expected block.
func (r *receiver) data(packet []byte) (bool, error) {
	op, number, data := numbered(packet)
	switch {
	case op == DATA:
	case opcode(packet) == OACK:
		number = 0 // it stands for block 0
	default:
		return false, errNoSense
	}
	switch ahead := int(number - r.expected); {
	case ahead == 0 && op == DATA:
		return true, r.take(data)
	case number == r.expected-1 && r.inWindow == 0:
		r.answer()
	case ahead < r.window() && op == DATA && !r.gap:
		r.acknowledge()
		r.answer()
		r.gap = true
	}
	return false, nil
}

// take writes the expected block.
func (r *receiver) take(data []byte) error {
	if len(data) > r.blockSize() {
		return errTooLong
	}
	if _, err := r.file.Write(data); err != nil {
		return err
	}
	r.Bytes += int64(len(data))
	r.blocks++
	r.expected++ // 65535 is followed by 0
	r.inWindow++
	r.gap = false
	r.complete = len(data) < r.blockSize()
	if r.complete {
		if err := r.file.Commit(); err != nil {
			return err
		}
	}
	if r.complete || r.inWindow == r.window() {
		r.acknowledge()
	}
	if r.Progress != nil {
		r.Progress(r.Bytes)
	}
	return nil
}

// acknowledge makes ready the acknowledgment of all that was taken.
func (r *receiver) acknowledge() {
	putHeader(r.ack[:], ACK, r.expected-1)
	r.reply, r.due, r.inWindow = r.ack[:], true, 0
}
