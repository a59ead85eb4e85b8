package classroom

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/wirebook/wirebook/classroom/cabling"
	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/netx"
)

// borrow keeps an address by DHCP.
func (m *Member) borrow(ctx context.Context) {
	card := m.machine.Cards[0]
	for ctx.Err() == nil {
		m.mu.Lock()
		again := m.again
		client := dhcpc.Client{
			Network: netx.OS{}, Card: card.Name, MAC: card.MAC, HostName: m.machine.Name,
			Configure: cabling.Cards{}, Observe: m.observe, Former: m.lease, Keep: true,
			Timeout: time.Second, Log: m.Log,
		}
		m.mu.Unlock()
		running, stop := context.WithCancel(ctx)
		go func() {
			select {
			case <-again:
				stop()
			case <-running.Done():
			}
		}()
		if err := client.Run(running); err != nil {
			m.Log.Warn("dhcp client", "error", err)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
		stop()
	}
}

// observe puts into effect what a lease says beside the address.
func (m *Member) observe(e dhcpc.Event) {
	m.mu.Lock()
	m.dhcp = e.State
	m.mu.Unlock()
	if e.State == dhcpc.Init && e.Lease == nil {
		return // the client ends, or has not begun
	}
	if e.Lease != nil && len(e.Lease.Routers) > 0 {
		everything := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		if err := cabling.Route(everything, e.Lease.Routers[0], m.machine.Cards[0].Name); err != nil {
			m.Log.Warn("a lease cannot be put into effect", "error", err)
		}
	}
	six := m.addSix(e.Lease)
	m.mu.Lock()
	m.lease, m.six = e.Lease, six
	m.mu.Unlock()
	if m.Leased != nil && e.State == dhcpc.Bound {
		m.Leased(e.Lease)
	}
}

// sixth is the IPv6 address of a newcomer. Nobody advertises a router here, and a
// newcomer has no number in the plan: it takes the one that DHCP has lent it.
type sixth struct{ netip.Prefix }

// addSix gives the card the IPv6 address that goes with the lease, in place of the
// one that it had.
func (m *Member) addSix(lease *dhcpc.Lease) sixth {
	m.mu.Lock()
	before, card, newcomer := m.six, m.machine.Cards[0], m.Newcomer
	m.mu.Unlock()
	if !newcomer {
		return sixth{}
	}
	var now sixth
	var via netip.Addr
	if lease != nil {
		if addr, gateway, ok := m.Plan.SixOf(card.Network, lease.Addr.Addr()); ok {
			now, via = sixth{addr}, gateway
		}
	}
	if before.IsValid() && before != now {
		if err := (cabling.Cards{}).RemoveAddress(card.Name, before.Prefix); err != nil {
			m.Log.Warn("ipv6", "error", err)
		}
	}
	if !now.IsValid() {
		return now
	}
	// The card may be another than the one that had the address.
	err := cabling.Cards{}.AddAddress(card.Name, now.Prefix)
	if err == nil && via.IsValid() {
		err = cabling.Route(netip.PrefixFrom(netip.IPv6Unspecified(), 0), via, card.Name)
	}
	if err != nil {
		m.Log.Debug("no IPv6 here", "error", err) // it may be switched off
		return sixth{}
	}
	return now
}

// Renew asks for the address anew, as after a restart of the machine.
func (m *Member) Renew() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.machine.DHCP || m.again == nil {
		return errors.New("its address is not lent to it")
	}
	select {
	case m.again <- struct{}{}:
	default: // it is about to, anyway
	}
	return nil
}

// Lease is what the machine has by DHCP, or nil.
func (m *Member) Lease() *dhcpc.Lease {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lease
}

// addrs are the addresses that the machine has now. m.mu is held.
func (m *Member) addrs() []netip.Addr {
	var addrs []netip.Addr
	for _, card := range m.machine.Cards {
		for _, addr := range card.Addrs {
			addrs = append(addrs, addr.Addr())
		}
	}
	if m.lease != nil {
		addrs = slices.Insert(addrs, 0, m.lease.Addr.Addr())
	}
	if m.six.IsValid() {
		addrs = append(addrs, m.six.Addr())
	}
	return addrs
}
