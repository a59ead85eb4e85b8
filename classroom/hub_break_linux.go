package classroom

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/world"
)

// Tell opens a machine, or the switch of a network: its Panels, as JSON.
func (h *Hub) Tell(ctx context.Context, name string) (json.RawMessage, error) {
	if _, machine := h.plan.Machine(name); !machine && slices.ContainsFunc(h.plan.Networks, func(n *world.Network) bool { return n.Name == name }) {
		return h.tellSwitch(name)
	}
	return h.give(ctx, name, order{Do: doTell})
}

func (h *Hub) tellSwitch(name string) (json.RawMessage, error) {
	table, err := h.switches.Table(name)
	if err != nil {
		return nil, err
	}
	p := world.Panels{Host: name, Kind: "switch", Now: time.Now()}
	h.mu.Lock()
	defer h.mu.Unlock()
	cables := make(map[int]string)
	for name, l := range h.links {
		cables[l.port] = name
	}
	for _, learned := range table {
		p.Table = append(p.Table, internet.Learned{MAC: learned.MAC, Link: cables[learned.Port]})
	}
	return json.Marshal(p)
}

// KillServer makes a server fail, as a crash would; it is started again.
func (h *Hub) KillServer(host, server string) error { return h.onServer(host, server, doKill) }

// StopServer stops a server until StartServer.
func (h *Hub) StopServer(host, server string) error { return h.onServer(host, server, doStop) }

// StartServer starts a server that is stopped.
func (h *Hub) StartServer(_ context.Context, host, server string) error {
	return h.onServer(host, server, doStart)
}

func (h *Hub) onServer(host, server, do string) error {
	return h.tellTo(host, order{Do: do, Server: server})
}

// SetNAT has a router translate addresses or not.
func (h *Hub) SetNAT(router string, on bool) error {
	return h.tellTo(router, order{Do: doNAT, NAT: &natRequest{On: &on}})
}

// SetNATHelper has a router look into FTP's control connections or not.
func (h *Hub) SetNATHelper(router string, on bool) error {
	return h.tellTo(router, order{Do: doNAT, NAT: &natRequest{Helper: &on}})
}

// maxWait is how long a machine may take for an order.
const maxWait = 20 * time.Second

func (h *Hub) tellTo(machine string, o order) error {
	_, err := h.give(context.Background(), machine, o)
	return err
}

func (h *Hub) give(ctx context.Context, machine string, o order) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	h.mu.Lock()
	a := h.members[machine]
	here := a != nil && a.here
	h.mu.Unlock()
	if !here {
		if _, known := h.plan.Machine(machine); !known && a == nil {
			return nil, fmt.Errorf("%w %q", world.ErrUnknown, machine)
		}
		return nil, fmt.Errorf("%s: %w", machine, errLeft)
	}
	body, err := a.orders.give(ctx, o, func(v any) error { return a.line.Send(v, nil) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", machine, err)
	}
	return body, nil
}

// SetFaults makes a cable bad in both directions, or good again.
func (h *Hub) SetFaults(name string, f internet.Faults) error {
	return h.change(name, func(l *link) { l.faults = f })
}

// Unplug pulls a cable out, until Plug.
func (h *Hub) Unplug(name string) error { return h.change(name, func(l *link) { l.pulled = true }) }

// Plug puts it back in.
func (h *Hub) Plug(name string) error { return h.change(name, func(l *link) { l.pulled = false }) }

// change changes a link, unless the kernel cannot.
func (h *Hub) change(name string, change func(*link)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.links[name]
	if l == nil {
		return fmt.Errorf("%w %q; there is %s", world.ErrNoLink, name, strings.Join(slices.Sorted(maps.Keys(h.links)), ", "))
	}
	before := *l
	change(l)
	if err := h.spoil(l); err != nil {
		*l = before
		return err
	}
	h.news()
	return nil
}

// spoil does to a cable that is plugged in what is wrong with it. mu is held.
func (h *Hub) spoil(l *link) error {
	if l.port == 0 {
		return nil
	}
	if err := h.switches.SetFaults(l.port, l.faults); err != nil {
		return err
	}
	return h.switches.Pull(l.port, l.pulled)
}
