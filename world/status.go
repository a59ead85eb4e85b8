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
		row := ServerStatus{Status: s}
		host, server := w.Plan.host(s.Host), Server{}
		if host == nil { // it was attached
			rows = append(rows, row)
			continue
		}
		row.Address = w.Plan.network(host.Network).Addresses(host.At)[0].String()
		for _, server = range host.Servers {
			if server.Kind == s.Name {
				row.Ports = portList(server.Ports())
				row.Connections = connections(w.Host(s.Host), server.Ports())
			}
		}
		rows = append(rows, row)
	}
	return rows
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
