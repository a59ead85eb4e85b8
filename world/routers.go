package world

import (
	"fmt"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
)

func (w *World) addRouter(r *Router) error {
	router, err := w.Internet.AddRouter(r.Name)
	if err != nil {
		return err
	}
	for i, card := range r.Cards {
		_, err := router.Connect(w.switches[card.Network], internet.CardConfig{
			Name:  cardName(i),
			Link:  routerLink(r.Name, card.Network),
			Addrs: w.Plan.network(card.Network).Prefixes(card.At),
		})
		if err != nil {
			return fmt.Errorf("router %s: %w", r.Name, err)
		}
	}
	if err := router.SetRoutes(w.Plan.routes(r)); err != nil {
		return err
	}
	if err := w.startNAT(r, router); err != nil {
		return err
	}
	w.routers[r.Name] = router
	w.setAddresses(r.Name, "", w.Plan.routerAddresses(r))
	return nil
}

// addRouterServers gives a router its servers, whose sockets are opened on nw, when all
// routers and hosts are there.
func (w *World) addRouterServers(r *Router, nw netx.Network) error {
	for _, s := range r.Servers {
		server, err := s.service.routerServer(w, r)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", r.Name, s.Kind, err)
		}
		w.Servers.Add(r.Name, s.Kind, server, nw)
	}
	return nil
}
