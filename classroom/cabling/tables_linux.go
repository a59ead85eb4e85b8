package cabling

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/wirebook/wirebook/internet"
)

// ReadTables asks the kernel for the tables of this machine. It needs no privilege.
func ReadTables() (Tables, error) {
	kernel, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return Tables{}, fmt.Errorf("netlink: %w", err)
	}
	defer kernel.Close()
	links, err := kernel.LinkList()
	if err != nil {
		return Tables{}, fmt.Errorf("ip link show: %w", err)
	}
	var t Tables
	names := make(map[int]string)
	for _, link := range links {
		names[link.Attrs().Index] = link.Attrs().Name
		if link.Type() != "veth" {
			continue // lo, and what the kernel makes of itself for tunnels
		}
		card, err := cardInfo(kernel, link)
		if err != nil {
			return Tables{}, err
		}
		t.Cards = append(t.Cards, card)
	}
	if t.Neighbors, err = neighbors(kernel, names); err != nil {
		return Tables{}, err
	}
	if t.Routes, err = routes(kernel, names); err != nil {
		return Tables{}, err
	}
	t.Sockets, err = readSockets("/proc/net")
	return t, err
}

func cardInfo(kernel *netlink.Handle, link netlink.Link) (CardInfo, error) {
	a := link.Attrs()
	card := CardInfo{Name: a.Name, MAC: a.HardwareAddr.String(), MTU: a.MTU}
	addrs, err := kernel.AddrList(link, netlink.FAMILY_ALL)
	if err != nil {
		return card, fmt.Errorf("ip address show %s: %w", a.Name, err)
	}
	for _, addr := range addrs {
		if p, ok := prefix(addr.IPNet); ok && !p.Addr().IsLinkLocalUnicast() {
			card.Addrs = append(card.Addrs, p)
		}
	}
	return card, nil
}

// neighborStates are the names of RFC 4861 §7.3.2; the kernel uses them for ARP, too.
var neighborStates = map[int]string{
	netlink.NUD_INCOMPLETE: "INCOMPLETE", netlink.NUD_REACHABLE: "REACHABLE", netlink.NUD_STALE: "STALE",
	netlink.NUD_DELAY: "DELAY", netlink.NUD_PROBE: "PROBE", netlink.NUD_FAILED: "FAILED", netlink.NUD_PERMANENT: "PERMANENT",
}

func neighbors(kernel *netlink.Handle, names map[int]string) ([]Neighbor, error) {
	list, err := kernel.NeighList(0, netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("ip neighbor show: %w", err)
	}
	var all []Neighbor
	for _, n := range list {
		addr, ok := netip.AddrFromSlice(n.IP)
		state := neighborStates[n.State]
		if !ok || state == "" || addr.IsMulticast() {
			continue // what needs no neighbor, the kernel writes down as well
		}
		all = append(all, Neighbor{Addr: addr.Unmap(), MAC: n.HardwareAddr.String(), Card: names[n.LinkIndex], State: state})
	}
	slices.SortFunc(all, func(a, b Neighbor) int { return cmp.Or(cmp.Compare(a.Card, b.Card), a.Addr.Compare(b.Addr)) })
	return all, nil
}

func routes(kernel *netlink.Handle, names map[int]string) ([]internet.Route, error) {
	list, err := kernel.RouteList(nil, netlink.FAMILY_ALL) // of the main table
	if err != nil {
		return nil, fmt.Errorf("ip route show: %w", err)
	}
	var all []internet.Route
	for _, r := range list {
		dst, ok := prefix(r.Dst)
		if !ok {
			everything := netip.IPv4Unspecified()
			if r.Family == netlink.FAMILY_V6 {
				everything = netip.IPv6Unspecified()
			}
			dst = netip.PrefixFrom(everything, 0)
		}
		if dst.Addr().IsLinkLocalUnicast() || dst.Addr().IsMulticast() || dst.Addr().IsLoopback() {
			continue
		}
		via, _ := netip.AddrFromSlice(r.Gw)
		all = append(all, internet.Route{Dst: dst, Via: via.Unmap(), Card: names[r.LinkIndex]})
	}
	slices.SortStableFunc(all, func(a, b internet.Route) int {
		return cmp.Or(a.Dst.Addr().BitLen()-b.Dst.Addr().BitLen(), b.Dst.Bits()-a.Dst.Bits(), a.Dst.Addr().Compare(b.Dst.Addr()))
	})
	return all, nil
}

func prefix(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	addr, ok := netip.AddrFromSlice(n.IP)
	bits, _ := n.Mask.Size()
	return netip.PrefixFrom(addr.Unmap(), bits), ok
}
