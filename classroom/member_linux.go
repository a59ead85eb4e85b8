package classroom

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/wirebook/wirebook/classroom/cabling"
	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/world"
	"github.com/wirebook/wirebook/world/authority"
)

// Member is this process as a machine of the class.
type Member struct {
	Plan     *world.Plan
	Name     string
	Newcomer bool     // it is not in the plan: it gets a free name like Name, and an address by DHCP
	Path     string   // of the hub's socket
	State    *os.Root // see [world.StationOptions]
	Log      *slog.Logger

	// Trust, if set, is told of the certificate, in PEM, of the authority that has
	// signed those of the class's servers.
	Trust func(pem []byte)

	// Leased, if set, is told of the lease that the machine has now, or nil.
	Leased func(*dhcpc.Lease)

	mu      sync.Mutex
	machine world.Machine
	station *world.Station // nil: a newcomer has no servers
	plugged bool
	lease   *dhcpc.Lease
	dhcp    dhcpc.State   // of its DHCP client
	six     sixth         // its IPv6 address, if it goes with the lease
	nat     *natSetting   // nil: it is none
	again   chan struct{} // to ask for the address anew
	present []present     // those whom the hub told of

	privileges sync.Mutex // held by who needs one for a moment
}

// Run has the machine plugged in, and runs its servers until ctx ends. When the
// switches are gone, it asks to be plugged in again; the servers run on meanwhile, as
// they do on any computer whose cable is pulled. Its error says that its servers
// cannot be run.
func (m *Member) Run(ctx context.Context) error {
	if _, known := m.Plan.Machine(m.Name); !known && !m.Newcomer {
		_, err := m.Plan.Station(m.Name, world.StationOptions{})
		return err // it says which names there are
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var servers sync.WaitGroup
	defer servers.Wait()
	defer cancel(nil)
	for first := true; ; first = false {
		line := m.ask(ctx)
		switch {
		case line == nil:
			return ended(ctx)
		case m.station == nil:
		case first:
			servers.Go(func() {
				if err := m.station.Servers.Serve(ctx); err != nil {
					cancel(err)
				}
			})
		default:
			m.station.Replugged()
		}
		m.attend(ctx, line)
		if ctx.Err() != nil {
			return ended(ctx)
		}
		m.Log.Warn("the switches are gone: asking to be plugged in again")
	}
}

// ended is why a member ended: nil if it was told to.
func ended(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// ask calls the hub until the machine is plugged in; nil: ctx has ended before. What
// goes wrong may not the next time: when the switches have died a moment ago, the
// kernel may not have taken the old cards away yet.
func (m *Member) ask(ctx context.Context) *cabling.Line {
	const pause = 100 * time.Millisecond
	told := ""
	for {
		line, err := m.plugIn(ctx)
		if err == nil {
			return line
		}
		if text := err.Error(); text != told && ctx.Err() == nil {
			m.Log.Info("not plugged in yet", "error", err)
			told = text
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// plugIn waits until the machine's cards are there, and sets them up.
func (m *Member) plugIn(ctx context.Context) (line *cabling.Line, err error) {
	err = m.privileged(func() error {
		// What leads to switches that have died may still be here.
		if err := cabling.PullOut(); err != nil {
			return err
		}
		if line, err = m.call(ctx); err != nil {
			return err
		}
		return m.setUp()
	})
	if err != nil && line != nil {
		line.Close()
		line = nil
	}
	return line, err
}

// privileged does what needs a privilege over the machine's network. It is in effect
// no longer than that, unless root has started the machine, or its address is lent
// to it, which then comes and goes.
func (m *Member) privileged(do func() error) error {
	m.privileges.Lock()
	defer m.privileges.Unlock()
	if os.Getuid() == 0 {
		return do()
	}
	if err := cabling.Raise(cabling.NetAdmin); err != nil {
		return err
	}
	err := do()
	if m.Machine().DHCP {
		return err
	}
	return errors.Join(err, cabling.Lower())
}

// attend is the life of the machine while it is plugged in.
func (m *Member) attend(ctx context.Context, line *cabling.Line) {
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { line.Close() })
	defer stop()
	m.setPlugged(true)
	defer m.setPlugged(false)
	if m.machine.DHCP {
		wait.Go(func() { m.borrow(ctx) })
	}
	wait.Go(func() { m.report(ctx, line) })
	for {
		var heard message
		if _, err := line.Receive(&heard); err != nil {
			return
		}
		switch {
		case heard.Directory != nil:
			m.know(heard.Directory.Present)
		case heard.Order != nil:
			wait.Go(func() { m.obey(ctx, line, *heard.Order) })
		}
	}
}

func (m *Member) setPlugged(is bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plugged = is
}

func (m *Member) call(ctx context.Context) (*cabling.Line, error) {
	line, err := cabling.Dial(ctx, m.Path)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { line.Close() })
	defer stop()
	namespace, err := cabling.Namespace()
	if err != nil {
		line.Close()
		return nil, err
	}
	defer namespace.Close()
	var answer message
	if err = line.Send(message{Hello: &hello{m.Name, m.Newcomer}}, namespace); err == nil {
		_, err = line.Receive(&answer)
	}
	if err == nil && answer.Welcome == nil {
		err = fmt.Errorf("the switches refuse: %s", answer.Refused)
	}
	if err != nil {
		line.Close()
		return nil, err
	}
	if m.Trust != nil {
		m.Trust(authority.Public(answer.Welcome.Authority))
	}
	return line, m.become(*answer.Welcome)
}

// become makes the station, the first time.
func (m *Member) become(w welcome) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.again = make(chan struct{}, 1)
	if m.Newcomer {
		machine, err := m.Plan.Newcomer(w.Name)
		m.machine = machine
		return err
	}
	if m.station != nil {
		return nil
	}
	a, err := authority.Parse(w.Authority)
	if err != nil {
		return err
	}
	station, err := m.Plan.Station(w.Name, world.StationOptions{
		Network: netx.OS{}, Ping: ping, Authority: a, State: m.State, Log: m.Log,
	})
	if err == nil {
		m.station, m.machine = station, station.Machine
	}
	return err
}

// Close is for after Run.
func (m *Member) Close() error {
	if m.station != nil {
		return m.station.Close()
	}
	return nil
}

// setUp gives the cards their addresses, and the machine its routes.
func (m *Member) setUp() error {
	for _, card := range m.machine.Cards {
		if err := cabling.SetUp(card.Name, card.Addrs); err != nil {
			return err
		}
	}
	for _, route := range m.machine.Routes {
		if err := cabling.Route(route.Dst, route.Via, route.Card); err != nil {
			if route.Via.Is6() {
				continue // IPv6 may be switched off
			}
			return err
		}
	}
	return m.setUpNAT()
}

// Machine is what it has become.
func (m *Member) Machine() world.Machine {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.machine
}
