package console

import (
	"context"
	"log/slog"
	"net/netip"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/world"
)

// Options are the network that a page shows, and what can be done with it. Only Tap
// is needed.
type Options struct {
	Name   string                          // of the world
	Tap    func(frame.Tap) (remove func()) // has a tap shown every frame
	NameOf func(netip.Addr) string         // whose address it is, or ""
	Hosts  func() []string                 // whom a filter may name; nil: anybody
	Owners func() map[netip.Addr]string    // who has which address
	Map    func() Map                      // what there is, and how it is joined
	Open   func(name string) (any, error)  // what somebody holds at the moment: world.Panels, or like them

	// Kernel says that the network is a kernel's: what that cannot do is on the page,
	// grey, with the reason. nil: it is the miniature Internet's.
	Kernel *Kernel

	Break       Breaker           // makes things fail
	Hold        *internet.Hold    // makes frames wait
	Clock       *clock.Movable    // can be moved ahead
	CommandLine world.CommandLine // runs clients on hosts
	Demos       Demos             // can be played

	Log *slog.Logger // nil: slog.Default()
}

// Breaker makes cables, NATs and servers fail. A *world.World is one.
type Breaker interface {
	SetFaults(link string, f internet.Faults) error
	Unplug(link string) error
	Plug(link string) error
	SetNAT(router string, on bool) error
	SetNATHelper(router string, on bool) error
	KillServer(host, server string) error
	StopServer(host, server string) error
	StartServer(ctx context.Context, host, server string) error
}

// Kernel is the network of a kernel.
type Kernel struct {
	Delays func() bool // whether cables can hold frames back, not only lose them
}

// abilities are what the page may show buttons for.
type abilities struct {
	Map     bool `json:"map"`
	Open    bool `json:"open"`
	Break   bool `json:"break"`
	Hold    bool `json:"hold"`
	Clock   bool `json:"clock"`
	Command bool `json:"command"`
	Demos   bool `json:"demos"`
	Change  bool `json:"change"` // this viewer may change something
	Kernel  bool `json:"kernel"`
	Faults  bool `json:"faults"` // cables can do more than lose frames
}

func (o *Options) abilities(change bool) abilities {
	return abilities{
		Map: o.Map != nil, Open: o.Open != nil, Break: change && o.Break != nil, Hold: o.Hold != nil,
		Clock: o.Clock != nil, Command: change && o.CommandLine != nil, Demos: o.Demos != nil, Change: change,
		Kernel: o.Kernel != nil, Faults: o.Kernel == nil || o.Kernel.Delays(),
	}
}

// ForWorld are the options of a page for a world of this process, on that clock.
// The command line is the caller's to add.
func ForWorld(w *world.World, c *clock.Movable) Options {
	return Options{
		Name: w.Plan.Name, Tap: w.Internet.Tap, NameOf: w.NameOf, Owners: w.Owners,
		Hosts: func() []string {
			var names []string
			for _, n := range w.Names() {
				names = append(names, n.Name)
			}
			return names
		},
		Map: func() Map { return mapOf(w) }, Open: func(name string) (any, error) { return w.Inspect(name) },
		Break: w, Hold: w.Internet.Hold(), Clock: c,
	}
}
