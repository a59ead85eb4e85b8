package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/world"
)

// place is where a client runs: a network, and whom it asks for names.
type place struct {
	netx.Network
	clock     clock.Clock // by which clients wait there; nil: the machine's
	resolvers func(context.Context) ([]netip.AddrPort, error)
	card      func(ctx context.Context, name string) (card, error) // "": the first

	inWorld *worldKnows // nil: the place is in none
}

// worldKnows is what a world tells those who are on one of its hosts.
type worldKnows struct {
	account   func(ctx context.Context, user string) (world.MailAccount, error) // "": the host's own
	authority func(context.Context) (pem []byte, err error)
	now       func(context.Context) (time.Time, error)
}

// here is this machine, or the guest's host when wirebook runs on one.
func here() place {
	return place{Network: netx.OS{}, card: cardHere, resolvers: func(context.Context) ([]netip.AddrPort, error) {
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
	p := place{Network: &control.Network{Client: r.Client, Host: host}}
	p.resolvers = func(ctx context.Context) ([]netip.AddrPort, error) {
		var servers []netip.AddrPort
		err := r.Call(ctx, http.MethodPost, "/resolvers", hostRequest{Host: host}, &servers)
		return servers, err
	}
	p.card = func(ctx context.Context, name string) (card, error) {
		var c card
		err := r.Call(ctx, http.MethodPost, "/card", cardRequest{Host: host, Card: name}, &c)
		return c, err
	}
	p.inWorld = &worldKnows{
		account: func(ctx context.Context, user string) (account world.MailAccount, err error) {
			err = r.Call(ctx, http.MethodPost, "/mail/account", mailRequest{host, user}, &account)
			return account, err
		},
		authority: func(ctx context.Context) ([]byte, error) {
			var text string
			err := r.Call(ctx, http.MethodGet, "/authority", nil, &text)
			return []byte(text), err
		},
		now: func(ctx context.Context) (time.Time, error) {
			var reply clockReply
			err := r.Call(ctx, http.MethodPost, "/clock", clockRequest{}, &reply)
			return reply.Now, err
		},
	}
	return p
}

// errTrust is that there is nothing to be trusted.
var errTrust = errors.New("--insecure and --ca are for --tls")

// trust is whose certificates are believed at a place: those of a file; else, in a
// world, its authority's, as by all programs there; else the system's.
func (p place) trust(ctx context.Context, file string, insecure bool) (*tls.Config, error) {
	c := &tls.Config{InsecureSkipVerify: insecure}
	var pem []byte
	var err error
	switch {
	case insecure:
		return c, nil
	case file != "":
		pem, err = os.ReadFile(file)
	case p.inWorld != nil:
		file = "the world's authority"
		pem, err = p.inWorld.authority(ctx)
	default:
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM", file)
	}
	return c, nil
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
