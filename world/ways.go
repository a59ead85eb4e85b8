package world

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/wirebook/wirebook/internet/gateway"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/supervise"
)

// Attachment makes a program that listens on this machine a host of the world.
type Attachment struct {
	Name   string         // the host's
	Port   uint16         // on the host
	Target netip.AddrPort // where the program listens
}

// ParseAttachment reads NAME=127.0.0.1:8000, or NAME:80=127.0.0.1:8000 for
// another port inside.
func ParseAttachment(text string) (Attachment, error) {
	const form = "write it as NAME=127.0.0.1:PORT or NAME:PORT=127.0.0.1:PORT"
	inside, target, ok := strings.Cut(text, "=")
	if !ok {
		return Attachment{}, fmt.Errorf("the = is missing: %s", form)
	}
	if port, isPort := strings.CutPrefix(target, "localhost:"); isPort {
		target = "127.0.0.1:" + port
	}
	a := Attachment{Name: inside}
	var err error
	if a.Target, err = netip.ParseAddrPort(target); err != nil {
		return Attachment{}, fmt.Errorf("%q is not an address and port of this machine: %s", target, form)
	}
	if !a.Target.Addr().IsLoopback() {
		return Attachment{}, fmt.Errorf("%s is not on this machine: %s", a.Target.Addr(), form)
	}
	a.Port = a.Target.Port()
	if name, port, ok := strings.Cut(inside, ":"); ok {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return Attachment{}, fmt.Errorf("%q is not a port: %s", port, form)
		}
		a.Name, a.Port = name, uint16(n)
	}
	if a.Name == "" {
		return Attachment{}, fmt.Errorf("the host needs a name: %s", form)
	}
	return a, nil
}

// String is the inverse of [ParseAttachment].
func (a Attachment) String() string {
	return net.JoinHostPort(a.Name, strconv.Itoa(int(a.Port))) + "=" + a.Target.String()
}

// Attached is an attachment as it came out.
type Attached struct {
	Attachment
	FQDN string // the host's whole name
}

// Attached are the local servers that are hosts here.
func (w *World) Attached() []Attached { return w.attached }

// attach makes the host of an attachment, and carries what comes to its port
// to the program outside.
func (w *World) attach(a Attachment) error {
	w.guests.mu.Lock()
	g, err := w.place(a.Name, "")
	w.guests.mu.Unlock()
	if err != nil {
		return fmt.Errorf("attach %s: %w", a, err)
	}
	if g.stays != nil {
		return fmt.Errorf("attach %s: there is a host of that name; take another", a)
	}
	host, err := w.connectHost(a.Name, g.Network, g.Network.Prefixes(g.at))
	if err != nil {
		return fmt.Errorf("attach %s: %w", a, err)
	}
	w.guests.keep(g)
	w.attached = append(w.attached, Attached{a, g.FQDN})
	w.setAddresses(a.Name, g.FQDN, g.Network.Addresses(g.at))
	w.Servers.Add(a.Name, "attached", &gateway.TCP{
		Address: ":" + strconv.Itoa(int(a.Port)),
		To:      a.Target.String(),
		Through: netx.OS{},
		Log:     w.log,
		Clock:   w.clock,
	}, host)
	return nil
}

// gatewayHost is the host that opens the connections of the gateways, when the
// world has one of that name; else it is the first host of all.
const gatewayHost = "gateway"

// Way is a gateway as it came out.
type Way struct {
	Gateway
	Err error // why it is not open, or nil
}

// OpenGateways opens the plan's ports on 127.0.0.1, until ctx ends or they are
// closed; in any case they must be closed. A port that another program has is left
// out, and said to be: the others stay where they are, so that the table is the same
// in every run.
func (w *World) OpenGateways(ctx context.Context) (ways []Way, closeAll func()) {
	ctx, cancel := context.WithCancel(ctx)
	through := w.Host(gatewayHost)
	if through == nil {
		through = w.Host(w.Plan.Hosts[0].Name)
	}
	var serving sync.WaitGroup
	for _, g := range w.Plan.Gateways {
		opened := make(chan error, 1)
		serve := w.gateway(g, through, func(net.Addr) { opened <- nil })
		serving.Go(func() {
			if err := serve.Serve(ctx, netx.OS{}); err != nil {
				select {
				case opened <- err:
				default:
					w.log.Error("gateway failed", "port", g.Port, "error", err)
				}
			}
		})
		ways = append(ways, Way{g, <-opened})
	}
	return ways, func() {
		cancel()
		serving.Wait()
	}
}

func (w *World) gateway(g Gateway, through netx.Network, opened func(net.Addr)) supervise.Server {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(int(g.Port)))
	if g.Transport == "socks" {
		return &gateway.SOCKS5{Address: address, Through: through, Listening: opened, Log: w.log, Clock: w.clock}
	}
	to := netip.AddrPortFrom(w.Plan.addressesOf(w.Plan.host(g.Host))[0], g.To).String()
	if g.Transport == "udp" {
		return &gateway.UDP{Address: address, To: to, Through: through, Listening: opened, Log: w.log, Clock: w.clock}
	}
	return &gateway.TCP{Address: address, To: to, Through: through, Listening: opened, Log: w.log, Clock: w.clock}
}
