package world

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"slices"
	"sync"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/servers/dnsd"
	"github.com/wirebook/wirebook/supervise"
)

// Options are what a world file does not say.
type Options struct {
	Clock  clock.Clock                // nil: the machine's
	Seed   uint64                     // of all chance in the network
	Log    *slog.Logger               // nil: slog.Default()
	Faults map[string]internet.Faults // by link, beside those of the plan
	Attach []Attachment               // local servers that appear inside as hosts
	Guest  *Newcomer                  // a guest who is there from the start; nil: none
	State  *os.Root                   // a folder of the system, where leases and mail are kept; nil: they pass with the world. Close closes it
}

// World is a running Internet with its servers.
type World struct {
	Plan     *Plan
	Internet *internet.Internet
	Servers  *supervise.Tree
	Guest    *Guest // of Options.Guest

	clock     clock.Clock
	state     *os.Root
	log       *slog.Logger
	switches  map[string]*internet.Switch
	guests    guests
	attached  []Attached
	zones     []*dnsd.Zone // the primary ones, to enter newcomers into
	directory directory
	authority lazyAuthority
	mail      postOffices
	seed      uint64
	books     logbooks
	insides   insides
	alone     *Station // it is one machine only, on a network of others; nil: it is whole

	routers map[string]*internet.Router
	lenders []*lender                   // the DHCP servers
	hearers map[string][]*internet.Host // by network, on whose servers DHCP clients there depend

	mu      sync.RWMutex
	hosts   map[string]*internet.Host // by short name
	tenants map[string]*tenant        // by short name: the hosts with an address by DHCP

	stop    context.CancelFunc
	stopped chan struct{}
	once    sync.Once
}

// Start builds the plan's Internet and starts its servers. The world runs until
// ctx ends or Close is called; Close must be called in any case.
func Start(ctx context.Context, plan *Plan, o Options) (*World, error) {
	w := &World{
		Plan:     plan,
		clock:    clock.Or(o.Clock),
		state:    o.State,
		seed:     o.Seed,
		log:      cmp.Or(o.Log, slog.Default()),
		switches: make(map[string]*internet.Switch),
		routers:  make(map[string]*internet.Router),
		hearers:  make(map[string][]*internet.Host),
		hosts:    make(map[string]*internet.Host),
		tenants:  make(map[string]*tenant),
		stopped:  make(chan struct{}),
	}
	w.Internet = internet.New(internet.Config{Clock: w.clock, Seed: o.Seed, Log: w.log})
	w.Servers = supervise.New(w.logOfSupervisor())
	if err := w.build(o); err != nil {
		w.closeNetwork()
		return nil, err
	}
	ctx, w.stop = context.WithCancel(ctx)
	go func() {
		defer close(w.stopped)
		if err := w.Servers.Serve(ctx); err != nil {
			w.log.Error("the supervisor ended", "error", err)
		}
	}()
	return w, nil
}

// Close stops all servers, then the network. Nothing is left when it returns.
func (w *World) Close() {
	w.once.Do(func() {
		w.stop()
		<-w.stopped
		w.closeNetwork()
	})
}

func (w *World) closeNetwork() {
	w.guests.end()
	w.Internet.Close()
	if err := w.mail.close(); err != nil {
		w.log.Warn("mail", "error", err)
	}
	if w.state != nil {
		w.state.Close()
	}
}

func (w *World) build(o Options) error {
	for _, n := range w.Plan.Networks {
		s, err := w.Internet.AddSwitch(n.Name)
		if err != nil {
			return err
		}
		w.switches[n.Name] = s
	}
	for _, r := range w.Plan.Routers {
		if err := w.addRouter(r); err != nil {
			return err
		}
	}
	hosts := slices.DeleteFunc(slices.Clone(w.Plan.Hosts), o.Guest.takesPlaceOf)
	for _, h := range hosts {
		if err := w.makeHost(h); err != nil {
			return err
		}
	}
	for _, h := range hosts {
		w.enterHost(h) // now that all zones are there
	}
	for _, r := range w.Plan.Routers {
		if err := w.addRouterServers(r, w.routers[r.Name]); err != nil {
			return err
		}
	}
	for _, a := range o.Attach {
		if err := w.attach(a); err != nil {
			return err
		}
	}
	for _, l := range w.lenders {
		w.reserve(l)
	}
	if o.Guest != nil {
		var err error
		if w.Guest, err = w.Join(*o.Guest); err != nil {
			return err
		}
	}
	for _, faults := range []map[string]internet.Faults{w.Plan.Faults, o.Faults} {
		for link, f := range faults {
			if err := w.SetFaults(link, f); err != nil {
				return err
			}
		}
	}
	return nil
}
