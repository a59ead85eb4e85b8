package dhcpc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// Lease is what a server has lent, or offers.
type Lease struct {
	Addr    netip.Prefix // the address, with the length of the network's prefix
	Routers []netip.Addr
	DNS     []netip.Addr // servers to ask for names
	Domain  string       // to which short names belong

	Server netip.Addr // who has lent it
	Start  time.Time  // when it was asked for: from then on the times count

	Duration time.Duration // for how long
	T1, T2   time.Duration // when to renew, and when to ask any server
}

// Expires is when the host must stop to use the address.
func (l *Lease) Expires() time.Time { return l.Start.Add(l.Duration) }

// String is one line for people.
func (l *Lease) String() string {
	if l == nil {
		return "no lease"
	}
	return fmt.Sprintf("%s from %s for %s", l.Addr, l.Server, l.Duration)
}

// forever is a lease that does not end (RFC 2131 §3.3).
const forever = 0xffffffff * time.Second

// leaseOf reads an OFFER or ACK that answers what was sent at start.
func leaseOf(m *dhcpv4.DHCPv4, start time.Time) (*Lease, error) {
	addr, ok := netip.AddrFromSlice(m.YourIPAddr)
	if !ok || !addr.Is4() || addr.IsUnspecified() || addr.IsMulticast() || addr.IsLoopback() {
		return nil, fmt.Errorf("%v cannot be a host's address", m.YourIPAddr)
	}
	server, ok := netip.AddrFromSlice(m.Options[54])
	if !ok || !server.Is4() {
		return nil, errors.New("the server does not say who it is")
	}
	l := &Lease{
		Server: server, Start: start, Domain: dhcpv4.GetString(dhcpv4.OptionDomainName, m.Options),
		Routers: addrs(m.Router()), DNS: addrs(m.DNS()),
		Duration: m.IPAddressLeaseTime(0),
	}
	mask := m.SubnetMask()
	if mask == nil {
		mask = net.IP(addr.AsSlice()).DefaultMask() // as in the days of address classes
	}
	bits, size := mask.Size()
	if size != 32 {
		return nil, fmt.Errorf("%v is no subnet mask", mask)
	}
	if l.Duration <= 0 {
		return nil, errors.New("the lease has no duration")
	}
	l.Addr = netip.PrefixFrom(addr, bits)
	l.T1, l.T2 = m.IPAddressRenewalTime(l.Duration/2), m.IPAddressRebindingTime(l.Duration/8*7)
	if !(0 < l.T1 && l.T1 <= l.T2 && l.T2 <= l.Duration) { // RFC 2131 §4.4.5
		l.T1, l.T2 = l.Duration/2, l.Duration/8*7
	}
	return l, nil
}

func addrs(ips []net.IP) []netip.Addr {
	var all []netip.Addr
	for _, ip := range ips {
		if a, ok := netip.AddrFromSlice(ip.To4()); ok {
			all = append(all, a)
		}
	}
	return all
}
