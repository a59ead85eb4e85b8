package internet

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/wirebook/wirebook/frame"
)

// machine is what a host and a router have in common: a protocol stack, cards,
// addresses and a table of routes.
type machine struct {
	net   *Internet
	name  string
	kind  frame.Kind
	stack *stack.Stack

	pathMTUs pathMTUs

	several atomic.Bool // it has more than one address of a family, besides loopback and link-local ones

	mu     sync.Mutex
	closed bool
	cards  []*Card
	routes []Route // as given; those to the cards' own networks are not in it

	// onRoutes, when a router sets it, is called with mu held when the
	// routes, or what makes routes, have changed.
	onRoutes func()
}

// newMachine makes a machine without cards. Its watcher, if there is one, is told
// of its neighbors.
func newMachine(in *Internet, name string, kind frame.Kind, watcher stack.NUDDispatcher) machine {
	return machine{net: in, name: name, kind: kind, stack: newStack(in, watcher)}
}

// Name is unique in the Internet.
func (m *machine) Name() string { return m.name }

// connect gives the machine a card, on a new cable to a switch.
func (m *machine) connect(sw *Switch, config CardConfig, intercept func(*Card, flight) bool) (*Card, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	card, err := m.newCard(config)
	if err == nil {
		card.intercept = intercept
		err = m.install(card, sw, config)
	}
	if err != nil {
		return nil, fmt.Errorf("connect %s to %s: %w", m.name, sw.name, err)
	}
	return card, nil
}

const (
	smallestMTU = 1280 // IPv6 needs it (RFC 8200 §5)
	largestMTU  = 65535
)

func (m *machine) newCard(config CardConfig) (*Card, error) {
	if m.closed {
		return nil, fmt.Errorf("%s is closed", m.name)
	}
	name := cmp.Or(config.Name, fmt.Sprintf("eth%d", len(m.cards)))
	if m.card(name) != nil || name == "lo" {
		return nil, fmt.Errorf("there is a card %q already", name)
	}
	address := stableMAC(m.name, name)
	switch {
	case len(config.MAC) == 6 && config.MAC[0]&1 == 0:
		address = mac(config.MAC)
	case config.MAC != nil:
		return nil, fmt.Errorf("%v is no address of a card; write one like %v", config.MAC, m.macExample(name))
	}
	mtu := cmp.Or(config.MTU, m.net.mtu)
	if mtu < smallestMTU || mtu > largestMTU {
		return nil, fmt.Errorf("an MTU of %d does not work: it is from %d to %d", mtu, smallestMTU, largestMTU)
	}
	for _, p := range config.Addrs {
		if err := m.checkAddress(p); err != nil {
			return nil, err
		}
	}
	card := &Card{machine: m, name: name, id: loopbackID + 1 + tcpip.NICID(len(m.cards)), address: address, in: newInbox()}
	card.mtu.Store(uint32(mtu))
	return card, nil
}

func (m *machine) macExample(card string) fmt.Stringer {
	c := Card{address: stableMAC(m.name, card)}
	return c.MAC()
}

func (m *machine) install(card *Card, sw *Switch, config CardConfig) error {
	link := config.Link
	if link == "" {
		link = m.name
		if len(m.cards) > 0 {
			link += "-" + card.name
		}
	}
	var err error
	if card.link, err = sw.connect(link, frame.Node{Name: m.name, Kind: m.kind}, card); err != nil {
		return err
	}
	go card.in.serve(card.receive)
	must(m.stack.CreateNICWithOptions(card.id, card, stack.NICOptions{Name: card.name}))
	m.cards = append(m.cards, card)
	for _, p := range config.Addrs {
		m.addAddress(card, p)
	}
	m.setStackRoutes()
	return nil
}

// card is the card of that name, or nil. Called with mu held.
func (m *machine) card(name string) *Card {
	for _, c := range m.cards {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (m *machine) findCard(name string) (*Card, error) {
	if c := m.card(name); c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("%s has no card %q", m.name, name)
}

// zone is the name of the card of that number, for link-local addresses.
func (m *machine) zone(id tcpip.NICID) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.cards {
		if c.id == id {
			return c.name
		}
	}
	return ""
}

// Cards describes the machine's cards, in the order in which it got them.
func (m *machine) Cards() []CardInfo {
	m.mu.Lock()
	defer m.mu.Unlock()
	cards := make([]CardInfo, len(m.cards))
	for i, c := range m.cards {
		cards[i] = CardInfo{
			Name:  c.name,
			MAC:   c.MAC(),
			MTU:   int(c.MTU()),
			Addrs: append(slices.Clone(c.addresses), c.linkLocal()),
			Link:  c.link,
		}
	}
	return cards
}

// Addresses are the machine's own, without loopback and link-local ones.
func (m *machine) Addresses() []netip.Addr {
	m.mu.Lock()
	defer m.mu.Unlock()
	var addrs []netip.Addr
	for _, c := range m.cards {
		for _, p := range c.addresses {
			addrs = append(addrs, p.Addr())
		}
	}
	return addrs
}

// has reports whether an address is the machine's own.
func (m *machine) has(a netip.Addr) bool {
	return slices.Contains(m.Addresses(), a)
}

// close ends the stack and takes the cards away.
func (m *machine) close() {
	m.mu.Lock()
	m.closed = true
	cards := m.cards
	m.mu.Unlock()
	m.stack.Close() // resets the connections, as long as the cables are there
	for _, c := range cards {
		c.link.remove()
		c.in.close()
	}
	m.stack.Wait()
}
