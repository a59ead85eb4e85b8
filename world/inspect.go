package world

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/internet/forward"
	"github.com/wirebook/wirebook/servers/ftpd"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/tftpd"
)

// Panels are what one sees who opens a computer of the world: its tables, and what
// its servers hold at the moment. What it does not have is empty.
type Panels struct {
	Host    string    `json:"host"`
	Kind    string    `json:"kind"` // "host", "router", "guest" or "switch"
	FQDN    string    `json:"fqdn,omitempty"`
	Addrs   []string  `json:"addresses,omitempty"`
	Now     time.Time `json:"now"`     // in the world
	Changes uint64    `json:"changes"` // the tables are the same as long as this is: see internet.Host.Changes

	Cards     []internet.CardInfo `json:"cards,omitempty"`
	Sockets   []internet.Socket   `json:"sockets,omitempty"`
	Neighbors []internet.Neighbor `json:"neighbors,omitempty"` // the ARP table and the neighbor cache
	Routes    []internet.Route    `json:"routes,omitempty"`
	NAT       *NATPanel           `json:"nat,omitempty"`
	Table     []internet.Learned  `json:"table,omitempty"` // a switch's

	Servers []ServerPanel `json:"servers,omitempty"`

	Address   *AddressPanel    `json:"address,omitempty"` // of who has an address by DHCP
	Leases    []Lease          `json:"leases,omitempty"`  // of a DHCP server
	Cache     []CachedSet      `json:"cache,omitempty"`   // of a resolver
	Zones     []ZonePanel      `json:"zones,omitempty"`   // of an authoritative name server
	Queue     []QueuedMail     `json:"queue,omitempty"`
	Mailboxes []MailboxPanel   `json:"mailboxes,omitempty"`
	FTP       []ftpd.Session   `json:"ftp,omitempty"`
	TFTP      []tftpd.Transfer `json:"tftp,omitempty"`
}

// ServerPanel is how a server is, and what it has said last.
type ServerPanel struct {
	ServerStatus
	Log []LogLine `json:"log,omitempty"`
}

// NATPanel is how a router translates addresses.
type NATPanel struct {
	On       bool              `json:"on"`
	Helper   bool              `json:"helper"` // FTP's
	Outside  netip.Addr        `json:"outside"`
	Mappings []forward.Mapping `json:"mappings,omitempty"`
}

// AddressPanel is the DHCP client of a host.
type AddressPanel struct {
	State   string       `json:"state"` // of RFC 2131 §4.4, as "BOUND"
	Addr    netip.Prefix `json:"address,omitzero"`
	Server  netip.Addr   `json:"server,omitzero"`
	Since   time.Time    `json:"since,omitzero"`
	T1      time.Time    `json:"t1,omitzero"` // it asks the server to renew
	T2      time.Time    `json:"t2,omitzero"` // it asks any server
	Expires time.Time    `json:"expires,omitzero"`
}

// MailboxPanel is what a user of a mail server has.
type MailboxPanel struct {
	User    string                `json:"user"`
	Folders []mailbox.FolderCount `json:"folders"`
}

// Node is the stack of the host or router of that name; nil: there is none, or it
// is a guest's.
func (w *World) Node(name string) *internet.Host {
	if r := w.routers[name]; r != nil {
		return &r.Host
	}
	return w.Host(name)
}

// Clock is the world's time.
func (w *World) Clock() clock.Clock { return w.clock }

// Inspect opens a host, a router, a guest or, by the name of its network, a switch.
// A host comes before a network of the same name.
func (w *World) Inspect(name string) (Panels, error) {
	node := w.Node(name)
	if s := w.switches[name]; s != nil && node == nil && w.guest(name) == nil {
		return Panels{Host: name, Kind: "switch", Now: w.clock.Now(), Table: s.Table()}, nil
	}
	p := Panels{Host: name, Kind: "host", FQDN: w.FQDN(name), Now: w.clock.Now(), Addrs: w.addressesNow(name)}
	switch guest := w.guest(name); {
	case guest != nil:
		p.Kind, p.FQDN, node = "guest", guest.FQDN, nil
	case w.routers[name] != nil:
		p.Kind, p.FQDN = "router", ""
		p.NAT = w.natPanel(name)
	case node == nil:
		return Panels{}, w.noNode(name)
	}
	if node != nil {
		p.Changes = node.Changes() // first: what changes meanwhile is asked for again
		p.Cards, p.Sockets, p.Neighbors, p.Routes = node.Cards(), node.Sockets(), node.Neighbors(), node.Routes()
	}
	for _, s := range w.Status() {
		if s.Host == name {
			p.Servers = append(p.Servers, ServerPanel{s, w.serverLog(name, s.Name)})
		}
	}
	if err := w.openServers(&p); err != nil {
		return Panels{}, fmt.Errorf("inspect %s: %w", name, err)
	}
	return p, nil
}

// openServers asks the servers what they hold.
func (w *World) openServers(p *Panels) error {
	p.Address = w.addressPanel(p.Host)
	for _, lease := range w.Leases() {
		if lease.Server == p.Host {
			p.Leases = append(p.Leases, lease)
		}
	}
	p.Cache, p.Zones = w.cache(p.Host), w.zonePanels(p.Host)
	if sessions := find(&w.insides, &w.insides.ftp, p.Host); sessions != nil {
		p.FTP = sessions.List()
	}
	if transfers := find(&w.insides, &w.insides.tftp, p.Host); transfers != nil {
		p.TFTP = transfers.List()
	}
	for _, mail := range w.MailQueue() {
		if mail.Server == p.Host {
			p.Queue = append(p.Queue, mail)
		}
	}
	var err error
	p.Mailboxes, err = w.mailboxes(p.Host)
	return err
}

// ErrNoHost is returned for a name that nobody in the world has.
var ErrNoHost = errors.New("nobody here has the name")

func (w *World) noNode(name string) error {
	names := w.Plan.Machines()
	for _, n := range w.Plan.Networks {
		names = append(names, n.Name)
	}
	return fmt.Errorf("%w %q; %s", ErrNoHost, name, instead(name, names))
}

func (w *World) guest(name string) *Guest {
	w.guests.mu.Lock()
	defer w.guests.mu.Unlock()
	return w.guests.present[name]
}

func (w *World) addressesNow(name string) []string {
	w.directory.mu.RLock()
	defer w.directory.mu.RUnlock()
	e := w.directory.entries[name]
	if e == nil {
		return nil
	}
	addrs := make([]string, len(e.addrs))
	for i, addr := range e.addrs {
		addrs[i] = addr.String()
	}
	return addrs
}

func (w *World) natPanel(router string) *NATPanel {
	all := w.NATs()
	i := slices.IndexFunc(all, func(s NATStatus) bool { return s.Router == router })
	if i < 0 {
		return nil
	}
	p := &NATPanel{On: all[i].On, Outside: all[i].Outside, Mappings: all[i].Mappings}
	if nat := w.routers[router].NAT(); nat != nil {
		p.Helper = nat.FTP
	}
	return p
}

// addressPanel is of a host that has its address by DHCP, or of a guest.
func (w *World) addressPanel(host string) *AddressPanel {
	if g := w.guest(host); g != nil {
		if g.lodger == nil {
			return nil
		}
		g.lodger.mu.Lock()
		defer g.lodger.mu.Unlock()
		return NewAddressPanel(g.lodger.state, g.lodger.lease)
	}
	t := w.tenant(host)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return NewAddressPanel(t.state, t.lease)
}

// NewAddressPanel is of a client in that state, which has that lease, or none.
func NewAddressPanel(state dhcpc.State, l *dhcpc.Lease) *AddressPanel {
	p := &AddressPanel{State: string(state)}
	if l != nil {
		p.Addr, p.Server, p.Since, p.Expires = l.Addr, l.Server, l.Start, l.Expires()
		p.T1, p.T2 = l.Start.Add(l.T1), l.Start.Add(l.T2)
	}
	return p
}

// mailboxes are those of the users of a host's mail server.
func (w *World) mailboxes(host string) ([]MailboxPanel, error) {
	w.mail.mu.Lock()
	office := w.mail.open[host]
	w.mail.mu.Unlock()
	h := w.Plan.host(host)
	if office == nil || h == nil || h.smtp() == nil {
		return nil, nil
	}
	var all []MailboxPanel
	for _, user := range h.smtp().names {
		folders, err := office.mail.Count(user)
		if err != nil {
			return nil, err
		}
		all = append(all, MailboxPanel{user, folders})
	}
	return all, nil
}
