package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/wirebook/wirebook/capture"
	"github.com/wirebook/wirebook/classroom"
	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/internet"
)

// classView is what the page of a class knows of it: the switches tell it, in another
// container, over the socket of commands. They may die and come back.
type classView struct {
	app  *app
	log  *slog.Logger
	feed classroom.Feed

	mu     sync.RWMutex
	state  classroom.State
	owners map[netip.Addr]string
}

// follow follows the class until ctx ends.
func (v *classView) follow(ctx context.Context) {
	var wait sync.WaitGroup
	wait.Go(func() { v.again(ctx, v.frames) })
	wait.Go(func() { v.again(ctx, v.states) })
	wait.Wait()
}

// again does something with the switches until ctx ends, anew when they were gone.
func (v *classView) again(ctx context.Context, do func(context.Context, *running) error) {
	const pause = 200 * time.Millisecond
	for ctx.Err() == nil {
		r, err := v.app.findRunning("")
		if err == nil {
			err = do(ctx, r)
			r.Close()
		}
		if ctx.Err() == nil {
			v.log.Debug("the switches are gone", "error", err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// frames shows the page each frame, as it is seen.
func (v *classView) frames(ctx context.Context, r *running) error {
	stream, err := r.Open(ctx, http.MethodPost, "/frames", nil)
	if err != nil {
		return err
	}
	defer stream.Close()
	v.feed.Begin()
	return capture.Receive(stream, &v.feed, nil)
}

// states keeps what is known of the class new.
func (v *classView) states(ctx context.Context, r *running) error {
	request := stateRequest{}
	for {
		var state classroom.State
		if err := r.Call(ctx, http.MethodPost, "/state", request, &state); err != nil {
			return err
		}
		var owners namesReply
		if err := r.Call(ctx, http.MethodGet, "/names", nil, &owners); err != nil {
			return err
		}
		v.mu.Lock()
		v.state, v.owners = state, owners
		v.mu.Unlock()
		request.Known = state.Version
	}
}

// options are those of the page.
func (v *classView) options(name string) console.Options {
	return console.Options{
		Name: name, Tap: v.feed.Tap, NameOf: v.nameOf, Owners: v.allOwners, Hosts: v.hosts, Map: v.theMap, Open: v.open,
		Kernel: &console.Kernel{Delays: v.delays}, Break: classBreaker{v}, Log: v.log,
	}
}

func (v *classView) nameOf(addr netip.Addr) string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.owners[addr]
}

func (v *classView) allOwners() map[netip.Addr]string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return maps.Clone(v.owners)
}

func (v *classView) now() classroom.State {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state
}

func (v *classView) delays() bool { return v.now().Netem }

func (v *classView) hosts() []string {
	var names []string
	for _, m := range v.now().Machines {
		names = append(names, m.Name)
	}
	return names
}

// theMap is the class as the page draws it.
func (v *classView) theMap() console.Map {
	state := v.now()
	m := console.Map{Links: state.Cables}
	for _, n := range state.Networks {
		m.Nodes = append(m.Nodes, console.Node{Name: n.Name, Kind: "switch", Prefix: n.Prefix})
	}
	for _, machine := range state.Machines {
		node := console.Node{Name: machine.Name, Kind: machine.Kind, FQDN: machine.FQDN, Absent: machine.Ill}
		for _, addr := range machine.Addrs {
			node.Addrs = append(node.Addrs, addr.String())
		}
		for _, s := range machine.Servers {
			node.Servers = append(node.Servers, console.NodeServer{Name: s.Name, State: string(s.State), Ports: s.Ports})
		}
		m.Nodes = append(m.Nodes, node)
	}
	return m
}

// open asks a container what it holds.
func (v *classView) open(name string) (any, error) {
	var panels json.RawMessage
	err := v.call("/tell", hostRequest{Host: name}, &panels)
	return panels, err
}

func (v *classView) call(path string, in, out any) error {
	r, err := v.app.findRunning("")
	if err != nil {
		return err
	}
	defer r.Close()
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return r.Call(ctx, http.MethodPost, path, in, out)
}

// classBreaker has the switches make things fail.
type classBreaker struct{ view *classView }

func (b classBreaker) SetFaults(link string, f internet.Faults) error {
	return b.view.call("/link", linkRequest{Link: link, Faults: &f}, nil)
}

func (b classBreaker) Unplug(link string) error { return b.plug(link, false) }

func (b classBreaker) Plug(link string) error { return b.plug(link, true) }

func (b classBreaker) plug(link string, in bool) error {
	return b.view.call("/link", linkRequest{Link: link, Plugged: &in}, nil)
}

func (b classBreaker) SetNAT(router string, on bool) error {
	return b.view.call("/nat", classNATRequest{Router: router, On: &on}, nil)
}

func (b classBreaker) SetNATHelper(router string, on bool) error {
	return b.view.call("/nat", classNATRequest{Router: router, Helper: &on}, nil)
}

func (b classBreaker) KillServer(host, server string) error { return b.server("/kill", host, server) }

func (b classBreaker) StopServer(host, server string) error { return b.server("/stop", host, server) }

func (b classBreaker) StartServer(_ context.Context, host, server string) error {
	return b.server("/start", host, server)
}

func (b classBreaker) server(path, host, server string) error {
	return b.view.call(path, serverRequest{Host: host, Server: server}, nil)
}
