package cabling

import (
	"net/netip"

	"github.com/wirebook/wirebook/internet"
)

// Tables are what a machine's kernel knows of its network, as `ip` and `ss` show it.
type Tables struct {
	Cards     []CardInfo
	Sockets   []internet.Socket
	Neighbors []Neighbor // the ARP table and the neighbor cache
	Routes    []internet.Route
}

// CardInfo is a network card.
type CardInfo struct {
	Name  string         `json:"name"`
	MAC   string         `json:"mac"`
	MTU   int            `json:"mtu"`
	Addrs []netip.Prefix `json:"addresses"`
	Link  string         `json:"link"` // the name of its cable, which the kernel does not know
}

// Neighbor is a line of the ARP table, or of IPv6's neighbor cache (RFC 4861).
type Neighbor struct {
	Addr  netip.Addr `json:"address"`
	MAC   string     `json:"mac,omitempty"`
	Card  string     `json:"card"`
	State string     `json:"state"`
}
