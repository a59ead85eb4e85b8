package ftp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ErrNoAddress is that a command or reply that should have an address has none
// that can be read.
var ErrNoAddress = errors.New("no FTP address")

// ParsePort reads what follows PORT: h1,h2,h3,h4,p1,p2, the bytes of an IPv4
// address and of a port in decimal (RFC 959 §4.1.2).
func ParsePort(arg string) (netip.AddrPort, error) {
	addr, rest, ok := sixNumbers(strings.TrimSpace(arg))
	if !ok || rest != "" {
		return netip.AddrPort{}, fmt.Errorf("%w: %q", ErrNoAddress, clipped(arg))
	}
	return addr, nil
}

// FormatPort is the reverse of ParsePort. The address must be an IPv4 one.
func FormatPort(a netip.AddrPort) string {
	ip, port := a.Addr().Unmap().As4(), a.Port()
	return fmt.Sprintf("%d,%d,%d,%d,%d,%d", ip[0], ip[1], ip[2], ip[3], port>>8, port&0xff)
}

// ParsePassive finds the address in the text of a reply 227. RFC 959 does not
// say where in the text it stands; as RFC 1123 §4.1.2.6 tells clients to, it
// looks for the first six numbers with commas between.
func ParsePassive(text string) (netip.AddrPort, error) {
	for i := range len(text) {
		if !isDigit(text[i]) || i > 0 && isDigit(text[i-1]) {
			continue
		}
		if addr, _, ok := sixNumbers(text[i:]); ok {
			return addr, nil
		}
	}
	return netip.AddrPort{}, fmt.Errorf("%w: %q", ErrNoAddress, clipped(text))
}

// FormatPassive is the text of a reply 227.
func FormatPassive(a netip.AddrPort) string {
	return "Entering Passive Mode (" + FormatPort(a) + ")"
}

// ParseExtendedPort reads what follows EPRT: |1|192.0.2.11|50000| or
// |2|2001:db8:1::11|50000|, where any printable character may stand for the bar
// (RFC 2428 §2).
func ParseExtendedPort(arg string) (netip.AddrPort, error) {
	none := fmt.Errorf("%w: %q", ErrNoAddress, clipped(arg))
	parts, ok := delimited(arg, 3)
	if !ok {
		return netip.AddrPort{}, none
	}
	addr, err := netip.ParseAddr(parts[1])
	if err != nil || addr.Zone() != "" || addr.Is4() != (parts[0] == "1") || addr.Is6() != (parts[0] == "2") {
		return netip.AddrPort{}, none
	}
	port, ok := portNumber(parts[2])
	if !ok {
		return netip.AddrPort{}, none
	}
	return netip.AddrPortFrom(addr, port), nil
}

// FormatExtendedPort is the reverse of ParseExtendedPort.
func FormatExtendedPort(a netip.AddrPort) string {
	family := 1
	if a.Addr().Is6() {
		family = 2
	}
	return fmt.Sprintf("|%d|%s|%d|", family, a.Addr().WithZone(""), a.Port())
}

// ParseExtendedPassive finds the port in the text of a reply 229, which stands
// in parentheses: (|||40001|) (RFC 2428 §3).
func ParseExtendedPassive(text string) (port uint16, err error) {
	_, after, ok := strings.Cut(text, "(")
	inside, _, closed := strings.Cut(after, ")")
	if ok && closed {
		if parts, ok := delimited(inside, 3); ok && parts[0] == "" && parts[1] == "" {
			if port, ok := portNumber(parts[2]); ok {
				return port, nil
			}
		}
	}
	return 0, fmt.Errorf("%w: %q", ErrNoAddress, clipped(text))
}

// FormatExtendedPassive is the text of a reply 229.
func FormatExtendedPassive(port uint16) string {
	return fmt.Sprintf("Entering Extended Passive Mode (|||%d|)", port)
}

// delimited takes |a|b|c| apart, whatever printable character the bar is.
func delimited(s string, parts int) ([]string, bool) {
	if s == "" || s[0] < 33 || s[0] > 126 {
		return nil, false
	}
	all := strings.Split(s, s[:1])
	if len(all) != parts+2 || all[parts+1] != "" {
		return nil, false
	}
	return all[1 : parts+1], true
}

func portNumber(s string) (uint16, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err == nil && n > 0 && isDigit(s[0])
}

// sixNumbers reads h1,h2,h3,h4,p1,p2 at the beginning of s.
func sixNumbers(s string) (addr netip.AddrPort, rest string, ok bool) {
	var b [6]byte
	for i := range b {
		if i > 0 {
			if s, ok = strings.CutPrefix(s, ","); !ok {
				return netip.AddrPort{}, s, false
			}
		}
		digits := 0
		for digits < len(s) && isDigit(s[digits]) {
			digits++
		}
		n, err := strconv.ParseUint(s[:digits], 10, 8)
		if err != nil {
			return netip.AddrPort{}, s, false
		}
		b[i], s = byte(n), s[digits:]
	}
	ip := netip.AddrFrom4([4]byte(b[:4]))
	return netip.AddrPortFrom(ip, uint16(b[4])<<8|uint16(b[5])), s, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
