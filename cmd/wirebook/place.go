package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/netx"
)

// place is where a client runs: a network, and whom it asks for names.
type place struct {
	netx.Network
	resolvers func(context.Context) ([]netip.AddrPort, error)
}

// here is this machine, or the guest's host when wirebook runs on one.
func here() place {
	return place{Network: netx.OS{}, resolvers: func(context.Context) ([]netip.AddrPort, error) {
		config, err := dns.ClientConfigFromFile("/etc/resolv.conf")
		if err != nil {
			return nil, fmt.Errorf("no DNS server known here, name one as @SERVER: %w", err)
		}
		var servers []netip.AddrPort
		for _, server := range config.Servers {
			port, err := strconv.ParseUint(config.Port, 10, 16)
			addr, wrong := netip.ParseAddr(server)
			if err == nil && wrong == nil {
				servers = append(servers, netip.AddrPortFrom(addr, uint16(port)))
			}
		}
		return servers, nil
	}}
}

// on is a host of the running world.
func (r *running) on(host string) place {
	return place{Network: &control.Network{Client: r.Client, Host: host}, resolvers: func(ctx context.Context) ([]netip.AddrPort, error) {
		var servers []netip.AddrPort
		err := r.Call(ctx, http.MethodPost, "/resolvers", hostRequest{Host: host}, &servers)
		return servers, err
	}}
}

// server is the DNS server that @NAME or @ADDRESS means; with "" it is the
// place's own resolver.
func (p place) server(ctx context.Context, name string) (netip.AddrPort, error) {
	const port = 53
	if name == "" {
		servers, err := p.resolvers(ctx)
		if err == nil && len(servers) == 0 {
			err = errors.New("no DNS server known here: name one as @SERVER")
		}
		if err != nil {
			return netip.AddrPort{}, err
		}
		return servers[0], nil
	}
	if addr, err := netip.ParseAddrPort(name); err == nil {
		return addr, nil
	}
	host, number := name, uint64(port)
	if h, p, err := net.SplitHostPort(name); err == nil {
		if number, err = strconv.ParseUint(p, 10, 16); err != nil {
			return netip.AddrPort{}, usageError{fmt.Errorf("%q is not a port", p)}
		}
		host = h
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(addr, uint16(number)), nil
	}
	resolver, ok := p.Network.(netx.Resolver)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("names cannot be looked up here: write @ and an address instead of %s", name)
	}
	addrs, err := resolver.LookupHost(ctx, host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	addr, err := netip.ParseAddr(addrs[0])
	return netip.AddrPortFrom(addr, uint16(number)), err
}
