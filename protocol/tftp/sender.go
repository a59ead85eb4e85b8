package tftp

import (
	"errors"
	"io"
	"net"
)

// Send sends the file that r holds, in blocks, and returns when the last one
// has been acknowledged. opening, if not nil, is an OACK that is sent first, and
// acknowledged as block 0.
//
// It is the sender of rdt3.0, and with a window that of Go-Back-N: send all that
// the window allows, start the timer, and wait. An acknowledgment of a block in
// the window lets the window slide; one of any other block is old and does
// nothing. Above all it does not make the sender send again: each duplicate
// would then double the rest of the file (the Sorcerer's Apprentice, RFC 1123
// §4.2.3.1). Only the timer does that.
func (t *Transfer) Send(r io.Reader, opening []byte) error {
	s := &sender{Transfer: t, file: r, base: 1}
	s.batch = newBatch(t.socket, *net.UDPAddrFromAddrPort(t.Peer), t.window())
	t.in = make([]byte, MaxRequest)
	return t.end(s.run(opening))
}

type sender struct {
	*Transfer
	file  io.Reader
	base  uint16   // the oldest block that has not been acknowledged
	sent  [][]byte // the DATA datagrams from base on: the window
	spare [][]byte // room for blocks to come
	last  bool     // the last block of the file is in the window
	batch *batch   // nil: blocks are sent one by one
}

func (s *sender) run(opening []byte) error {
	if opening != nil {
		if err := s.exchange(true, func() { s.send(opening) }, s.accepted); err != nil {
			return err
		}
	}
	for {
		if err := s.fill(); err != nil {
			return err
		}
		if len(s.sent) == 0 {
			return nil
		}
		if err := s.exchange(true, s.sendWindow, s.acknowledged); err != nil {
			return err
		}
	}
}

// fill reads blocks of the file into the window until it is full or has the
// last one: a block that is shorter than the others, even if it is empty.
func (s *sender) fill() error {
	for len(s.sent) < s.window() && !s.last {
		packet := s.room()
		n, err := io.ReadFull(s.file, packet[headerSize:])
		if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		putHeader(packet, DATA, s.base+uint16(len(s.sent))) // 65535 is followed by 0
		s.sent = append(s.sent, packet[:headerSize+n])
		s.last = n < s.blockSize()
	}
	return nil
}

func (s *sender) room() []byte {
	if n := len(s.spare); n > 0 {
		packet := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return packet[:cap(packet)]
	}
	return make([]byte, headerSize+s.blockSize())
}

func (s *sender) sendWindow() {
	if s.batch != nil && len(s.sent) > 1 {
		s.unsent = s.batch.send(s.sent)
		return
	}
	for _, packet := range s.sent {
		s.send(packet)
	}
}

// acknowledged slides the window past the block that packet acknowledges.
func (s *sender) acknowledged(packet []byte) (bool, error) {
	op, number, _ := numbered(packet)
	switch op {
	case OACK: // a duplicate of what a client has already agreed to
		return false, nil
	case ACK:
	default:
		return false, errNoSense
	}
	ahead := int(number - s.base) // modulo 65536, as block numbers are
	if ahead >= len(s.sent) {
		return false, nil // old: late or duplicated on the way
	}
	for _, packet := range s.sent[:ahead+1] {
		s.Bytes += int64(len(packet) - headerSize)
		s.blocks++
		s.spare = append(s.spare, packet)
	}
	s.sent = append(s.sent[:0], s.sent[ahead+1:]...)
	s.base = number + 1
	if s.Progress != nil {
		s.Progress(s.Bytes)
	}
	return true, nil
}

// accepted is content with the acknowledgment of an OACK.
func (s *sender) accepted(packet []byte) (bool, error) {
	op, number, _ := numbered(packet)
	if op != ACK {
		return false, errNoSense
	}
	return number == 0, nil
}
