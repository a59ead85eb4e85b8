package guest

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// configure gives the card a in place of what it was given before, and has
// /etc/hosts say so.
func (c *card) configure(a Addressing) error {
	if slices.Equal(a.Addrs, c.host.Addrs) && slices.Equal(a.Gateways, c.host.Gateways) {
		return nil
	}
	kernel, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	defer kernel.Close()
	link, err := kernel.LinkByName(cardName)
	if err != nil {
		return fmt.Errorf("ip link show %s: %w", cardName, err)
	}
	before := c.host
	c.host.Addressing = a
	if err := c.change(kernel, link, before.Addressing, a); err != nil {
		return err
	}
	return rewriteHosts("/etc/hosts", before, c.host)
}

// change gives a card what it shall have in place of what it was given. A
// family in which nothing changes is not touched, nor is what the card has
// from elsewhere, as from a DHCP client that the program has started.
func (c *card) change(kernel *netlink.Handle, link netlink.Link, from, to Addressing) error {
	for _, is := range []func(netip.Addr) bool{netip.Addr.Is4, netip.Addr.Is6} {
		old, new := from.of(is), to.of(is)
		if slices.Equal(old.Addrs, new.Addrs) && slices.Equal(old.Gateways, new.Gateways) {
			continue
		}
		if err := remove(kernel, link, old); err != nil {
			return err
		}
		if err := add(kernel, link, new); err != nil {
			return err
		}
	}
	return c.host.Loopback.routeLoopback(kernel, link, from, to)
}

// of is what a has of one family.
func (a Addressing) of(is func(netip.Addr) bool) (part Addressing) {
	for _, prefix := range a.Addrs {
		if is(prefix.Addr()) {
			part.Addrs = append(part.Addrs, prefix)
		}
	}
	for _, gateway := range a.Gateways {
		if is(gateway) {
			part.Gateways = append(part.Gateways, gateway)
		}
	}
	return part
}

// remove takes away what is still there: with a card's last address the kernel
// removes the routes, and the program may have been before us.
func remove(kernel *netlink.Handle, link netlink.Link, a Addressing) error {
	for _, gateway := range a.Gateways {
		if err := kernel.RouteDel(routeBy(link, gateway)); err != nil && err != syscall.ESRCH {
			return fmt.Errorf("ip route del default via %s dev %s: %w", gateway, cardName, err)
		}
	}
	for _, prefix := range a.Addrs {
		if err := kernel.AddrDel(link, address(prefix)); err != nil && err != syscall.EADDRNOTAVAIL {
			return fmt.Errorf("ip address del %s dev %s: %w", prefix, cardName, err)
		}
	}
	return nil
}

// add replaces what is there already: the link-local address that the kernel
// has made of the MAC address, or what the program has added itself.
func add(kernel *netlink.Handle, link netlink.Link, a Addressing) error {
	for _, prefix := range a.Addrs {
		if err := kernel.AddrReplace(link, address(prefix)); err != nil {
			return fmt.Errorf("ip address replace %s dev %s: %w", prefix, cardName, err)
		}
	}
	for _, gateway := range a.Gateways {
		if err := kernel.RouteReplace(routeBy(link, gateway)); err != nil {
			return fmt.Errorf("ip route replace default via %s dev %s: %w", gateway, cardName, err)
		}
	}
	return nil
}

func address(prefix netip.Prefix) *netlink.Addr {
	addr := &netlink.Addr{IPNet: &net.IPNet{
		IP:   ip(prefix.Addr()),
		Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen()),
	}}
	if prefix.Addr().Is6() {
		addr.Flags = unix.IFA_F_NODAD
	}
	return addr
}

// routeBy is the default route. It is onlink: a gateway need not be inside a
// prefix of the card. With the unspecified address there is none, and everybody
// is on the link.
func routeBy(link netlink.Link, gateway netip.Addr) *netlink.Route {
	if gateway.Is4() && gateway.IsUnspecified() {
		everywhere := &net.IPNet{IP: ip(gateway), Mask: net.CIDRMask(0, 32)}
		return &netlink.Route{LinkIndex: link.Attrs().Index, Scope: netlink.SCOPE_LINK, Dst: everywhere}
	}
	return &netlink.Route{LinkIndex: link.Attrs().Index, Gw: ip(gateway), Flags: int(netlink.FLAG_ONLINK)}
}

func ip(addr netip.Addr) net.IP { return addr.Unmap().AsSlice() }

// rewriteHosts makes the hosts file right for after, unless it is no longer the
// one that was written for before: then it is the program's.
func rewriteHosts(file string, before, after Host) error {
	if text, err := os.ReadFile(file); err != nil || !bytes.Equal(text, []byte(hostsFile(before))) {
		return nil
	}
	return os.WriteFile(file, []byte(hostsFile(after)), 0o644)
}
