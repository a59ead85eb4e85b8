package dhcpc

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// Discover asks which servers there are and what they offer, and takes none of
// it: their offers lapse by themselves (RFC 2131 §3.1, 2). It listens for the
// time given, and sends its question again half way, as the first may be lost.
func (c *Client) Discover(ctx context.Context, listen time.Duration) ([]Lease, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.conn.Close()
	s.begin()
	var offers []Lease
	seen := make(map[netip.Addr]bool)
	for _, until := range [...]time.Time{s.began.Add(listen / 2), s.began.Add(listen)} {
		m := s.message(dhcpv4.MessageTypeDiscover)
		m.SetBroadcast()
		s.send(m, everybody)
		for {
			offer, err := s.collectOne(ctx, until)
			if err == errSilence {
				break
			}
			if err != nil {
				return offers, err
			}
			if !seen[offer.Server] {
				seen[offer.Server] = true
				offers = append(offers, *offer)
			}
		}
	}
	return offers, nil
}

// Settings are what a server tells a host beside its address.
type Settings struct {
	Server  netip.Addr
	Mask    string // "255.255.255.0"; may be empty
	Routers []netip.Addr
	DNS     []netip.Addr // servers to ask for names
	Domain  string
}

// Inform asks for the settings of the network for a host that has its address
// from elsewhere (RFC 2131 §3.4). Its error is that nobody answers, after as many
// tries as for a REQUEST, or ctx's.
func (c *Client) Inform(ctx context.Context, addr netip.Addr) (*Settings, error) {
	if !addr.Is4() {
		return nil, fmt.Errorf("dhcpc: %v is no IPv4 address", addr)
	}
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.conn.Close()
	s.begin()
	for n := range maxRequests {
		m := s.message(dhcpv4.MessageTypeInform)
		m.ClientIPAddr = addr.AsSlice()
		s.send(m, everybody)
		reply, err := s.receive(ctx, s.clock.Now().Add(s.wait(n)), dhcpv4.MessageTypeAck)
		if err == nil {
			return settingsOf(reply), nil
		}
		if err != errSilence {
			return nil, err
		}
	}
	return nil, fmt.Errorf("dhcpc: %w", errSilence)
}

func settingsOf(m *dhcpv4.DHCPv4) *Settings {
	s := &Settings{Routers: addrs(m.Router()), DNS: addrs(m.DNS()), Domain: dhcpv4.GetString(dhcpv4.OptionDomainName, m.Options)}
	s.Server, _ = netip.AddrFromSlice(m.Options[54])
	if mask := m.SubnetMask(); len(mask) == 4 {
		s.Mask = netip.AddrFrom4([4]byte(mask)).String()
	}
	return s
}
