package internet

import (
	"fmt"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/raw"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// loopbackID is the interface 127.0.0.1 is on; cards have the numbers after it.
const loopbackID tcpip.NICID = 1

// The ports that the stack chooses from (Linux's range).
const (
	firstEphemeral = 32768
	lastEphemeral  = 60999
)

// newStack makes the protocol stack of a host or a router: IPv4, IPv6, ARP,
// ICMP, UDP and TCP, and a loopback interface. It forwards nothing.
func newStack(in *Internet, watcher stack.NUDDispatcher) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols: []stack.NetworkProtocolFactory{
			arp.NewProtocol,
			ipv4.NewProtocol,
			// No duplicate address detection: an address can be used at
			// once. No router solicitations: addresses are given.
			ipv6.NewProtocolWithOptions(ipv6.Options{AutoGenLinkLocal: true}),
		},
		TransportProtocols: []stack.TransportProtocolFactory{
			icmp.NewProtocol4, icmp.NewProtocol6, udp.NewProtocol, tcp.NewProtocol,
		},
		Clock:       stackClock{in.clock, in.start},
		HandleLocal: true,
		RawFactory:  raw.EndpointFactory{},
		NUDDisp:     watcher,
	})
	tuneTCP(s)
	must(s.SetPortRange(firstEphemeral, lastEphemeral))
	must(s.CreateNICWithOptions(loopbackID, loopback.New(), stack.NICOptions{Name: "lo"}))
	must(s.AddProtocolAddress(loopbackID, tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: tcpip.AddrFrom4([4]byte{127, 0, 0, 1}), PrefixLen: 8},
	}, stack.AddressProperties{}))
	must(s.AddProtocolAddress(loopbackID, tcpip.ProtocolAddress{
		Protocol:          ipv6.ProtocolNumber,
		AddressWithPrefix: tcpip.AddrFrom16([16]byte{15: 1}).WithPrefix(),
	}, stack.AddressProperties{}))
	return s
}

// tuneTCP sets what differs from the stack's defaults.
func tuneTCP(s *stack.Stack) {
	// RACK (RFC 8985) retransmits now and then although nothing was lost;
	// what is taught is RFC 5681 with selective acknowledgments (RFC 2018).
	recovery := tcpip.TCPRecovery(0)
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &recovery))
	sack := tcpip.TCPSACKEnabled(true)
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack))

	// A receive buffer grows with what the connection carries.
	moderate := tcpip.TCPModerateReceiveBufferOption(true)
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &moderate))
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: 1 << 20, Max: 4 << 20}
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &receive))
	send := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: 1 << 20, Max: 4 << 20}
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &send))

	// A new connection may take the port of one in TIME-WAIT when it is safe
	// (RFC 6191), as Linux's tcp_tw_reuse has it.
	reuse := tcpip.TCPTimeWaitReuseGlobal
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &reuse))
}

// must ends the program when the stack refuses what it cannot refuse.
func must(err tcpip.Error) {
	if err != nil {
		panic(fmt.Sprintf("internet: the protocol stack refuses its configuration: %v", err))
	}
}
