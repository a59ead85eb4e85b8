package world

import (
	"errors"
	"fmt"
	"slices"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
)

// Cable is a link, and how bad it is.
type Cable struct {
	Name    string          `json:"name"`
	From    string          `json:"from"` // the host, router or guest at its one end,
	To      string          `json:"to"`   // and the switch at the other
	Kind    string          `json:"kind"` // of From: "host" or "router"
	Plugged bool            `json:"plugged"`
	Out     internet.Faults `json:"out"`   // of what From sends,
	In      internet.Faults `json:"in"`    // and of what it gets
	Words   [2]string       `json:"words"` // both as ParseFaults reads them
}

// Cables are the links that there are now, guests' included, in the order in which
// they were laid.
func (w *World) Cables() []Cable {
	var all []Cable
	for _, l := range w.Internet.Links() {
		info := l.Info()
		c := Cable{
			Name: info.Name, From: info.A.Name, To: info.B.Name, Kind: "host", Plugged: l.Plugged(),
			Out: l.Faults(internet.FromA), In: l.Faults(internet.FromB),
		}
		if info.A.Kind == frame.Router {
			c.Kind = "router"
		}
		c.Words = [2]string{c.Out.String(), c.In.String()}
		all = append(all, c)
	}
	return all
}

// ErrNoLink is returned for a link that the world does not have.
var ErrNoLink = errors.New("there is no link")

// SetFaults makes a link bad, or good again, in both directions.
func (w *World) SetFaults(link string, f internet.Faults) error {
	l, err := w.link(link)
	if err != nil {
		return err
	}
	return l.SetFaults(internet.Both, f)
}

// Unplug pulls a cable out: frames put on it are lost until Plug.
func (w *World) Unplug(link string) error { return w.plug(link, false) }

// Plug puts a cable back in.
func (w *World) Plug(link string) error { return w.plug(link, true) }

func (w *World) plug(link string, in bool) error {
	l, err := w.link(link)
	switch {
	case err != nil:
		return err
	case in:
		l.Plug()
	default:
		l.Unplug()
	}
	return nil
}

// link is the cable of that name, also a guest's.
func (w *World) link(name string) (*internet.Link, error) {
	if l := w.Internet.Link(name); l != nil {
		return l, nil
	}
	var names []string
	for _, l := range w.Internet.Links() {
		names = append(names, l.Name())
	}
	return nil, fmt.Errorf("%w %q; %s", ErrNoLink, name, instead(name, names))
}

// SetNATHelper has a router look into FTP's control connections, or not. The table
// of translations begins anew.
func (w *World) SetNATHelper(router string, on bool) error {
	r := w.Plan.router(router)
	if r == nil || r.NAT == nil {
		return w.SetNAT(router, on) // which says what is wrong
	}
	now := w.routers[router].NAT()
	if now == nil {
		return fmt.Errorf("router %s does not translate addresses now: turn its NAT on first", router)
	}
	config := r.NAT.config(w.Plan, r)
	config.FTP = on
	return w.routers[router].SetNAT(config)
}

// KillServer makes a server fail, as a crash would; it is started again. StopServer
// stops it until StartServer. Unknown names are told which there are.
func (w *World) KillServer(host, server string) error { return w.known(host, server, w.Servers.Kill) }

// StopServer stops a server until StartServer, and waits for it.
func (w *World) StopServer(host, server string) error { return w.known(host, server, w.Servers.Stop) }

func (w *World) known(host, server string, do func(host, server string) error) error {
	var names []string
	for _, s := range w.Servers.Status() {
		names = append(names, s.Host+"/"+s.Name)
	}
	if name := host + "/" + server; !slices.Contains(names, name) {
		return fmt.Errorf("there is no server %q; %s", name, instead(name, names))
	}
	return do(host, server)
}
