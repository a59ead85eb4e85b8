package classroom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"

	"github.com/wirebook/wirebook/capture"
	"github.com/wirebook/wirebook/classroom/cabling"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/world"
	"github.com/wirebook/wirebook/world/authority"
)

// Hub holds the switches of a world, and knows who is plugged into them.
type Hub struct {
	plan     *world.Plan
	log      *slog.Logger
	switches *cabling.Switches
	socket   *capture.Socket
	taps     taps

	secret []byte // of the authority

	mu      sync.Mutex
	members map[string]*attached
	links   map[string]*link
	cables  int           // how many were laid
	version uint64        // of all that State tells
	changed chan struct{} // closed when there is a newer one
	netem   bool          // see cabling.ErrNoNetem
}

// link is a cable of the plan, or of a newcomer. What is wrong with it is so also for
// a machine that has died and come back.
type link struct {
	index  int
	faults internet.Faults
	pulled bool
	port   int // 0: nobody is plugged in
}

// attached is a member, as the hub sees it.
type attached struct {
	world.Machine
	newcomer bool
	line     *cabling.Line
	ports    []int
	state    Report
	orders   orders
	here     bool          // it has been welcomed
	gone     chan struct{} // closed when its ports are free
}

// NewHub makes the switches of the plan, in this process's network namespace, and
// opens the socket that sees them. It needs the capabilities NET_ADMIN and NET_RAW.
// The secret is that of the class's authority.
func NewHub(plan *world.Plan, secret []byte, log *slog.Logger) (*Hub, error) {
	h := &Hub{plan: plan, log: log, secret: secret, members: make(map[string]*attached), links: make(map[string]*link), changed: make(chan struct{})}
	for _, name := range plan.Machines() {
		m, _ := plan.Machine(name)
		for _, card := range m.Cards {
			h.lay(card.Link, plan.Faults[card.Link])
		}
	}
	var err error
	if h.socket, err = capture.Open(); err != nil {
		return nil, err
	}
	if h.switches, err = cabling.NewSwitches(); err == nil {
		for _, n := range plan.Networks {
			if err = h.switches.Add(n.Name); err != nil {
				break
			}
		}
	}
	if err != nil {
		h.socket.Close()
		return nil, err
	}
	h.netem = h.switches.HasNetem()
	return h, nil
}

// Serve plugs in who comes, until ctx ends: to machines, those of the plan, and to
// newcomers. Who has only been given the way to newcomers can be no other machine.
func (h *Hub) Serve(ctx context.Context, machines, newcomers cabling.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer h.switches.Close()
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { machines.Close(); newcomers.Close() })
	defer stop()
	var first error
	var once sync.Once
	end := func(err error) {
		if err != nil {
			once.Do(func() { first = err })
		}
		cancel()
	}
	wait.Go(func() { end(h.socket.Run(ctx, &h.taps)) })
	if lost, err := capture.OpenLost(cabling.LostGroup); err == nil {
		wait.Go(func() { end(lost.Run(ctx, h.socket, &h.taps)) })
	} else {
		h.log.Warn("frames that are lost are not shown as lost", "error", err)
	}
	wait.Go(func() { end(h.accept(ctx, newcomers, true, &wait)) })
	end(h.accept(ctx, machines, false, &wait))
	wait.Wait()
	return first
}

// maxLines is how many may be on the line at once, by either socket. Further ones wait
// until somebody leaves.
const maxLines = 1024

// accept attends to all who call.
func (h *Hub) accept(ctx context.Context, ln cabling.Listener, newcomers bool, wait *sync.WaitGroup) error {
	slots := make(chan struct{}, maxLines)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		line, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				line.Close()
			}
			return nil
		case err != nil:
			return err
		}
		wait.Go(func() {
			defer func() { <-slots }()
			stop := context.AfterFunc(ctx, func() { line.Close() })
			defer stop()
			defer line.Close()
			if err := h.attend(line, newcomers); err != nil {
				h.log.Warn("a machine was not plugged in", "error", err)
				_ = line.Send(message{Refused: err.Error()}, nil)
			}
		})
	}
}

// attend plugs a machine in, and hears from it until it leaves.
func (h *Hub) attend(line *cabling.Line, newcomer bool) error {
	var first message
	namespace, err := line.ReceiveSoon(&first)
	if err != nil {
		return err
	}
	if namespace == nil || first.Hello == nil {
		return errors.New("it did not say who it is, and where")
	}
	defer namespace.Close()
	first.Hello.Newcomer = first.Hello.Newcomer || newcomer
	a, err := h.admit(*first.Hello, line)
	if err != nil {
		return err
	}
	defer h.dismiss(a)
	for _, card := range a.Cards {
		if err := h.plug(a, namespace, card); err != nil {
			return err
		}
	}
	secret := h.secret
	if first.Hello.Newcomer {
		secret = authority.Public(secret)
	}
	if err := line.Send(message{Welcome: &welcome{a.Name, secret}}, nil); err != nil {
		return nil // it has left
	}
	h.mu.Lock()
	a.here = true
	h.news()
	h.mu.Unlock()
	h.log.Info("plugged in", "machine", a.Name)
	h.publish(a)
	for {
		var m message
		file, err := line.Receive(&m)
		if err != nil {
			return nil
		}
		if file != nil {
			file.Close()
		}
		switch {
		case m.Report != nil:
			h.hear(a, *m.Report)
		case m.Answer != nil:
			a.orders.hear(*m.Answer)
		}
	}
}

// admit finds out which machine of the plan it is. One of that name that is still
// here is a former life of it, whose end has not been heard of yet.
func (h *Hub) admit(who hello, line *cabling.Line) (*attached, error) {
	for {
		h.mu.Lock()
		former := h.members[who.Name]
		if former == nil || who.Newcomer {
			break
		}
		h.mu.Unlock()
		former.line.Close()
		<-former.gone
	}
	defer h.mu.Unlock()
	a := &attached{line: line, newcomer: who.Newcomer, gone: make(chan struct{})}
	if who.Newcomer {
		var err error
		if a.Machine, err = h.newcomer(cmp.Or(who.Name, "guest")); err != nil {
			return nil, err
		}
	} else {
		var ok bool
		if a.Machine, ok = h.plan.Machine(who.Name); !ok {
			return nil, fmt.Errorf("%w %q", world.ErrUnknown, who.Name)
		}
	}
	h.members[a.Name] = a
	return a, nil
}

// lay puts down a new cable.
func (h *Hub) lay(name string, faults internet.Faults) *link {
	l := &link{index: h.cables, faults: faults}
	h.cables++
	h.links[name] = l
	return l
}

func (h *Hub) plug(a *attached, namespace *os.File, card world.MachineCard) error {
	port, err := h.switches.Plug(namespace, card.Network, cabling.Card{Name: card.Name, MAC: card.MAC})
	if err != nil {
		return err
	}
	a.ports = append(a.ports, port)
	kind := frame.Host
	if a.Router {
		kind = frame.Router
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	cable := h.links[card.Link]
	if cable == nil {
		cable = h.lay(card.Link, internet.Faults{})
	}
	cable.port = port
	h.socket.Watch(port, &frame.Link{
		Index: cable.index, Name: card.Link,
		A: frame.Node{Name: a.Name, Kind: kind}, B: frame.Node{Name: card.Network, Kind: frame.Switch},
	}, a.NAT != nil)
	if err := h.spoil(cable); err != nil {
		h.log.Warn("a cable is better than it should be", "link", card.Link, "error", err)
		cable.faults = internet.Faults{}
	}
	return nil
}

func (h *Hub) dismiss(a *attached) {
	for _, port := range a.ports {
		h.socket.Forget(port)
		if err := h.switches.Unplug(port); err != nil {
			h.log.Warn("a cable cannot be taken away", "machine", a.Name, "error", err)
		}
	}
	a.orders.end()
	h.mu.Lock()
	delete(h.members, a.Name)
	for _, card := range a.Cards {
		cable := h.links[card.Link]
		if cable == nil || !slices.Contains(a.ports, cable.port) {
			continue
		}
		cable.port = 0
		if a.newcomer && !cable.pulled && cable.faults.String() == "" {
			delete(h.links, card.Link) // the next newcomer may have any name
		}
	}
	h.news()
	h.mu.Unlock()
	close(a.gone)
	h.log.Info("unplugged", "machine", a.Name)
	h.publish(nil)
}
