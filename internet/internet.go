package internet

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
)

// Config says how an Internet is to be. The zero value works.
type Config struct {
	// Clock is the time of everything here: protocol stacks, cables,
	// deadlines. nil means the machine's.
	Clock clock.Clock

	// Seed decides what chance does on the cables: the same seed, the same
	// losses.
	Seed uint64

	// Log is told what goes wrong; nil means slog.Default().
	Log *slog.Logger

	// MTU is the largest IP packet, in bytes, that cards send when their own
	// configuration does not say; 0 means 1500, Ethernet's.
	MTU int
}

const defaultMTU = 1500

// Internet is a set of hosts, routers and switches, and the links between
// them. All its methods may be called at any time from any goroutine.
type Internet struct {
	clock clock.Clock
	start time.Time // deadlines and stacks count from here
	seed  uint64
	log   *slog.Logger
	mtu   int

	lastID   atomic.Uint64 // the ID of the newest frame
	released atomic.Uint64 // frames that a cable had held and let go
	taps     atomic.Pointer[[]*tap]
	hold     *Hold

	mu       sync.Mutex
	closed   bool
	nodes    map[string]node
	links    []*Link // in the order of their indexes
	nextLink int
}

// node is a host, a router or a switch.
type node interface {
	// close ends the node's goroutines and takes its links away; when it
	// returns they are gone.
	close()
}

// New returns an empty Internet.
func New(c Config) *Internet {
	sendStackLogToSlog()
	in := &Internet{
		clock: clock.Or(c.Clock),
		seed:  c.Seed,
		log:   cmp.Or(c.Log, slog.Default()),
		mtu:   cmp.Or(c.MTU, defaultMTU),
		nodes: make(map[string]node),
	}
	in.start = in.clock.Now()
	in.hold = newHold(in)
	return in
}

// ErrClosed is what a closed Internet answers.
var ErrClosed = errors.New("this internet is closed")

// add gives n a name that no other node has.
func (in *Internet) add(name string, n node) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.closed:
		return ErrClosed
	case name == "":
		return errors.New("a node needs a name")
	case in.nodes[name] != nil:
		return fmt.Errorf("there is a node %q already", name)
	}
	in.nodes[name] = n
	return nil
}

// AddSwitch adds a switch, to which hosts and routers can then be connected.
func (in *Internet) AddSwitch(name string) (*Switch, error) {
	sw := newSwitch(in, name)
	if err := in.add(name, sw); err != nil {
		return nil, fmt.Errorf("add switch: %w", err)
	}
	return sw, nil
}

// AddHost adds a host. It has a loopback interface; Connect gives it cards.
func (in *Internet) AddHost(name string) (*Host, error) {
	h := newHost(in, name)
	if err := in.add(name, h); err != nil {
		h.close()
		return nil, fmt.Errorf("add host: %w", err)
	}
	return h, nil
}

// RemoveHost ends a host: its connections are reset, its sockets closed, and
// its cables taken away.
func (in *Internet) RemoveHost(name string) error {
	in.mu.Lock()
	h, ok := in.nodes[name].(*Host)
	if ok {
		delete(in.nodes, name)
	}
	in.mu.Unlock()
	if !ok {
		return fmt.Errorf("remove host: there is no host %q", name)
	}
	h.close()
	return nil
}

// Close ends everything here. All goroutines are gone when it returns.
func (in *Internet) Close() {
	in.mu.Lock()
	in.closed = true
	nodes := in.nodes
	in.nodes = nil
	in.mu.Unlock()
	in.hold.close()
	var wait sync.WaitGroup
	for _, n := range nodes {
		wait.Go(n.close)
	}
	wait.Wait()
	for _, l := range in.Links() { // those of ports that were attached
		l.remove()
	}
}

// Links are the cables there are, in the order in which they were laid.
func (in *Internet) Links() []*Link {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.links)
}

// Link is the cable of that name, or nil.
func (in *Internet) Link(name string) *Link {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.link(name)
}

func (in *Internet) link(name string) *Link {
	for _, l := range in.links {
		if l.info.Name == name {
			return l
		}
	}
	return nil
}

// lay puts down a new cable, whose lanes lead to toA and toB.
func (in *Internet) lay(info frame.Link, toA, toB end) (*Link, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return nil, ErrClosed
	}
	if in.link(info.Name) != nil {
		return nil, fmt.Errorf("there is a link %q already", info.Name)
	}
	info.Index = in.nextLink
	in.nextLink++
	l := newLink(in, info, toA, toB)
	in.links = append(in.links, l)
	return l, nil
}

func (in *Internet) takeUp(l *Link) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if i := slices.Index(in.links, l); i >= 0 {
		in.links = slices.Delete(in.links, i, i+1)
	}
}

// launch makes a flight of a frame that is new to the network.
func (in *Internet) launch(data []byte) flight {
	return flight{id: in.lastID.Add(1), at: in.clock.Now(), data: data}
}
