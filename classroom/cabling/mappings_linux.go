package cabling

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/wirebook/wirebook/internet/forward"
)

// Mappings are the connections that this machine translates, as a NAT. It needs the
// privilege NetAdmin.
func Mappings() ([]forward.Mapping, error) {
	kernel, err := netlink.NewHandle(unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	defer kernel.Close()
	flows, err := kernel.ConntrackTableList(netlink.ConntrackTable, netlink.FAMILY_V4)
	if err != nil {
		return nil, fmt.Errorf("conntrack -L: %w", err)
	}
	now := time.Now()
	var all []forward.Mapping
	for _, f := range flows {
		if m, ok := mapping(f); ok {
			m.Expires = now.Add(time.Duration(f.TimeOut) * time.Second)
			all = append(all, m)
		}
	}
	return all, nil
}

// mapping is what a connection's two directions say: what goes there and what comes
// back would be each other's mirror if nobody had translated.
func mapping(f *netlink.ConntrackFlow) (forward.Mapping, bool) {
	m := forward.Mapping{Protocol: forward.Protocol(f.Forward.Protocol)}
	from, to := end(f.Forward.SrcIP, f.Forward.SrcPort), end(f.Forward.DstIP, f.Forward.DstPort)
	answers, answered := end(f.Reverse.SrcIP, f.Reverse.SrcPort), end(f.Reverse.DstIP, f.Reverse.DstPort)
	switch m.Protocol {
	case forward.TCP, forward.UDP, forward.ICMP:
	default:
		return m, false
	}
	switch {
	case from != answered: // the source was translated
		m.Inside, m.Outside, m.Remote = from, answered, to
	case to != answers: // the destination was: a port is forwarded
		m.Inside, m.Outside, m.Remote, m.Static = answers, to, from, true
	default:
		return m, false
	}
	return m, true
}

func end(ip net.IP, port uint16) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr.Unmap(), port)
}
