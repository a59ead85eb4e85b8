package pcap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
)

// Writer writes a capture. One goroutine uses it.
type Writer struct {
	// Only, if set, says which frames are written.
	Only func(*frame.Frame) bool

	// Secrets has passwords written as they are; else as asterisks.
	Secrets bool

	out        io.Writer
	ng         *pcapgo.NgWriter // made with the first interface
	interfaces map[*frame.Link]int
	frames     uint64
	watcher    *wire.Watcher // knows what is secret; made with the first frame
	err        error
}

// NewWriter returns a writer of a capture to out; links are the interfaces that
// come first, in this order, also when nothing crosses them. Others are added as
// they are met.
func NewWriter(out io.Writer, links ...*frame.Link) (*Writer, error) {
	w := &Writer{out: out, interfaces: make(map[*frame.Link]int)}
	links = slices.Clone(links)
	slices.SortStableFunc(links, func(a, b *frame.Link) int { return cmp.Compare(a.Index, b.Index) })
	for _, link := range links {
		if _, err := w.add(link); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Frames is how many frames were written.
func (w *Writer) Frames() uint64 { return w.frames }

// See writes frames, all that cross the network: a password is found by what was
// said before. A frame that was lost is written once, on the link where it was
// lost; one that was doubled, once too.
func (w *Writer) See(frames ...frame.Frame) error {
	if w.watcher == nil {
		w.watcher = wire.New(wire.Options{Secrets: w.Secrets, Frames: w.seen, Keep: 1})
	}
	w.watcher.See(frames...)
	return w.err
}

// seen is given each frame when its secrets are hidden.
func (w *Writer) seen(f *frame.Frame, hidden bool) {
	if w.err == nil && (w.Only == nil || w.Only(f)) {
		w.err = w.write(f, hidden)
	}
}

// Close ends the capture; the file is the caller's to close. A capture without
// any frame is a valid empty file.
func (w *Writer) Close() error {
	if w.watcher != nil {
		w.watcher.Close()
	}
	if w.err != nil {
		return w.err
	}
	if w.ng == nil {
		if _, err := w.add(nil); err != nil {
			return err
		}
	}
	return w.ng.Flush()
}

// Record writes what the ring has until ctx ends, and closes w.
func (w *Writer) Record(ctx context.Context, ring *frame.Ring) error {
	batch := make([]frame.Frame, 256)
	for {
		n, ended := ring.Read(ctx, batch)
		if err := w.See(batch[:n]...); err != nil {
			return errors.Join(err, w.Close())
		}
		clear(batch[:n])
		if ended != nil {
			return w.Close()
		}
	}
}

func (w *Writer) write(f *frame.Frame, hidden bool) error {
	index, ok := w.interfaces[f.Link]
	if !ok {
		var err error
		if index, err = w.add(f.Link); err != nil {
			return err
		}
	}
	info := gopacket.CaptureInfo{
		Timestamp: f.Time, CaptureLength: len(f.Data), Length: len(f.Data), InterfaceIndex: index,
	}
	var options pcapgo.NgPacketOptions
	if comment := Comment(f); comment != "" {
		options.Comments = []string{comment}
	}
	if hidden {
		options.Comments = append(options.Comments, "a password is hidden: wirebook has put asterisks there")
	}
	w.frames++
	return w.ng.WritePacketWithOptions(info, f.Data, options)
}

// add makes a link an interface of the file.
func (w *Writer) add(link *frame.Link) (int, error) {
	i := pcapgo.NgInterface{LinkType: layers.LinkTypeEthernet, TimestampResolution: 9, Name: "unknown"}
	if link != nil {
		i.Name = link.Name
		i.Description = fmt.Sprintf("the cable between %s and %s", link.A.Name, link.B.Name)
	}
	index := len(w.interfaces)
	w.interfaces[link] = index
	if w.ng != nil {
		return w.ng.AddInterface(i)
	}
	var err error
	w.ng, err = pcapgo.NewNgWriterInterface(w.out, i, pcapgo.NgWriterOptions{
		SectionInfo: pcapgo.NgSectionInfo{Application: "wirebook"},
	})
	return index, err
}

var fates = []struct {
	flag frame.Fate
	text string
}{
	{frame.Lost, "lost on this link"},
	{frame.Overrun, "lost on this link: its queue was full"},
	{frame.Doubled, "doubled: arrives twice"},
	{frame.Changed, "changed on this link: a bit was flipped after this"},
	{frame.Reordered, "held back: later frames overtake it"},
}

// Comment is the fate of a frame in technical English, or "".
func Comment(f *frame.Frame) string {
	var words []string
	for _, fate := range fates {
		if f.Fate&fate.flag != 0 {
			words = append(words, fate.text)
		}
	}
	return strings.Join(words, "; ")
}
