package classroom

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/world"
)

// Tap shows t every frame from now on, until remove.
func (h *Hub) Tap(t frame.Tap) (remove func()) { return h.taps.add(t) }

// Status says how each server of the class is, by host.
func (h *Hub) Status() []world.ServerStatus {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := []world.ServerStatus{}
	for _, name := range slices.Sorted(maps.Keys(h.members)) {
		all = append(all, h.members[name].state.Servers...)
	}
	return all
}

// Absent are the machines of the plan that are not here, or not well, with the reason.
func (h *Hub) Absent() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make(map[string]string)
	for _, name := range h.plan.Machines() {
		switch a := h.members[name]; {
		case a == nil:
			all[name] = "it is not plugged in"
		case a.state.Ill != "":
			all[name] = a.state.Ill
		}
	}
	return all
}

// Names are who has which address.
func (h *Hub) Names() map[netip.Addr]string {
	names := make(map[netip.Addr]string)
	h.mu.Lock()
	for name, a := range h.members {
		for _, addr := range a.state.Addrs {
			names[addr] = name
		}
	}
	h.mu.Unlock()
	for _, name := range h.plan.Machines() { // whatever a newcomer says of itself
		m, _ := h.plan.Machine(name)
		for _, card := range m.Cards {
			for _, addr := range card.Addrs {
				names[addr.Addr()] = name
			}
		}
	}
	return names
}

// State is who is there, and how they are joined.
type State struct {
	Version  uint64         `json:"version"`
	Name     string         `json:"name"` // of the world
	Networks []NetworkState `json:"networks"`
	Machines []MachineState `json:"machines"`
	Cables   []world.Cable  `json:"cables"`
	Netem    bool           `json:"netem"` // the kernel can hold frames back: see cabling.ErrNoNetem
}

// NetworkState is a switch.
type NetworkState struct {
	Name   string `json:"name"`
	Prefix string `json:"prefix,omitempty"`
}

// MachineState is how one machine is.
type MachineState struct {
	Name    string               `json:"name"`
	Kind    string               `json:"kind"` // "host", "router" or "guest"
	FQDN    string               `json:"fqdn,omitempty"`
	Ill     string               `json:"ill,omitempty"` // "": it is there, and well
	Addrs   []netip.Addr         `json:"addresses"`
	Servers []world.ServerStatus `json:"servers,omitempty"`
}

// State is how the class is now, unless that is the version that is known already;
// then it waits for the next, until ctx ends.
func (h *Hub) State(ctx context.Context, known uint64) State {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.version == known && ctx.Err() == nil {
		changed := h.changed
		h.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		h.mu.Lock()
	}
	return h.state()
}

// news is called when something has changed that State tells. mu is held.
func (h *Hub) news() {
	h.version++
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *Hub) state() State {
	s := State{Version: h.version, Name: h.plan.Name, Netem: h.netem}
	for _, n := range h.plan.Networks {
		one := NetworkState{Name: n.Name}
		if n.IPv4.IsValid() {
			one.Prefix = n.IPv4.String()
		}
		s.Networks = append(s.Networks, one)
	}
	for _, name := range h.plan.Machines() {
		m, _ := h.plan.Machine(name)
		s.add(h, m, h.members[name], "host")
	}
	for _, name := range slices.Sorted(maps.Keys(h.members)) {
		if _, planned := h.plan.Machine(name); !planned {
			s.add(h, h.members[name].Machine, h.members[name], "guest")
		}
	}
	return s
}

// add enters a machine; a is nil if it is not there.
func (s *State) add(h *Hub, m world.Machine, a *attached, kind string) {
	if m.Router {
		kind = "router"
	}
	one := MachineState{Name: m.Name, Kind: kind, FQDN: m.FQDN, Ill: "it is not plugged in"}
	for _, card := range m.Cards {
		for _, addr := range card.Addrs {
			one.Addrs = append(one.Addrs, addr.Addr())
		}
		s.Cables = append(s.Cables, h.cable(m, card))
	}
	if a != nil && a.here {
		one.Ill, one.Servers = a.state.Ill, a.state.Servers
		if len(a.state.Addrs) > 0 {
			one.Addrs = a.state.Addrs
		}
	}
	s.Machines = append(s.Machines, one)
}

func (h *Hub) cable(m world.Machine, card world.MachineCard) world.Cable {
	c := world.Cable{Name: card.Link, From: m.Name, To: card.Network, Kind: "host", Plugged: true}
	if m.Router {
		c.Kind = "router"
	}
	if l := h.links[card.Link]; l != nil { // a newcomer is known before its cable is laid
		c.Out, c.In, c.Plugged = l.faults, l.faults, !l.pulled
	}
	c.Words = [2]string{c.Out.String(), c.In.String()}
	return c
}
