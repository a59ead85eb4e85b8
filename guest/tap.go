package guest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
)

// A Tap is the far end of a guest's network card: what the kernel sends out
// of the card is read here as Ethernet frames, and a frame written here
// arrives at the card. Reading and writing may go on at the same time, each
// in one goroutine.
//
// Frames have no checksum (FCS) at their end, as everywhere in Wirebook.
//
// Nothing is left when this process dies, however it dies: the kernel closes
// the descriptor, which is the plug of the network cable. The card itself
// belongs to the guest's network namespace, and that is gone when it has no
// process and no open Tap any more.
type Tap struct {
	file   *os.File
	buffer []byte // where the next frame is read into, before its length is known
}

// maxFrame is the largest frame that a TAP device can carry: the largest MTU
// (65521), the Ethernet header, and a VLAN tag.
const maxFrame = 65521 + 14 + 4

func newTap(file *os.File) *Tap {
	return &Tap{file: file, buffer: make([]byte, maxFrame)}
}

// ReadFrame waits for the next frame from the card. The frame is the caller's
// to keep. After Close, or when the guest is gone, the error is fs.ErrClosed.
func (t *Tap) ReadFrame() ([]byte, error) {
	n, err := t.file.Read(t.buffer)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(t.buffer[:n]), nil
}

// WriteFrame gives a frame to the card and does not keep it.
func (t *Tap) WriteFrame(frame []byte) error {
	_, err := t.file.Write(frame)
	return err
}

// Close pulls the cable. It ends a waiting ReadFrame.
func (t *Tap) Close() error {
	err := t.file.Close()
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}

// Pump hands every frame from the card to send, until ctx ends or the Tap is
// closed; then it returns nil. Ctx's end closes the Tap. Send must copy what it
// wants to keep, as the port of a switch does: the next frame is read into the
// same memory.
func Pump(ctx context.Context, tap *Tap, send func(frame []byte)) error {
	stop := context.AfterFunc(ctx, func() { tap.Close() })
	defer stop()
	for {
		n, err := tap.file.Read(tap.buffer)
		if errors.Is(err, fs.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		send(tap.buffer[:n])
	}
}
