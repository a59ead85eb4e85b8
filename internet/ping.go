package internet

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// Ping sends one ICMP echo request with 56 bytes of data and waits for the
// reply, or until ctx ends. It returns the round-trip time by the Internet's
// clock.
func (m *machine) Ping(ctx context.Context, to netip.Addr) (time.Duration, error) {
	rtt, err := m.ping(ctx, to)
	if err != nil {
		return 0, opError("ping", "ip", nil, &net.IPAddr{IP: to.AsSlice(), Zone: to.Zone()}, err)
	}
	return rtt, nil
}

func (m *machine) ping(ctx context.Context, to netip.Addr) (time.Duration, error) {
	if ctx.Err() != nil {
		return 0, endOf(ctx)
	}
	to = to.Unmap()
	if to.Is4() && m.has(to) {
		// The stack sends the reply to its own address out of the card, where
		// nobody takes it; a kernel, too, has its own address on the loopback.
		to = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	transport, network := icmp.ProtocolNumber4, ipv4.ProtocolNumber
	if to.Is6() {
		transport, network = icmp.ProtocolNumber6, ipv6.ProtocolNumber
	}
	var events waiter.Queue
	entry, ready := waiter.NewChannelEntry(waiter.ReadableEvents)
	events.EventRegister(&entry)
	ep, failed := m.stack.NewEndpoint(transport, network, &events)
	if failed != nil {
		return 0, errno("socket", failed)
	}
	defer ep.Close()
	sent := m.net.clock.Now()
	full := tcpip.FullAddress{Addr: stackAddress(to)}
	if zone := to.Zone(); zone != "" {
		m.mu.Lock()
		if c := m.card(zone); c != nil {
			full.NIC = c.id
		}
		m.mu.Unlock()
	}
	if _, failed := ep.Write(bytes.NewReader(echoRequest(to)), tcpip.WriteOptions{To: &full}); failed != nil {
		return 0, errno("write", failed)
	}
	for {
		var reply bytes.Buffer
		_, failed := ep.Read(&reply, tcpip.ReadOptions{})
		if _, wait := failed.(*tcpip.ErrWouldBlock); wait {
			select {
			case <-ready:
				continue
			case <-ctx.Done():
				m.stopAsking(to, network)
				return 0, endOf(ctx)
			}
		}
		if failed != nil {
			return 0, errno("read", failed)
		}
		return m.net.clock.Now().Sub(sent), nil
	}
}

// stopAsking ends the search for the Ethernet address of somebody who has not
// said it. The stack would go on to ask for three seconds, and send the ping that
// nobody waits for any more to who answers then: to a host, for instance, to
// whom a DHCP server has meanwhile lent the address that it found to be free.
func (m *machine) stopAsking(to netip.Addr, network tcpip.NetworkProtocolNumber) {
	for _, n := range m.Neighbors() {
		if n.Addr != to.WithZone("") || n.State != incomplete {
			continue
		}
		m.mu.Lock()
		c := m.card(n.Card)
		m.mu.Unlock()
		if c != nil {
			m.stack.RemoveNeighbor(c.id, network, stackAddress(n.Addr)) // who is gone by now is gone
		}
	}
}

// echoRequest is the ICMP message; the stack fills in identifier and checksum.
func echoRequest(to netip.Addr) []byte {
	message := make([]byte, 8+56)
	message[0] = byte(header.ICMPv4Echo)
	if to.Is6() {
		message[0] = byte(header.ICMPv6EchoRequest)
	}
	binary.BigEndian.PutUint16(message[6:], 1) // the sequence number
	for i := range message[8:] {
		message[8+i] = byte(i)
	}
	return message
}
