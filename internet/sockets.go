package internet

import (
	"cmp"
	"net/netip"
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// Socket is a line of a host's table of sockets, as netstat shows it.
type Socket struct {
	Network string         `json:"protocol"`        // "tcp", "tcp6", "udp" or "udp6"
	Local   netip.AddrPort `json:"local"`           // an unspecified address: all
	Remote  netip.AddrPort `json:"remote,omitzero"` // the zero value: none
	State   string         `json:"state,omitempty"` // of TCP: RFC 9293 §3.3.2, as "LISTEN" or "TIME-WAIT"
}

// Sockets is the host's table of sockets: listeners, connections, and those
// that only TCP still remembers.
func (h *Host) Sockets() []Socket {
	var sockets []Socket
	seen := make(map[stack.TransportEndpoint]bool)
	for _, ep := range append(h.stack.RegisteredEndpoints(), h.stack.CleanupEndpoints()...) {
		if seen[ep] {
			continue // it is registered for both IPv4 and IPv6
		}
		seen[ep] = true
		if s, ok := h.socket(ep); ok {
			sockets = append(sockets, s)
		}
	}
	slices.SortFunc(sockets, func(a, b Socket) int {
		return cmp.Or(cmp.Compare(a.Network, b.Network), a.Local.Compare(b.Local), a.Remote.Compare(b.Remote))
	})
	return sockets
}

func (h *Host) socket(ep stack.TransportEndpoint) (Socket, bool) {
	e, ok := ep.(tcpip.Endpoint)
	if !ok {
		return Socket{}, false
	}
	info, ok := e.Info().(*stack.TransportEndpointInfo)
	if !ok {
		return Socket{}, false
	}
	var s Socket
	switch info.TransProto {
	case tcp.ProtocolNumber:
		s.Network = "tcp"
		s.State = tcpStates[tcp.EndpointState(e.State())]
	case udp.ProtocolNumber:
		s.Network = "udp"
	default:
		return Socket{}, false
	}
	six := info.NetProto == ipv6.ProtocolNumber && info.ID.LocalAddress.BitLen() != 32
	if six {
		s.Network += "6"
	}
	s.Local = netip.AddrPortFrom(orUnspecified(info.ID.LocalAddress, six), info.ID.LocalPort)
	if info.ID.RemotePort != 0 {
		s.Remote = netip.AddrPortFrom(plainAddress(info.ID.RemoteAddress), info.ID.RemotePort)
	}
	return s, true
}

func orUnspecified(a tcpip.Address, six bool) netip.Addr {
	switch {
	case a.BitLen() != 0:
		return plainAddress(a)
	case six:
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// tcpStates are the names of RFC 9293 §3.3.2.
var tcpStates = map[tcp.EndpointState]string{
	tcp.StateBound:       "CLOSED",
	tcp.StateInitial:     "CLOSED",
	tcp.StateClose:       "CLOSED",
	tcp.StateError:       "CLOSED",
	tcp.StateListen:      "LISTEN",
	tcp.StateConnecting:  "SYN-SENT",
	tcp.StateSynSent:     "SYN-SENT",
	tcp.StateSynRecv:     "SYN-RECEIVED",
	tcp.StateEstablished: "ESTABLISHED",
	tcp.StateFinWait1:    "FIN-WAIT-1",
	tcp.StateFinWait2:    "FIN-WAIT-2",
	tcp.StateCloseWait:   "CLOSE-WAIT",
	tcp.StateClosing:     "CLOSING",
	tcp.StateLastAck:     "LAST-ACK",
	tcp.StateTimeWait:    "TIME-WAIT",
}
