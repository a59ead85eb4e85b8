package dhcpd

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Network is one LAN, and what its hosts are told.
type Network struct {
	Prefix netip.Prefix // the LAN's, as 192.0.2.0/24: the subnet mask comes from it

	// Pool are the addresses to lend, both ends included. The server's own,
	// the routers' and the reserved ones among them are left out.
	Pool []Range

	// Lease is how long an address is lent; 0 means 12 hours. A client may
	// ask for less.
	Lease time.Duration

	Routers []netip.Addr
	DNS     []netip.Addr // servers to ask for names
	Domain  string       // to which short names belong

	// Reservations are addresses of this network for known clients; they
	// need not be in the pool.
	Reservations []Reservation

	// Authoritative tells that no other server lends addresses here: a client
	// that asks for one that is not its own is told so (NAK). Otherwise the
	// server is silent about addresses that it has not lent.
	Authoritative bool
}

// Range is a range of addresses.
type Range struct{ First, Last netip.Addr }

// Contains reports whether a is in the range.
func (r Range) Contains(a netip.Addr) bool { return r.First.Compare(a) <= 0 && a.Compare(r.Last) <= 0 }

// Reservation keeps an address for one client, known by its Ethernet address
// or by the client identifier that it sends (option 61).
type Reservation struct {
	MAC      net.HardwareAddr
	ClientID []byte
	Addr     netip.Addr
}

const defaultLease = 12 * time.Hour

func (n *Network) lease() time.Duration { return cmp.Or(n.Lease, defaultLease) }

// check says what is wrong with the network.
func (n *Network) check() error {
	if !n.Prefix.IsValid() || !n.Prefix.Addr().Is4() {
		return fmt.Errorf("%v is no IPv4 network", n.Prefix)
	}
	for _, r := range n.Pool {
		if !n.Prefix.Contains(r.First) || !n.Prefix.Contains(r.Last) || r.Last.Less(r.First) {
			return fmt.Errorf("the pool %v-%v is not in %v", r.First, r.Last, n.Prefix)
		}
	}
	for _, r := range n.Reservations {
		if !n.Prefix.Contains(r.Addr) {
			return fmt.Errorf("the reserved address %v is not in %v", r.Addr, n.Prefix)
		}
		if len(r.MAC) == 0 && len(r.ClientID) == 0 {
			return fmt.Errorf("nobody is named for whom %v is reserved", r.Addr)
		}
	}
	if n.lease() < time.Second {
		return errors.New("a lease is counted in whole seconds")
	}
	return nil
}

// lends reports whether a is in the pool.
func (n *Network) lends(a netip.Addr) bool {
	return slices.ContainsFunc(n.Pool, func(r Range) bool { return r.Contains(a) })
}
