package cabling

import "net/netip"

// Tables are what a machine's kernel knows of its network, as `ip` and `ss` show it.
type Tables struct {
	Cards     []CardInfo
	Sockets   []Socket
	Neighbors []Neighbor // the ARP table and the neighbor cache
	Routes    []RouteInfo
}

// CardInfo is a network card.
type CardInfo struct {
	Name  string         `json:"name"`
	MAC   string         `json:"mac"`
	MTU   int            `json:"mtu"`
	Addrs []netip.Prefix `json:"addresses"`
	Link  string         `json:"link"` // the name of its cable, which the kernel does not know
}

// Socket is a line of the table of sockets.
type Socket struct {
	Network string         `json:"protocol"`        // "tcp", "tcp6", "udp" or "udp6"
	Local   netip.AddrPort `json:"local"`           // an unspecified address: all
	Remote  netip.AddrPort `json:"remote,omitzero"` // the zero value: none
	State   string         `json:"state,omitempty"` // of TCP: RFC 9293 §3.3.2
}

// Neighbor is a line of the ARP table, or of IPv6's neighbor cache (RFC 4861).
type Neighbor struct {
	Addr  netip.Addr `json:"address"`
	MAC   string     `json:"mac,omitempty"`
	Card  string     `json:"card"`
	State string     `json:"state"`
}

// RouteInfo is a line of the routing table.
type RouteInfo struct {
	Dst  netip.Prefix `json:"destination"`
	Via  netip.Addr   `json:"via,omitzero"`
	Card string       `json:"card,omitempty"`
}

// Mapping is a connection that a NAT translates.
type Mapping struct {
	Protocol string         `json:"protocol"`
	Inside   netip.AddrPort `json:"inside"`
	Outside  netip.AddrPort `json:"outside"`
	Remote   netip.AddrPort `json:"remote"`
	Static   bool           `json:"static,omitempty"` // it came by a port that is forwarded
	Seconds  int            `json:"-"`                // until it is forgotten, if nothing is said
}
