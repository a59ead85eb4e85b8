package world

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/servers/dhcpd"
)

// Guest is a host that has come to a running world: not one of ours, but
// something that speaks Ethernet, such as a program in a namespace of its own.
type Guest struct {
	Name      string
	FQDN      string
	MAC       net.HardwareAddr // always the same for the name
	Network   *Network
	Fixed     Addressing // what it has from the start; [Guest.Addressing] tells the rest
	Resolvers []netip.Addr

	port   *internet.Port
	world  *World
	at     int
	stays  *Host   // the host whose place it has taken, or nil
	lodger *lodger // its DHCP client, or nil
	now    latest
	once   sync.Once
}

// Newcomer is somebody who wants to be a [Guest].
type Newcomer struct {
	Name    string // "": guest and a number
	Network string // "": the first that takes guests

	// NoAddress says that the newcomer sees to its IPv4 address itself.
	NoAddress bool

	// Deliver gets the frames for it. It must not keep or change them.
	Deliver func(frame []byte)
}

// guests are those who are here, and their numbers.
type guests struct {
	mu      sync.Mutex
	present map[string]*Guest
}

func (gs *guests) keep(g *Guest) {
	if gs.present == nil {
		gs.present = make(map[string]*Guest)
	}
	gs.present[g.Name] = g
}

// end ends what the world does for those who are still here.
func (gs *guests) end() {
	gs.mu.Lock()
	present := slices.Collect(maps.Values(gs.present))
	gs.mu.Unlock()
	for _, g := range present {
		if g.lodger != nil {
			g.lodger.stop(false)
		}
	}
}

// ErrNoGuests is returned by a world that has no network for guests.
var ErrNoGuests = errors.New("no network here takes guests: give one a range, as in guests: 200-249")

// ErrNoPlace is returned when a network has no number left for a guest.
var ErrNoPlace = errors.New("all places for guests are taken")

// Join gives a guest a place on a network that takes guests: a port of its
// switch, and addresses. A guest with the name of a host that serves nothing
// takes that host's place, and its Ethernet address, until it leaves.
//
// Where a DHCP server lends addresses, the guest's IPv4 address is asked of it
// at once; Join does not wait for the answer. See [Guest.Addressing].
func (w *World) Join(who Newcomer) (*Guest, error) {
	w.guests.mu.Lock()
	defer w.guests.mu.Unlock()
	g, err := w.place(who.Name, who.Network)
	if err != nil {
		return nil, err
	}
	cable := w.Internet.Link(g.Name)
	faults := faultsOf(cable)
	if g.stays != nil && cable != nil {
		if err := w.removeHost(g.stays); err != nil {
			return nil, err
		}
	}
	deliver := who.Deliver
	switch {
	case who.NoAddress:
		g.Fixed = g.Fixed.withoutIPv4()
		// Whom to ask for names is what DHCP says, too.
		g.Resolvers = slices.DeleteFunc(g.Resolvers, netip.Addr.Is4)
	case w.hasDHCP(g.Network.Name):
		g.Fixed = g.Fixed.withoutIPv4()
		g.lodger = newLodger(g)
		deliver = g.lodger.filter(deliver)
	}
	g.port, err = w.switches[g.Network.Name].Attach(g.Name, frame.Node{Name: g.Name, Kind: frame.Host}, deliver)
	if err == nil {
		err = faults.give(g.port.Link())
	}
	if err != nil {
		return nil, err
	}
	w.guests.keep(g)
	w.setAddresses(g.Name, g.FQDN, g.Fixed.addrs())
	if g.lodger != nil {
		g.lodger.start()
	} else {
		g.now.set(g.Fixed)
	}
	return g, nil
}

// Send puts a frame of the guest on its cable.
func (g *Guest) Send(frame []byte) { g.port.Send(frame) }

// Authority is the certificate, in PEM, that the guest is to trust: see
// [World.Authority].
func (g *Guest) Authority() ([]byte, error) { return g.world.Authority() }

// Leave gives the guest's address back, takes its cable away, and gives its
// place back.
func (g *Guest) Leave() {
	g.once.Do(func() {
		if g.lodger != nil {
			g.lodger.stop(true)
		}
		faults := faultsOf(g.port.Link())
		g.port.Close()
		w := g.world
		w.setAddresses(g.Name, g.FQDN, nil)
		w.guests.mu.Lock()
		defer w.guests.mu.Unlock()
		delete(w.guests.present, g.Name)
		if g.stays != nil {
			err := w.addHost(g.stays)
			if err == nil {
				err = faults.give(w.Internet.Link(g.Name))
			}
			if err != nil && !errors.Is(err, internet.ErrClosed) {
				w.log.Error("host does not come back", "host", g.Name, "error", err)
			}
		}
	})
}

// faults are those of a cable, in each direction. The next one in its place has
// them, too.
type faults struct{ fromA, fromB internet.Faults }

func faultsOf(cable *internet.Link) faults {
	if cable == nil {
		return faults{}
	}
	return faults{cable.Faults(internet.FromA), cable.Faults(internet.FromB)}
}

func (f faults) give(cable *internet.Link) error {
	return errors.Join(cable.SetFaults(internet.FromA, f.fromA), cable.SetFaults(internet.FromB, f.fromB))
}

// takesPlaceOf reports whether the newcomer will be in the place of the host: then
// it need not be there before.
func (who *Newcomer) takesPlaceOf(h *Host) bool {
	return who != nil && h.Name == who.Name && len(h.Servers) == 0
}

// place finds the guest's name, network and number. Called with the lock held.
func (w *World) place(name, network string) (*Guest, error) {
	g := &Guest{Name: name, world: w}
	if w.guests.present[name] != nil {
		return nil, fmt.Errorf("a guest called %s is here already", name)
	}
	g.stays = w.Plan.host(name)
	switch {
	case w.Plan.router(name) != nil, w.Plan.network(name) != nil:
		return nil, fmt.Errorf("%s is the name of a router or a network; take another", name)
	case g.stays != nil && len(g.stays.Servers) > 0:
		return nil, fmt.Errorf("%s is a host with servers; take the name of one without, or a new name", name)
	case g.stays != nil:
		g.Network, g.at = w.Plan.network(g.stays.Network), g.stays.At
	default:
		n, err := w.Plan.guestNetwork(network)
		if err != nil {
			return nil, err
		}
		g.Network = n
		if g.at = w.freeNumber(n); g.at == 0 {
			return nil, fmt.Errorf("network %s: %w", n.Name, ErrNoPlace)
		}
		if name == "" {
			g.Name = fmt.Sprintf("guest%d", g.at-n.Guests.First+1)
		}
	}
	g.MAC = internet.MACOf(g.Name, hostCard)
	g.FQDN = g.Name
	if g.Network.Domain != "" {
		g.FQDN += "." + g.Network.Domain
	}
	if other := w.Plan.called(g.FQDN); other != nil && other != g.stays {
		return nil, fmt.Errorf("%s is the name of the host %s; take another", g.FQDN, other.Name)
	}
	if g.at > 0 { // a host that gets its address by DHCP may have no number
		g.Fixed = Addressing{g.Network.Prefixes(g.at), w.Plan.gateways(g.Network)}
	}
	for _, server := range w.Plan.resolvers(g.Network) {
		g.Resolvers = append(g.Resolvers, server.Addr())
	}
	return g, nil
}

func (p *Plan) guestNetwork(name string) (*Network, error) {
	for _, n := range p.Networks {
		if n.Guests != (Range{}) && (name == "" || name == n.Name) {
			return n, nil
		}
	}
	if name != "" && p.network(name) == nil {
		return nil, fmt.Errorf("there is no network %q", name)
	}
	return nil, ErrNoGuests
}

// freeNumber is the lowest number for a guest that nobody has, or 0.
func (w *World) freeNumber(n *Network) int {
	taken := make(map[int]bool)
	for _, g := range w.guests.present {
		if g.Network == n {
			taken[g.at] = true
		}
	}
	for at := n.Guests.First; at <= n.Guests.Last && at > 0; at++ {
		if !taken[at] {
			return at
		}
	}
	return 0
}

// Owners are who has each address now, guests included that see to theirs
// themselves.
func (w *World) Owners() map[netip.Addr]string {
	owners := w.borrowed()
	for _, here := range w.Names() {
		for _, addr := range here.Addrs {
			owners[addr] = here.Name
		}
	}
	return owners
}

// borrowed are the addresses that guests have, or are offered, of a DHCP server
// by whatever client.
func (w *World) borrowed() map[netip.Addr]string {
	all := make(map[netip.Addr]string)
	for _, l := range w.lenders {
		for _, lent := range l.server.Leases() {
			if lent.State != dhcpd.Bound && lent.State != dhcpd.Offered {
				continue
			}
			if name := w.guests.withCard(lent.MAC); name != "" {
				all[lent.Addr] = name
			}
		}
	}
	return all
}

// withCard is the guest that has the card of that Ethernet address, or "".
func (gs *guests) withCard(mac net.HardwareAddr) string {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for _, g := range gs.present {
		if bytes.Equal(g.MAC, mac) {
			return g.Name
		}
	}
	return ""
}
