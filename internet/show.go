package internet

import (
	"encoding/json"
	"net/netip"
)

// The tables of a host as JSON, for a page that shows them. The standard library
// writes an Ethernet address as base64, and a link is known by its name.

// MarshalJSON writes the Ethernet address as people do.
func (n Neighbor) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Addr  netip.Addr `json:"address"`
		MAC   string     `json:"mac,omitempty"`
		Card  string     `json:"card"`
		State string     `json:"state"`
	}{n.Addr, n.MAC.String(), n.Card, n.State})
}

// MarshalJSON names the link.
func (c CardInfo) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name  string         `json:"name"`
		MAC   string         `json:"mac"`
		MTU   int            `json:"mtu"`
		Addrs []netip.Prefix `json:"addresses"`
		Link  string         `json:"link"`
	}{c.Name, c.MAC.String(), c.MTU, c.Addrs, c.Link.Name()})
}

// Changes is a number that grows when the host's tables may have changed: a frame
// has crossed a link, or a socket was opened or closed. As long as it stays the
// same, Sockets, Neighbors and Routes answer the same, unless the clock has been
// moved or something happened on the host's loopback alone. It costs nothing to ask.
func (h *Host) Changes() uint64 { return h.net.traffic() + h.turnover.Load() }
