package cabling

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// SetUp brings this machine's card up, with addresses. What one would type is in
// the errors.
func SetUp(card string, addrs []netip.Prefix) error {
	kernel, link, err := open(card)
	if err != nil {
		return err
	}
	defer kernel.Close()
	if err := noOffload(card); err != nil {
		return err
	}
	if loopback, err := kernel.LinkByName("lo"); err == nil {
		_ = kernel.LinkSetUp(loopback) // Docker has done so already
	}
	if err := kernel.LinkSetUp(link); err != nil {
		return fmt.Errorf("ip link set %s up: %w", card, err)
	}
	for _, addr := range addrs {
		if err := add(kernel, link, addr); err != nil {
			return err
		}
	}
	return nil
}

// PullOut takes away all cards that a [Switches] has given this machine.
func PullOut() error {
	kernel, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	defer kernel.Close()
	links, err := kernel.LinkList()
	if err != nil {
		return fmt.Errorf("ip link show: %w", err)
	}
	for _, link := range links {
		if link.Type() != "veth" {
			continue
		}
		if err := kernel.LinkDel(link); err != nil && !errors.Is(err, unix.ENODEV) {
			return fmt.Errorf("ip link del %s: %w", link.Attrs().Name, err)
		}
	}
	return nil
}

// Cards is a machine whose cards a DHCP client can configure.
type Cards struct{}

// AddAddress gives the card an address.
func (Cards) AddAddress(card string, addr netip.Prefix) error {
	kernel, link, err := open(card)
	if err != nil {
		return err
	}
	defer kernel.Close()
	return add(kernel, link, addr)
}

// RemoveAddress takes it away; the kernel then forgets the routes that need it. A card
// that has been pulled out has no addresses.
func (Cards) RemoveAddress(card string, addr netip.Prefix) error {
	kernel, link, err := open(card)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return nil
	}
	if err != nil {
		return err
	}
	defer kernel.Close()
	err = kernel.AddrDel(link, address(addr))
	if err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("ip address del %s dev %s: %w", addr, card, err)
	}
	return nil
}

// Route sends what is for dst to the neighbour via, in place of where it was sent
// before. The card may be left out when via is on one of the networks that the
// machine is on.
func Route(dst netip.Prefix, via netip.Addr, card string) error {
	kernel, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	defer kernel.Close()
	route := &netlink.Route{Dst: network(dst), Gw: via.AsSlice()}
	if card != "" {
		link, err := kernel.LinkByName(card)
		if err != nil {
			return fmt.Errorf("ip link show %s: %w", card, err)
		}
		route.LinkIndex = link.Attrs().Index
	}
	if err := kernel.RouteReplace(route); err != nil {
		return fmt.Errorf("ip route replace %s via %s: %w", dst, via, err)
	}
	return nil
}

func open(card string) (*netlink.Handle, netlink.Link, error) {
	kernel, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, nil, fmt.Errorf("netlink: %w", err)
	}
	link, err := kernel.LinkByName(card)
	if err != nil {
		kernel.Close()
		return nil, nil, fmt.Errorf("ip link show %s: %w", card, err)
	}
	return kernel, link, nil
}

func add(kernel *netlink.Handle, link netlink.Link, addr netip.Prefix) error {
	err := kernel.AddrReplace(link, address(addr))
	if addr.Addr().Is6() && (errors.Is(err, unix.EACCES) || errors.Is(err, unix.EOPNOTSUPP)) {
		return nil // the system has IPv6 switched off: the class does without
	}
	if err != nil {
		return fmt.Errorf("ip address replace %s dev %s: %w", addr, link.Attrs().Name, err)
	}
	return nil
}

// address is usable at once: nobody else on a network of ours has it, so that
// IPv6 need not ask for a second whether it is taken (RFC 4862 §5.4).
func address(addr netip.Prefix) *netlink.Addr {
	a := &netlink.Addr{IPNet: network(addr)}
	a.IP = addr.Addr().AsSlice()
	if addr.Addr().Is6() {
		a.Flags = unix.IFA_F_NODAD
	}
	return a
}

func network(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Masked().Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// Namespace is a descriptor of this machine's network namespace.
func Namespace() (*os.File, error) { return os.Open("/proc/self/ns/net") }

// noOffload has the kernel do what it would leave to a card of silicon, which a
// veth pair is not: checksums, and cutting long segments into those that fit. What
// is captured is then what a wire would carry.
func noOffload(card string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	for _, feature := range []uint32{unix.ETHTOOL_STSO, unix.ETHTOOL_SGSO, unix.ETHTOOL_SGRO, unix.ETHTOOL_STXCSUM} {
		if err := ethtool(fd, card, feature, 0); err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
			return fmt.Errorf("ethtool -K %s: %w", card, err)
		}
	}
	return nil
}
