package world

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/supervise"
)

// ServerStatus is one row of `wirebook ps`.
type ServerStatus struct {
	supervise.Status
	Address     string `json:"address"`     // of its host
	Ports       string `json:"ports"`       // as "53/tcp 53/udp"
	Connections int    `json:"connections"` // that are open now
}

// Status says how each server of the world is.
func (w *World) Status() []ServerStatus {
	var rows []ServerStatus
	for _, s := range w.Servers.Status() {
		row := ServerStatus{Status: s, Address: w.firstAddress(s.Host)}
		if on, ports := w.listener(s.Host, s.Name); on != nil {
			row.Ports = portList(ports)
			row.Connections = connections(on, ports)
		}
		rows = append(rows, row)
	}
	return rows
}

// firstAddress is the address by which a host is known: its IPv4 address now, if
// it has one; "" if it has none at all.
func (w *World) firstAddress(name string) string {
	w.directory.mu.RLock()
	defer w.directory.mu.RUnlock()
	if e := w.directory.entries[name]; e != nil {
		return e.addrs[0].String()
	}
	return ""
}

// listener is the machine of a server of the world file, and the server's ports;
// nil: the server is not from there.
func (w *World) listener(host, server string) (*internet.Host, []Port) {
	node := w.Node(host)
	if ports, ok := w.Plan.ports(host, server); ok {
		return node, ports
	}
	if h := w.Plan.host(host); h != nil && h.DHCP && server == dhcpClient {
		return node, []Port{{"udp", 68}}
	}
	return nil, nil
}

// ports are those of a server of a host or router; false: it has none of that kind.
func (p *Plan) ports(machine, server string) ([]Port, bool) {
	if h := p.host(machine); h != nil {
		for _, s := range h.Servers {
			if s.Kind == server {
				return s.Ports(), true
			}
		}
	}
	if r := p.router(machine); r != nil {
		for _, s := range r.Servers {
			if s.Kind == server {
				return s.Ports(), true
			}
		}
	}
	return nil, false
}

func portList(ports []Port) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = strconv.Itoa(int(p.Number)) + "/" + p.Transport
	}
	return strings.Join(words, " ")
}

// connections counts the TCP connections to those ports.
func connections(h *internet.Host, ports []Port) int {
	n := 0
	for _, socket := range h.Sockets() {
		if socket.State == "ESTABLISHED" && slices.Contains(ports, Port{"tcp", socket.Local.Port()}) {
			n++
		}
	}
	return n
}

// listens reports whether each of the ports has a socket that waits on it.
func listens(h *internet.Host, ports []Port) bool {
	sockets := h.Sockets()
	for _, port := range ports {
		if !slices.ContainsFunc(sockets, func(s internet.Socket) bool {
			return strings.HasPrefix(s.Network, port.Transport) && s.Local.Port() == port.Number && !s.Remote.IsValid()
		}) {
			return false
		}
	}
	return true
}
