package world

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/servers/dhcpd"
)

// lender is a DHCP server of the world.
type lender struct {
	on     string // the host or router that it runs on
	server *dhcpd.Server
	lans   []*Network       // in the order of server.Networks
	kept   []map[string]int // and the reservations of the world file for each: numbers by host
}

// reserve tells the server which addresses it keeps for whom: each host of the
// world file that has a number on the network, whether it asks for its address
// or not (a guest that takes its place may ask), and the attached programs.
// Called when everybody is known.
func (w *World) reserve(l *lender) {
	for i, n := range l.lans {
		kept := make(map[netip.Addr]string)
		keep := func(host string, addr netip.Addr) {
			if _, taken := kept[addr]; !taken && n.IPv4.Contains(addr) {
				kept[addr] = host
			}
		}
		for host, number := range l.kept[i] {
			keep(host, numberedIPv4(n.IPv4, number))
		}
		for _, h := range w.Plan.Hosts {
			if _, other := l.kept[i][h.Name]; h.Network == n.Name && h.At > 0 && !other {
				keep(h.Name, numberedIPv4(n.IPv4, h.At))
			}
		}
		for _, other := range w.Names() {
			for _, addr := range other.Addrs {
				keep(other.Name, addr)
			}
		}
		lent := &l.server.Networks[i]
		for _, addr := range slices.SortedFunc(maps.Keys(kept), netip.Addr.Compare) {
			lent.Reservations = append(lent.Reservations, dhcpd.Reservation{MAC: internet.MACOf(kept[addr], hostCard), Addr: addr})
		}
	}
}

// hearDHCP notes that a machine's server is one that clients on the network need.
func (w *World) hearDHCP(n *Network, machine *internet.Host) {
	if machine != nil {
		w.hearers[n.Name] = append(w.hearers[n.Name], machine)
	}
}

// hasDHCP reports whether a server of the world lends addresses of the network.
func (w *World) hasDHCP(network string) bool { return len(w.hearers[network]) > 0 }

// awaitDHCP waits until the servers and relay agents that clients of the network
// need are listening, so that the first DISCOVER finds them: the second comes
// four seconds later. It gives up soon, for they may be broken, which a client
// must be able to live with.
func (w *World) awaitDHCP(ctx context.Context, network string) {
	const (
		pause  = 500 * time.Microsecond
		atMost = 2 * time.Second
	)
	for _, machine := range w.hearers[network] {
		for range atMost / pause {
			if ctx.Err() != nil || listens(machine, []Port{{"udp", dhcpPort}}) {
				break
			}
			time.Sleep(pause)
		}
	}
}

// answersPing is a DHCP server's way to find out that somebody uses an address
// (RFC 2131 §2.2).
func (w *World) answersPing(from *internet.Host) func(context.Context, netip.Addr) bool {
	if w.alone != nil {
		return w.alone.ping
	}
	return func(ctx context.Context, addr netip.Addr) bool {
		_, err := from.Ping(ctx, addr)
		return err == nil
	}
}

// Lease is an address that a DHCP server of the world has lent, or offers, or
// had lent.
type Lease struct {
	Server string      `json:"server"` // its host or router
	Addr   netip.Addr  `json:"address"`
	Host   string      `json:"host,omitempty"` // in the world, or as the client calls itself
	MAC    string      `json:"mac,omitempty"`
	State  dhcpd.State `json:"state"`
	Since  time.Time   `json:"since,omitzero"` // of being lent, renewed or given back
	T1     time.Time   `json:"t1,omitzero"`    // when the client renews it
	T2     time.Time   `json:"t2,omitzero"`    // when it asks any server
	Until  time.Time   `json:"expires"`        // from then on others may have it
	Now    time.Time   `json:"now"`            // in the world
}

// Leases are the addresses that the DHCP servers of the world have lent, by
// server and address.
func (w *World) Leases() []Lease {
	var all []Lease
	for _, l := range w.lenders {
		for _, lent := range l.server.Leases() {
			all = append(all, w.lease(l.on, lent))
		}
	}
	slices.SortStableFunc(all, func(a, b Lease) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), a.Addr.Compare(b.Addr))
	})
	return all
}

func (w *World) lease(server string, lent dhcpd.Lease) Lease {
	l := Lease{
		Server: server, Addr: lent.Addr, Host: w.whose(lent), MAC: lent.MAC.String(), State: lent.State,
		Since: lent.Since, Until: lent.Until, Now: w.clock.Now(),
	}
	if lent.State == dhcpd.Bound || lent.State == dhcpd.Expired {
		lasts := lent.Until.Sub(lent.Since)
		l.T1, l.T2 = lent.Since.Add(lasts/2), lent.Since.Add(lasts/8*7)
	}
	return l
}

// whose is the name of the client: that of the host or guest that has the card,
// or else what it calls itself.
func (w *World) whose(l dhcpd.Lease) string {
	for _, here := range w.Names() {
		if slices.Equal(internet.MACOf(here.Name, hostCard), l.MAC) {
			return here.Name
		}
	}
	return l.Name
}
