package world

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
)

// Guest is a host that has come to a running world: not one of ours, but
// something that speaks Ethernet, such as a program in a namespace of its own.
type Guest struct {
	Name      string
	FQDN      string
	MAC       net.HardwareAddr // always the same for the name
	Network   *Network
	Prefixes  []netip.Prefix // its addresses
	Gateways  []netip.Addr
	Resolvers []netip.Addr

	port     *internet.Port
	world    *World
	at       int
	stays    *Host // the host whose place it has taken, or nil
	withdraw func()
	once     sync.Once
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

// ErrNoPlace is returned when a network has no number left for a guest.
var ErrNoPlace = errors.New("all places for guests are taken")

// Join gives a guest a place on a network that takes guests: a port of its
// switch, and addresses. The first network that has guests: in the world file
// is meant when network is "". A guest with the name of a host that serves
// nothing takes that host's place, and addresses, until it leaves; with no
// name it is called guest and a number. deliver gets the frames for it.
func (w *World) Join(name, network string, deliver func(data []byte)) (*Guest, error) {
	w.guests.mu.Lock()
	defer w.guests.mu.Unlock()
	g, err := w.place(name, network)
	if err != nil {
		return nil, err
	}
	if g.stays != nil {
		if err := w.Internet.RemoveHost(g.Name); err != nil {
			return nil, err
		}
	}
	g.port, err = w.switches[g.Network.Name].Attach(g.Name, frame.Node{Name: g.Name, Kind: frame.Host}, deliver)
	if err != nil {
		return nil, err
	}
	w.guests.keep(g)
	g.withdraw = func() {}
	if g.stays == nil {
		g.withdraw = w.publish(g.FQDN, g.Network.Addresses(g.at))
	}
	return g, nil
}

// Send puts a frame of the guest on its cable.
func (g *Guest) Send(frame []byte) { g.port.Send(frame) }

// Leave takes the guest's cable away, and gives its place back.
func (g *Guest) Leave() {
	g.once.Do(func() {
		g.port.Close()
		g.withdraw()
		w := g.world
		w.guests.mu.Lock()
		defer w.guests.mu.Unlock()
		delete(w.guests.present, g.Name)
		if g.stays != nil {
			if _, err := w.connectHost(g.Name, g.Network, g.at); err != nil && !errors.Is(err, internet.ErrClosed) {
				w.log.Error("host does not come back", "host", g.Name, "error", err)
			}
		}
	})
}

// place finds the guest's name, network and number. Called with the lock held.
func (w *World) place(name, network string) (*Guest, error) {
	g := &Guest{Name: name, world: w}
	if w.guests.present[name] != nil {
		return nil, fmt.Errorf("a guest called %s is here already", name)
	}
	g.stays = w.Plan.host(name)
	switch {
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
	g.MAC = internet.MACOf(g.Name, "eth0")
	g.FQDN = g.Name
	if g.Network.Domain != "" {
		g.FQDN += "." + g.Network.Domain
	}
	g.Prefixes = g.Network.Prefixes(g.at)
	g.Gateways = w.Plan.gateways(g.Network)
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
	return nil, errors.New("no network here takes guests: give one a range, as in guests: 200-249")
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

// Named is a host, a router or a guest, and its addresses.
type Named struct {
	Name  string
	Addrs []netip.Addr
}

// Names are all who are here, guests included.
func (w *World) Names() []Named {
	var all []Named
	for _, h := range w.Plan.Hosts {
		all = append(all, Named{h.Name, w.Plan.addressesOf(h)})
	}
	for _, r := range w.Plan.Routers {
		for _, card := range r.Cards {
			all = append(all, Named{r.Name, w.Plan.network(card.Network).Addresses(card.At)})
		}
	}
	w.guests.mu.Lock()
	defer w.guests.mu.Unlock()
	for _, g := range w.guests.present {
		all = append(all, Named{g.Name, g.Network.Addresses(g.at)})
	}
	return all
}

// NameOf is the short name of whoever has the address, or "".
func (w *World) NameOf(addr netip.Addr) string {
	addr = addr.Unmap()
	for _, n := range w.Plan.Networks {
		if at := n.numberOf(addr); at != 0 {
			return w.nameAt(n, at)
		}
	}
	return ""
}

// numberOf is the host number of an address of the network, or 0.
func (n *Network) numberOf(addr netip.Addr) int {
	if addr.Is4() && n.IPv4.Contains(addr) {
		mine, base := addr.As4(), n.IPv4.Addr().As4()
		at := 0
		for i := range mine {
			at = at<<8 | int(mine[i]-base[i])
		}
		return at
	}
	if addr.Is6() && n.IPv6.Contains(addr) {
		at, bytes := 0, addr.As16()
		for _, b := range bytes[14:] {
			at = at*100 + int(b>>4)*10 + int(b&15)
		}
		if numberedIPv6(n.IPv6, at) == addr {
			return at
		}
	}
	return 0
}

func (w *World) nameAt(n *Network, at int) string {
	for _, h := range w.Plan.Hosts {
		if h.Network == n.Name && h.At == at {
			return h.Name
		}
	}
	for _, r := range w.Plan.Routers {
		if r.at(n.Name) == at {
			return r.Name
		}
	}
	w.guests.mu.Lock()
	defer w.guests.mu.Unlock()
	for _, g := range w.guests.present {
		if g.Network == n && g.at == at {
			return g.Name
		}
	}
	return ""
}
