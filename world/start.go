package world

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clients/dnsc"
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
}

// World is a running Internet with its servers.
type World struct {
	Plan     *Plan
	Internet *internet.Internet
	Servers  *supervise.Tree

	clock    clock.Clock
	log      *slog.Logger
	switches map[string]*internet.Switch
	guests   guests
	attached []Attached
	zones    []*dnsd.Zone // the primary ones, to enter newcomers into

	mu    sync.RWMutex
	hosts map[string]*internet.Host // by short name

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
		log:      o.Log,
		switches: make(map[string]*internet.Switch),
		hosts:    make(map[string]*internet.Host),
		stopped:  make(chan struct{}),
	}
	if w.log == nil {
		w.log = slog.Default()
	}
	w.Internet = internet.New(internet.Config{Clock: w.clock, Seed: o.Seed, Log: w.log})
	w.Servers = supervise.New(w.log)
	if err := w.build(o); err != nil {
		w.Internet.Close()
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
		w.Internet.Close()
	})
}

// Host is the host of that short name, or nil.
func (w *World) Host(name string) *internet.Host {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.hosts[name]
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
	for _, h := range w.Plan.Hosts {
		if err := w.addHost(h); err != nil {
			return err
		}
	}
	for _, a := range o.Attach {
		if err := w.attach(a); err != nil {
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

// SetFaults makes a link bad, or good again, in both directions.
func (w *World) SetFaults(link string, f internet.Faults) error {
	l := w.Internet.Link(link)
	if l == nil {
		return fmt.Errorf("there is no link %q; %s", link, instead(link, w.Plan.links()))
	}
	return l.SetFaults(internet.Both, f)
}

func (w *World) addRouter(r *Router) error {
	router, err := w.Internet.AddRouter(r.Name)
	if err != nil {
		return err
	}
	for i, card := range r.Cards {
		_, err := router.Connect(w.switches[card.Network], internet.CardConfig{
			Name:  fmt.Sprintf("eth%d", i),
			Link:  routerLink(r.Name, card.Network),
			Addrs: w.Plan.network(card.Network).Prefixes(card.At),
		})
		if err != nil {
			return fmt.Errorf("router %s: %w", r.Name, err)
		}
	}
	router.SetRoutes(w.Plan.routes(r))
	return nil
}

func (w *World) addHost(h *Host) error {
	host, err := w.connectHost(h.Name, w.Plan.network(h.Network), h.At)
	if err != nil {
		return fmt.Errorf("host %s: %w", h.Name, err)
	}
	for _, s := range h.Servers {
		server, err := s.service.server(w, h)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", h.Name, s.Kind, err)
		}
		w.Servers.Add(h.Name, s.Kind, server, host)
	}
	return nil
}

// connectHost makes a host with a card on the network, the network's router as
// its default route, and the network's resolver.
func (w *World) connectHost(name string, n *Network, at int) (*internet.Host, error) {
	host, err := w.Internet.AddHost(name)
	if err != nil {
		return nil, err
	}
	if _, err := host.Connect(w.switches[n.Name], internet.CardConfig{Addrs: n.Prefixes(at)}); err != nil {
		return nil, err
	}
	for _, via := range w.Plan.gateways(n) {
		if err := host.AddRoute(internet.Route{Dst: everything(via), Via: via}); err != nil {
			return nil, err
		}
	}
	resolvers := w.Plan.resolvers(n)
	stub := &dnsc.Client{Network: host, Clock: w.clock}
	host.SetLookup(func(ctx context.Context, name string) ([]netip.Addr, error) {
		return stub.LookupHost(ctx, name, resolvers, []string{n.Domain})
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts[name] = host
	return host, nil
}

// Resolvers are the name servers that a host asks.
func (w *World) Resolvers(host string) []netip.AddrPort {
	h := w.Plan.host(host)
	if h == nil {
		return nil
	}
	return w.Plan.resolvers(w.Plan.network(h.Network))
}

// FQDN is the whole name of a host, or its short one if it has no other.
func (w *World) FQDN(host string) string {
	if h := w.Plan.host(host); h != nil && h.FQDN != "" {
		return h.FQDN
	}
	return host
}

// gateways are the addresses of the network's router on it.
func (p *Plan) gateways(n *Network) []netip.Addr {
	if r := p.router(n.Router); r != nil {
		for _, card := range r.Cards {
			if card.Network == n.Name {
				return n.Addresses(card.At)
			}
		}
	}
	return nil
}

// resolvers are the addresses of the host that the network asks for names.
func (p *Plan) resolvers(n *Network) []netip.AddrPort {
	h := p.host(n.Resolver)
	if h == nil {
		return nil
	}
	var servers []netip.AddrPort
	for _, addr := range p.addressesOf(h) {
		servers = append(servers, netip.AddrPortFrom(addr, dnsPort))
	}
	return servers
}

// everything is the prefix of all addresses of via's family.
func everything(via netip.Addr) netip.Prefix {
	if via.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

// Ready waits until every server listens on all its ports.
func (w *World) Ready(ctx context.Context) error {
	const pause = time.Millisecond
	for _, h := range w.Plan.Hosts {
		for _, s := range h.Servers {
			for !listens(w.Host(h.Name), s.Ports()) {
				select {
				case <-time.After(pause):
				case <-w.stopped:
					return errors.New("the world has been closed")
				case <-ctx.Done():
					return fmt.Errorf("%s/%s does not start: %w", h.Name, s.Kind, ctx.Err())
				}
			}
		}
	}
	return nil
}
