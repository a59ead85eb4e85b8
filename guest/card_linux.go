package guest

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const cardName = "eth0"

// makeCard gives this network namespace a card as h says, with addresses and
// default routes, brings it and the loopback up, and returns the card's far end.
func makeCard(h Host) (*os.File, error) {
	tap, err := openTap(cardName)
	if err != nil {
		return nil, err
	}
	setKernelParameters()
	if err := configure(h); err != nil {
		tap.Close()
		return nil, err
	}
	return tap, nil
}

// kernelParameters are those of a host that is usable at once. On a LAN of
// our own nobody else has the host's addresses, so that it need not wait a
// second for duplicate address detection (RFC 4862 §5.4); it has its
// configuration and need not ask for routers (§5.5); and everybody may ping.
// In a user namespace only group 0 exists, hence the second ping line.
var kernelParameters = []struct{ path, value string }{
	{"ipv6/conf/" + cardName + "/accept_dad", "0"},
	{"ipv6/conf/" + cardName + "/dad_transmits", "0"},
	{"ipv6/conf/" + cardName + "/accept_ra", "0"},
	{"ipv6/conf/" + cardName + "/router_solicitations", "0"},
	{"ipv4/ping_group_range", "0 0"},
	{"ipv4/ping_group_range", "0 2147483647"},
}

// setKernelParameters does what the system lets it do: /proc/sys is read-only
// in some containers, and IPv6 may be switched off. What cannot be set makes
// a guest slower to start with IPv6, not wrong.
func setKernelParameters() {
	for _, p := range kernelParameters {
		_ = os.WriteFile("/proc/sys/net/"+p.path, []byte(p.value), 0)
	}
}

// configure speaks rtnetlink (RFC 3549), as the `ip` command does; the
// comments are what one would type.
func configure(h Host) error {
	kernel, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	defer kernel.Close()

	card, err := kernel.LinkByName(cardName)
	if err != nil {
		return fmt.Errorf("ip link show %s: %w", cardName, err)
	}
	if h.MAC != nil {
		if err := kernel.LinkSetHardwareAddr(card, h.MAC); err != nil {
			return fmt.Errorf("ip link set %s address %s: %w", cardName, h.MAC, err)
		}
	}
	if h.MTU != 0 {
		if err := kernel.LinkSetMTU(card, h.MTU); err != nil {
			return fmt.Errorf("ip link set %s mtu %d: %w", cardName, h.MTU, err)
		}
	}
	loopback := &netlink.Device{LinkAttrs: netlink.LinkAttrs{Name: "lo", Index: 1}}
	for _, link := range []netlink.Link{loopback, card} {
		if err := kernel.LinkSetUp(link); err != nil {
			return fmt.Errorf("ip link set %s up: %w", link.Attrs().Name, err)
		}
	}
	for _, prefix := range h.Addrs {
		if err := addAddress(kernel, card, prefix); err != nil {
			return fmt.Errorf("ip address add %s dev %s: %w", prefix, cardName, err)
		}
	}
	for _, gateway := range h.Gateways {
		// onlink: a gateway need not be inside a prefix of the card.
		route := &netlink.Route{LinkIndex: card.Attrs().Index, Gw: ip(gateway), Flags: int(netlink.FLAG_ONLINK)}
		if err := kernel.RouteAdd(route); err != nil {
			return fmt.Errorf("ip route add default via %s dev %s: %w", gateway, cardName, err)
		}
	}
	return nil
}

func addAddress(kernel *netlink.Handle, card netlink.Link, prefix netip.Prefix) error {
	addr := &netlink.Addr{IPNet: &net.IPNet{
		IP:   ip(prefix.Addr()),
		Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen()),
	}}
	if prefix.Addr().Is6() {
		addr.Flags = unix.IFA_F_NODAD
	}
	err := kernel.AddrAdd(card, addr)
	if prefix.Addr().IsLinkLocalUnicast() && err == syscall.EEXIST {
		return nil // the kernel had made the same address of the MAC address
	}
	return err
}

func ip(addr netip.Addr) net.IP { return addr.Unmap().AsSlice() }
