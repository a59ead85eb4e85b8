package console

import (
	"slices"

	"github.com/wirebook/wirebook/world"
)

// Map is who is in a world, and which cables join them.
type Map struct {
	Nodes []Node        `json:"nodes"`
	Links []world.Cable `json:"links"`
}

// Node is a host, a router, a guest or a switch.
type Node struct {
	Name    string       `json:"name"`
	Kind    string       `json:"kind"` // "host", "router", "guest" or "switch"
	FQDN    string       `json:"fqdn,omitempty"`
	Prefix  string       `json:"prefix,omitempty"` // a switch's network
	Addrs   []string     `json:"addresses,omitempty"`
	Servers []NodeServer `json:"servers,omitempty"`
	Absent  string       `json:"absent,omitempty"` // why it is not there, or not well; "": it is
}

// NodeServer is a server, in short.
type NodeServer struct {
	Name  string `json:"name"`
	State string `json:"state"`
	Ports string `json:"ports,omitempty"`
}

// mapOf is the map of a world as it is now.
func mapOf(w *world.World) Map {
	m := Map{Links: w.Cables()}
	for _, n := range w.Plan.Networks {
		node := Node{Name: n.Name, Kind: "switch"}
		if n.IPv4.IsValid() {
			node.Prefix = n.IPv4.String()
		}
		m.Nodes = append(m.Nodes, node)
	}
	servers := make(map[string][]NodeServer)
	for _, s := range w.Status() {
		servers[s.Host] = append(servers[s.Host], NodeServer{Name: s.Name, State: string(s.State), Ports: s.Ports})
	}
	for _, named := range w.Names() {
		node := Node{Name: named.Name, Kind: kindOf(w, named.Name), FQDN: w.FQDN(named.Name), Servers: servers[named.Name]}
		for _, a := range named.Addrs {
			node.Addrs = append(node.Addrs, a.String())
		}
		m.Nodes = append(m.Nodes, node)
	}
	return m
}

func kindOf(w *world.World, name string) string {
	if slices.ContainsFunc(w.Plan.Routers, func(r *world.Router) bool { return r.Name == name }) {
		return "router"
	}
	if slices.ContainsFunc(w.Plan.Hosts, func(h *world.Host) bool { return h.Name == name }) {
		return "host"
	}
	return "guest"
}
