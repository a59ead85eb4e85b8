package world

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/supervise"
	"github.com/wirebook/wirebook/world/authority"
)

// Station is one host or router of a world by itself: its servers, on a network
// that is not ours, such as the kernel's in a container. All of the stations
// together are the world; none of them knows more of it than the plan says.
//
//	s, err := plan.Station("www", world.StationOptions{Network: netx.OS{}})
//	defer s.Close()
//	err = s.Servers.Serve(ctx)
type Station struct {
	Machine
	Servers *supervise.Tree

	world   *World
	network netx.Network
	ping    func(context.Context, netip.Addr) bool
	known   []Named // who is there beside those of the plan
}

// StationOptions are what the plan does not say.
type StationOptions struct {
	Network   netx.Network
	Ping      func(context.Context, netip.Addr) bool // does somebody answer there? For DHCP servers
	Authority *authority.Authority                   // that all stations have in common; nil: this one has its own

	State *os.Root     // where mail, leases and written files are kept; nil: they pass. Close closes it
	Log   *slog.Logger // nil: slog.Default()
	Clock clock.Clock  // nil: the machine's
}

// ErrUnknown is returned for a name that is not in the plan.
var ErrUnknown = errors.New("the world has no host and no router")

// Station makes the servers of a host or router. They run while Servers is
// served.
func (p *Plan) Station(name string, o StationOptions) (*Station, error) {
	m, ok := p.Machine(name)
	if !ok {
		return nil, fmt.Errorf("%w %q; %s", ErrUnknown, name, instead(name, p.Machines()))
	}
	w := &World{Plan: p, clock: clock.Or(o.Clock), state: o.State, log: cmp.Or(o.Log, slog.Default())}
	w.Servers = supervise.New(w.logOfSupervisor())
	s := &Station{Machine: m, Servers: w.Servers, world: w, network: o.Network, ping: o.Ping}
	w.alone = s
	if s.ping == nil {
		s.ping = func(context.Context, netip.Addr) bool { return false }
	}
	w.authority.set(o.Authority)
	if err := s.addServers(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	for _, l := range w.lenders {
		w.reserve(l)
	}
	return s, nil
}

// Machines are the names of all hosts and routers.
func (p *Plan) Machines() []string {
	var names []string
	for _, h := range p.Hosts {
		names = append(names, h.Name)
	}
	for _, r := range p.Routers {
		names = append(names, r.Name)
	}
	return names
}

func (s *Station) addServers() error {
	if h := s.world.Plan.host(s.Name); h != nil {
		return s.world.addServers(h, s.network)
	}
	return s.world.addRouterServers(s.world.Plan.router(s.Name), s.network)
}

// Replugged says that the machine's cards are others than before, if with the same
// names and addresses. Servers that have their sockets tied to cards are begun anew.
func (s *Station) Replugged() {
	for _, server := range s.Servers.Status() {
		if server.Name != "dhcp" && server.Name != "relay" {
			continue
		}
		err := s.Servers.Stop(s.Name, server.Name)
		if err == nil {
			err = s.Servers.Start(s.Name, server.Name)
		}
		if err != nil {
			s.world.log.Warn("a server is not begun anew", "server", server.Name, "error", err)
		}
	}
}

// Close is for when the servers have stopped.
func (s *Station) Close() error {
	err := s.world.mail.close()
	if s.world.state != nil {
		err = errors.Join(err, s.world.state.Close())
	}
	return err
}

// Ports are the ports of a server of the station.
func (s *Station) Ports(server string) string {
	ports, _ := s.world.Plan.ports(s.Name, server)
	return portList(ports)
}

// Know tells the station who is there beside those whose addresses the plan has:
// hosts with a lease, and newcomers. If it serves the zone of their domain, they
// are entered into it, and who has left is taken out.
func (s *Station) Know(present []Named, fqdn func(name string) string) {
	w := s.world
	for _, before := range s.known {
		if !slices.ContainsFunc(present, func(n Named) bool { return n.Name == before.Name }) {
			w.setAddresses(before.Name, fqdn(before.Name), nil)
		}
	}
	for _, now := range present {
		w.setAddresses(now.Name, fqdn(now.Name), now.Addrs)
	}
	s.known = present
}

// keep gives the folder in which files of the plan that may be written are kept,
// and fills it the first time. It is "" when nothing is kept.
func (s *Station) keep(what string, files fs.FS) (string, error) {
	if s.world.state == nil {
		return "", nil
	}
	dir := filepath.Join(s.world.state.Name(), "files", filepath.FromSlash(what))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	// A copy that was broken off must not be taken for the whole.
	half := dir + ".new"
	if err := os.RemoveAll(half); err != nil {
		return "", err
	}
	if err := os.MkdirAll(half, 0o700); err != nil {
		return "", err
	}
	if err := os.CopyFS(half, files); err != nil {
		return "", err
	}
	return dir, os.Rename(half, dir)
}

// network is where the host's sockets are opened.
func (w *World) network(host string) netx.Network {
	if w.alone != nil {
		return w.alone.network
	}
	return w.Host(host)
}

// routerHost is a router as a host that has sockets; nil: it is none of ours.
func (w *World) routerHost(name string) *internet.Host {
	if r := w.routers[name]; r != nil {
		return &r.Host
	}
	return nil
}

// set takes an authority in place of one that is made when it is needed.
func (l *lazyAuthority) set(a *authority.Authority) {
	if a != nil {
		l.once.Do(func() { l.made = a })
	}
}
