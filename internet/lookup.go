package internet

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// LookupHost finds the addresses of a name: IP addresses are their own,
// localhost and the host's own name it knows, and for all others it asks the
// function that SetLookup gave it.
func (h *Host) LookupHost(ctx context.Context, name string) ([]string, error) {
	addrs, err := h.resolve(ctx, name, kind{})
	if err != nil {
		return nil, err
	}
	names := make([]string, len(addrs))
	for i, a := range addrs {
		names[i] = a.String()
	}
	return names, nil
}

// resolve finds the addresses of a name that are of the kind that is wanted;
// there is at least one.
func (h *Host) resolve(ctx context.Context, name string, k kind) ([]netip.Addr, error) {
	addrs, err := h.addressesOf(ctx, name)
	if err != nil {
		return nil, err
	}
	addrs = slices.Clone(addrs)
	for i, a := range addrs {
		addrs[i] = a.Unmap()
	}
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return !k.allows(a) })
	if len(addrs) == 0 {
		return nil, &net.AddrError{Err: "no suitable address", Addr: name}
	}
	return addrs, nil
}

func (h *Host) addressesOf(ctx context.Context, name string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{a}, nil
	}
	switch bare := strings.ToLower(strings.TrimSuffix(name, ".")); bare {
	case "localhost":
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	case strings.ToLower(h.name):
		if own := h.Addresses(); len(own) > 0 {
			return own, nil
		}
	}
	lookup := h.lookup.Load()
	if lookup == nil {
		return nil, &net.DNSError{Err: "no such host, and " + h.name + " has no resolver", Name: name, IsNotFound: true}
	}
	addrs, err := (*lookup)(ctx, name)
	if err == nil && len(addrs) == 0 {
		err = &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return addrs, err
}
