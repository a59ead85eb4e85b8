package world

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wirebook/wirebook/internet"
)

// Ready waits until every server that starts with the world listens on all its
// ports, and every host that asks for an address has got one. An address that
// does not come soon is not waited for: its link may be a bad one.
func (w *World) Ready(ctx context.Context) error {
	for _, h := range w.Plan.Hosts {
		for _, s := range h.Servers {
			if s.Held {
				continue
			}
			if err := w.awaitServer(ctx, w.Host(h.Name), s.Kind, s.Ports()); err != nil {
				return err
			}
		}
	}
	for _, r := range w.Plan.Routers {
		for _, s := range r.Servers {
			if err := w.awaitServer(ctx, &w.routers[r.Name].Host, s.Kind, s.Ports()); err != nil {
				return err
			}
		}
	}
	return w.awaitTenants(ctx)
}

// StartServer starts a server that does not start with the world, or that was
// stopped, and waits until it listens. Unknown names are told which there are.
func (w *World) StartServer(ctx context.Context, host, server string) error {
	if err := w.known(host, server, w.Servers.Start); err != nil {
		return err
	}
	if on, ports := w.listener(host, server); on != nil {
		return w.awaitServer(ctx, on, server, ports)
	}
	return nil
}

func (w *World) awaitServer(ctx context.Context, on *internet.Host, kind string, ports []Port) error {
	const pause = time.Millisecond
	for !listens(on, ports) {
		select {
		case <-time.After(pause):
		case <-w.stopped:
			return errClosed
		case <-ctx.Done():
			return fmt.Errorf("%s/%s does not start: %w", on.Name(), kind, ctx.Err())
		}
	}
	return nil
}

var errClosed = errors.New("the world has been closed")

// awaitTenants waits until the hosts that can get an address have one.
func (w *World) awaitTenants(ctx context.Context) error {
	const atMost = 2 * time.Second
	late := time.NewTimer(atMost)
	defer late.Stop()
	for _, h := range w.Plan.Hosts {
		t := w.tenant(h.Name)
		if t == nil || !w.hasDHCP(h.Network) {
			continue
		}
		select {
		case <-t.bound:
		case <-late.C:
			w.log.Warn("no address yet", "host", h.Name)
			return nil
		case <-w.stopped:
			return errClosed
		case <-ctx.Done():
			return fmt.Errorf("%s gets no address: %w", h.Name, ctx.Err())
		}
	}
	return nil
}
