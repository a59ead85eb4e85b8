package world

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"sync"

	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/clients/dnsc"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
)

// tenant is a host that has its IPv4 address by DHCP, with the client that gets
// it. The client is one of the host's servers, as a daemon is: it is listed,
// and started again if it is killed.
type tenant struct {
	world   *World
	host    *Host
	network *Network
	machine *internet.Host
	bound   chan struct{} // closed when it has its first address

	mu    sync.Mutex
	state dhcpc.State
	lease *dhcpc.Lease // what it has now; nil: no address
	last  *dhcpc.Lease // what it had last
	once  sync.Once
}

// dhcpClient is the client's name among the servers of its host.
const dhcpClient = "dhcp-client"

// addTenant has a host ask for its address.
func (w *World) addTenant(h *Host, machine *internet.Host) {
	t := &tenant{world: w, host: h, network: w.Plan.network(h.Network), machine: machine, bound: make(chan struct{})}
	stub := &dnsc.Client{Network: machine, Clock: w.clock}
	machine.SetLookup(func(ctx context.Context, name string) ([]netip.Addr, error) {
		servers, domain := t.resolvers()
		return stub.LookupHost(ctx, name, servers, []string{domain})
	})
	w.mu.Lock()
	w.tenants[h.Name] = t
	w.mu.Unlock()
	w.Servers.Add(h.Name, dhcpClient, t, machine)
}

func (w *World) tenant(host string) *tenant {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.tenants[host]
}

// Serve gets an address and keeps it until ctx ends. It does not give it back
// then: a computer that is switched off, or whose client has died, asks for its
// old address when it is there again (INIT-REBOOT).
func (t *tenant) Serve(ctx context.Context, nw netx.Network) error {
	t.world.awaitDHCP(ctx, t.network.Name)
	client := dhcpc.Client{
		Network: nw, Card: hostCard, MAC: internet.MACOf(t.host.Name, hostCard), HostName: t.host.Name,
		Configure: t.machine, Observe: t.observe, Former: t.former(), Keep: true,
		Log: t.world.logOf(t.host.Name, dhcpClient), Clock: t.world.clock,
	}
	return client.Run(ctx)
}

// former is the lease from before a restart, if it has not expired.
func (t *tenant) former() *dhcpc.Lease {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil || !t.world.clock.Now().Before(t.last.Expires()) {
		return nil
	}
	return t.last
}

// observe puts into effect what a lease says beside the address, which the client
// itself gives to the card.
func (t *tenant) observe(e dhcpc.Event) {
	fixed := t.world.Plan.prefixesOf(t.host)
	routes := t.world.Plan.defaultRoutes(t.network, fixed)
	addrs := t.world.Plan.addressesOf(t.host)
	t.mu.Lock()
	former := t.lease
	t.state, t.lease, t.last = e.State, e.Lease, cmp.Or(e.Lease, t.last)
	t.mu.Unlock()
	if e.Lease != nil {
		addrs = slices.Insert(addrs, 0, e.Lease.Addr.Addr())
		if len(e.Lease.Routers) > 0 {
			via := e.Lease.Routers[0]
			routes = append(routes, internet.Route{Dst: everything(via), Via: via, Card: hostCard})
		}
	}
	if err := t.machine.SetRoutes(routes); err != nil {
		t.world.log.Warn("a lease cannot be put into effect", "host", t.host.Name, "lease", e.Lease, "error", err)
	}
	t.world.setAddresses(t.host.Name, t.host.FQDN, addrs)
	if e.Lease != nil && (former == nil || former.Addr != e.Lease.Addr) {
		if err := t.machine.Announce(hostCard, e.Lease.Addr.Addr()); err != nil {
			t.world.log.Warn("an address is not announced", "host", t.host.Name, "error", err)
		}
	}
	if e.State == dhcpc.Bound {
		t.once.Do(func() { close(t.bound) })
	}
}

// resolvers are the name servers that the lease names, and the network's that
// have IPv6 addresses; and the domain in which to look short names up.
func (t *tenant) resolvers() (servers []netip.AddrPort, domain string) {
	domain = t.network.Domain
	t.mu.Lock()
	if t.lease != nil {
		for _, addr := range t.lease.DNS {
			servers = append(servers, netip.AddrPortFrom(addr, dnsPort))
		}
		domain = t.lease.Domain
	}
	t.mu.Unlock()
	for _, server := range t.world.Plan.resolvers(t.network) {
		if server.Addr().Is6() && t.host.At > 0 {
			servers = append(servers, server)
		}
	}
	return servers, domain
}
