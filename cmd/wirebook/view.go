package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"golang.org/x/term"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/ladder"
	"github.com/wirebook/wirebook/wire/pcap"
)

// observer is somewhere from where a network can be watched.
type observer interface {
	// observe puts every frame from now on into the ring, until stop, which
	// returns when all frames sent before it are there.
	observe(*frame.Ring) (stop func(), err error)

	// names tells hosts by their addresses.
	names() (wire.Names, error)
}

// The values of --ladder.
const (
	ladderOwn = "own" // what the program's host said and heard
	ladderAll = "all"
)

// ringSize is how many frames an observer may fall behind.
const ringSize = 1 << 16

// view is what --pcap and --ladder show of a program's run.
type view struct {
	app  *app
	o    runOptions
	host string
	log  *wire.Log

	taps []*tapped
}

// tapped is one reader of frames.
type tapped struct {
	ring *frame.Ring
	stop func()             // stops the frames
	end  context.CancelFunc // and then the reader
	done sync.WaitGroup
	err  error
}

// newView begins to watch, if the flags ask for it.
func (a *app) newView(from observer, host string, o runOptions) (*view, error) {
	v := &view{app: a, o: o, host: host}
	if o.pcap != "" {
		if err := v.recordTo(from, o.pcap); err != nil {
			return nil, err
		}
	}
	if o.ladder != "" {
		if err := v.drawLadder(from); err != nil {
			return nil, errors.Join(err, v.stop())
		}
	}
	return v, nil
}

// tap starts a reader.
func (v *view) tap(from observer, read func(context.Context, *frame.Ring) error) error {
	t := &tapped{ring: frame.NewRing(ringSize)}
	var err error
	if t.stop, err = from.observe(t.ring); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.end = cancel
	t.done.Go(func() { t.err = read(ctx, t.ring) })
	v.taps = append(v.taps, t)
	return nil
}

func (v *view) recordTo(from observer, name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	writer, err := pcap.NewWriter(file)
	if err != nil {
		return err
	}
	writer.Secrets = v.o.secrets
	if v.host != "" {
		writer.Only = func(f *frame.Frame) bool { return f.Link.Name == v.host }
	}
	return v.tap(from, func(ctx context.Context, ring *frame.Ring) error {
		return errors.Join(writer.Record(ctx, ring), file.Close())
	})
}

// maxLadder is how many messages a ladder can have; the newest are kept.
const maxLadder = 10_000

func (v *view) drawLadder(from observer) error {
	names, err := from.names()
	if err != nil {
		return err
	}
	watcher := wire.New(wire.Options{Names: names, Packets: v.o.packets, Secrets: v.o.secrets})
	v.log = wire.NewLog(maxLadder)
	events := watcher.Subscribe(maxLadder)
	return v.tap(from, func(ctx context.Context, ring *frame.Ring) error {
		var following sync.WaitGroup
		following.Go(func() { v.log.Follow(events) })
		watcher.Run(ctx, ring)
		following.Wait()
		return nil
	})
}

// stop ends the readers, and says what went wrong in them.
func (v *view) stop() error {
	var errs []error
	for _, t := range v.taps {
		t.stop()
		t.end()
		t.done.Wait()
		errs = append(errs, t.err)
		if missed := t.ring.Missed(); missed > 0 {
			fmt.Fprintln(v.app.err, "wirebook:", v.app.say("run.missed", "Count", missed))
		}
	}
	return errors.Join(errs...)
}

// finish stops the readers and draws the ladder, on standard error: standard
// output is the program's.
func (v *view) finish() error {
	err := v.stop()
	if v.log == nil {
		return err
	}
	messages := v.log.Messages()
	if v.o.ladder == ladderOwn {
		messages = saidOrHeard(v.host, messages)
	}
	tell := v.o.tell()
	var told []*wire.Message
	for _, m := range messages {
		told = append(told, tell(m)...)
	}
	return errors.Join(err, ladder.Write(v.app.err, told, v.app.ladderOptions(v.app.err, v.o)))
}

// storyAll is the value of --story for every mail's.
const storyAll = "all"

// tell is what is to be shown when a message is said: the message, or, if a mail's
// story is asked for, what is now known to belong to it.
func (o *runOptions) tell() func(*wire.Message) []*wire.Message {
	switch o.story {
	case "":
		return func(m *wire.Message) []*wire.Message { return []*wire.Message{m} }
	case storyAll:
		return wire.NewStory("").Tell
	}
	return wire.NewStory(o.story).Tell
}

// saidOrHeard are the messages from and to a host, and the answers to its own
// that went to everybody, as those of a DHCP server.
func saidOrHeard(host string, all []*wire.Message) []*wire.Message {
	said := make(map[uint64]bool)
	return slices.DeleteFunc(all, func(m *wire.Message) bool {
		said[m.ID] = m.From.Host == host
		return m.From.Host != host && m.To.Host != host && !(m.To.Group && said[m.Answers])
	})
}

func (a *app) ladderOptions(w io.Writer, o runOptions) ladder.Options {
	return ladder.Options{
		Width:   width(w),
		Packets: o.packets,
		Explain: o.explain,
		Fields:  o.fields,
		Words:   a.lang,
		Color:   color(w),
	}
}

// width is how many columns w has.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	const usual = 80
	return usual
}

// color reports whether w may be given colours: it is a terminal, and nobody
// has said no (https://no-color.org).
func color(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}
