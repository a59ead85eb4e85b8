package capture

import (
	"context"
	"encoding/gob"
	"io"

	"github.com/wirebook/wirebook/frame"
)

// sent is a frame on its way to another process.
type sent struct {
	frame.Frame
	Link *frame.Link // the first time that it is seen
	At   int         // the link's index
	Mark bool        // no frame, but the one without a link that a sender has put in
}

// Send writes the frames of the ring until ctx ends or the receiver has left.
// A frame without a link is no frame, but a mark: the receiver is told when it has
// all that was seen before. flush, unless it is nil, is called when what has been
// written shall go out.
func Send(ctx context.Context, to io.Writer, ring *frame.Ring, flush func() error) error {
	encoder := gob.NewEncoder(to)
	known := make(map[int]*frame.Link)
	batch := make([]frame.Frame, 256)
	for {
		n, err := ring.Read(ctx, batch)
		if err != nil {
			return err
		}
		for _, f := range batch[:n] {
			s := sent{Frame: f, Mark: f.Link == nil}
			if f.Link != nil {
				if s.At = f.Link.Index; known[s.At] != f.Link {
					known[s.At], s.Link = f.Link, f.Link
				}
				s.Frame.Link = nil
			}
			if err := encoder.Encode(s); err != nil {
				return err
			}
		}
		clear(batch[:n])
		if flush == nil {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
}

// Receive shows the tap the frames that the other side sends, until the stream ends.
// marked is called for each mark. The error is nil only if ended by io.EOF.
func Receive(from io.Reader, tap frame.Tap, marked func()) error {
	decoder := gob.NewDecoder(from)
	links := make(map[int]*frame.Link)
	for {
		var s sent
		if err := decoder.Decode(&s); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if s.Mark {
			if marked != nil {
				marked()
			}
			continue
		}
		if s.Link != nil {
			links[s.At] = s.Link
		}
		if s.Frame.Link = links[s.At]; s.Frame.Link == nil {
			continue // of a cable that was never described
		}
		tap.See(s.Frame)
	}
}
