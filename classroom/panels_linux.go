package classroom

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/classroom/cabling"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/world"
)

// Panels are what one sees who opens a machine of a class: what its servers hold, as
// on the miniature Internet, and the kernel's tables.
type Panels struct {
	world.Panels
	Cards     []cabling.CardInfo `json:"cards,omitempty"`
	Neighbors []cabling.Neighbor `json:"neighbors,omitempty"`

	// Cannot is what cannot be seen, and why: nothing of it is left out silently.
	Cannot string `json:"cannot,omitempty"`
}

// Panels opens this machine.
func (m *Member) Panels() (Panels, error) {
	m.mu.Lock()
	p := Panels{Panels: world.Panels{Host: m.machine.Name, Kind: "guest", FQDN: m.machine.FQDN, Now: time.Now()}}
	station, cables := m.station, m.machine.Cards
	m.mu.Unlock()
	var err error
	if station != nil {
		if p.Panels, err = station.Panels(); err != nil {
			return p, err
		}
	}
	p.Address = m.addressPanel()
	tables, err := cabling.ReadTables()
	if err != nil {
		return p, err
	}
	p.Cards, p.Sockets, p.Neighbors, p.Routes = tables.Cards, tables.Sockets, tables.Neighbors, tables.Routes
	for i := range p.Cards {
		for _, cable := range cables {
			if cable.Name == p.Cards[i].Name {
				p.Cards[i].Link = cable.Link
			}
		}
	}
	for i := range p.Servers {
		p.Servers[i].Connections = connections(p.Sockets, p.Servers[i].Ports)
	}
	if p.NAT, err = m.natPanel(); err != nil {
		p.Cannot = err.Error()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, addr := range m.addrs() {
		p.Addrs = append(p.Addrs, addr.String())
	}
	return p, nil
}

// addressPanel is the machine's DHCP client; nil: it has none.
func (m *Member) addressPanel() *world.AddressPanel {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.machine.DHCP {
		return nil
	}
	return world.NewAddressPanel(m.dhcp, m.lease)
}

// connections counts those to the ports, written as "80/tcp 443/tcp".
func connections(sockets []internet.Socket, ports string) int {
	tcp := strings.Fields(ports)
	n := 0
	for _, s := range sockets {
		if s.State == "ESTABLISHED" && slices.Contains(tcp, fmt.Sprintf("%d/tcp", s.Local.Port())) {
			n++
		}
	}
	return n
}

// obey carries an order of the hub out, and answers it.
func (m *Member) obey(ctx context.Context, line *cabling.Line, o order) {
	value, err := m.carryOut(ctx, o)
	send := func(v any) error { return line.Send(v, nil) }
	if err := reply(send, o.ID, value, err); err != nil && ctx.Err() == nil {
		m.Log.Warn("an answer to the switches", "error", err)
	}
}

func (m *Member) carryOut(ctx context.Context, o order) (any, error) {
	switch {
	case o.Do == doTell:
		return m.Panels()
	case o.Do == doNAT && o.NAT != nil:
		return nil, m.changeNAT(*o.NAT)
	case m.station == nil:
		return nil, fmt.Errorf("%s has no servers of the class's", m.machine.Name)
	}
	servers, name := m.station.Servers, m.station.Name
	switch o.Do {
	case doKill:
		return nil, servers.Kill(name, o.Server)
	case doStop:
		return nil, servers.Stop(name, o.Server)
	case doStart:
		return nil, servers.Start(name, o.Server)
	}
	return nil, fmt.Errorf("%q is no order", o.Do)
}
