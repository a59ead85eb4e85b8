package guest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// loopbackNet is 127.0.0.0/8 (RFC 1122 §3.2.1.3).
var loopbackNet = netip.PrefixFrom(netip.AddrFrom4([4]byte{127}), 8)

// loopbackParameters let 127.0.0.0/8 be on the cable. The kernel is to ask for
// MAC addresses by the card's own address nevertheless; and it must not be
// strict about where a source may come from, as a system's default can be.
var loopbackParameters = []struct{ path, value string }{
	{"ipv4/conf/" + cardName + "/route_localnet", "1"},
	{"ipv4/conf/" + cardName + "/arp_announce", "2"},
	{"ipv4/conf/" + cardName + "/rp_filter", "0"},
	{"ipv4/conf/all/rp_filter", "0"},
}

// openLoopback does what the mode needs before the card has addresses.
func (m LoopbackMode) openLoopback(kernel *netlink.Handle) error {
	if m == LoopbackInside {
		return nil
	}
	for _, p := range loopbackParameters {
		if err := os.WriteFile("/proc/sys/net/"+p.path, []byte(p.value), 0); err != nil {
			return fmt.Errorf("127.0.0.1 cannot be reached over the cable: %w", err)
		}
	}
	if m != LoopbackOutside {
		return nil
	}
	own := address(netip.PrefixFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 8))
	if err := kernel.AddrDel(loopback, own); err != nil {
		return fmt.Errorf("ip address del %s dev lo: %w", own.IPNet, err)
	}
	return nil
}

// ownEverything makes every address the host's own, but for those of its LAN: in the
// kernel's table of local addresses, which it looks at before all others. The card
// answers for none of them when somebody asks for a MAC address.
func ownEverything(kernel *netlink.Handle, link netlink.Link, to Addressing) error {
	if err := os.WriteFile("/proc/sys/net/ipv4/conf/"+cardName+"/arp_ignore", []byte("1"), 0); err != nil {
		return fmt.Errorf("other hosts' addresses cannot be bound: %w", err)
	}
	var routes []*netlink.Route
	for _, prefix := range to.of(netip.Addr.Is4).Addrs {
		lan := address(prefix.Masked()).IPNet
		routes = append(routes, &netlink.Route{LinkIndex: link.Attrs().Index, Scope: netlink.SCOPE_LINK, Dst: lan, Table: unix.RT_TABLE_LOCAL})
	}
	everything := &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)}
	routes = append(routes, &netlink.Route{
		LinkIndex: loopback.Index, Scope: netlink.SCOPE_HOST, Type: unix.RTN_LOCAL, Dst: everything, Table: unix.RT_TABLE_LOCAL,
	})
	for _, r := range routes {
		if err := kernel.RouteReplace(r); err != nil {
			return fmt.Errorf("ip route replace %s dev %d table local: %w", r.Dst, r.LinkIndex, err)
		}
	}
	return nil
}

// routeLoopback sends 127.0.0.0/8 by way of the IPv4 gateway, if that is the
// mode. With a card's last address the kernel has removed the route.
func (m LoopbackMode) routeLoopback(kernel *netlink.Handle, link netlink.Link, from, to Addressing) error {
	if m == LoopbackAnywhere {
		return ownEverything(kernel, link, to)
	}
	if m != LoopbackOutside {
		return nil
	}
	if now := to.of(netip.Addr.Is4).Gateways; len(now) > 0 {
		gateway := now[0]
		if err := kernel.RouteReplace(loopbackBy(link, gateway)); err != nil {
			return fmt.Errorf("ip route replace %s via %s dev %s: %w", loopbackNet, gateway, cardName, err)
		}
		return nil
	}
	for _, gateway := range from.of(netip.Addr.Is4).Gateways {
		if err := kernel.RouteDel(loopbackBy(link, gateway)); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("ip route del %s via %s dev %s: %w", loopbackNet, gateway, cardName, err)
		}
	}
	return nil
}

func loopbackBy(link netlink.Link, gateway netip.Addr) *netlink.Route {
	route := routeBy(link, gateway)
	route.Dst = address(loopbackNet).IPNet
	return route
}
