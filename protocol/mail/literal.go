package mail

import (
	"net/netip"
	"strings"
)

// Literal is an address as it stands where a domain's name could: [192.0.2.25],
// [IPv6:2001:db8::25] (RFC 5321 §4.1.3).
func Literal(ip netip.Addr) string {
	if ip.Is6() {
		return "[IPv6:" + ip.String() + "]"
	}
	return "[" + ip.String() + "]"
}

// ParseLiteral is the reverse of Literal. ok is false for what is none, such as a
// name.
func ParseLiteral(domain string) (ip netip.Addr, ok bool) {
	inside, opened := strings.CutPrefix(domain, "[")
	inside, closed := strings.CutSuffix(inside, "]")
	if !opened || !closed {
		return netip.Addr{}, false
	}
	const tag = "IPv6:"
	tagged := len(inside) >= len(tag) && strings.EqualFold(inside[:len(tag)], tag)
	if tagged {
		inside = inside[len(tag):]
	}
	ip, err := netip.ParseAddr(inside)
	if err != nil || ip.Is6() != tagged || ip.Zone() != "" {
		return netip.Addr{}, false
	}
	return ip, true
}
