package dnsc

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// LookupHost returns the addresses of a host, IPv4 first, as a program's
// resolver library does (RFC 1123 §6.1): it asks the servers, which are
// resolvers, in their order; A and AAAA at the same time; and completes a short
// name with the search domains. An address is its own answer. Every error is a
// *net.DNSError; IsNotFound and IsTimeout tell the two that matter apart.
func (c *Client) LookupHost(ctx context.Context, host string, servers []netip.AddrPort, search []string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	if isLocalhost(host) { // RFC 6761 §6.3: never asked of anybody
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	if _, ok := dns.IsDomainName(host); !ok || host == "" {
		return nil, notFound(host)
	}
	for _, name := range c.candidates(host, search) {
		addrs, err := c.lookupBoth(ctx, name, servers)
		if len(addrs) > 0 {
			return addrs, nil
		}
		if err != nil {
			return nil, asDNSError(host, err)
		}
	}
	return nil, notFound(host)
}

// LookupAddr returns the names of the host at addr, from its PTR records. Its
// errors are those of [Client.LookupHost].
func (c *Client) LookupAddr(ctx context.Context, addr netip.Addr, servers []netip.AddrPort) ([]string, error) {
	records, err := c.lookup(ctx, Reverse(addr), dns.TypePTR, servers)
	if err != nil {
		return nil, asDNSError(addr.String(), err)
	}
	var names []string
	for _, rr := range records {
		names = append(names, rr.(*dns.PTR).Ptr)
	}
	if len(names) == 0 {
		return nil, notFound(addr.String())
	}
	return names, nil
}

// LookupMX returns the mail servers of a domain, from its MX records, in the order
// in which they came: who sends mail sorts them by preference (RFC 5321 §5.1). Its
// errors are those of [Client.LookupHost]; IsNotFound is that there are none.
func (c *Client) LookupMX(ctx context.Context, domain string, servers []netip.AddrPort) ([]*net.MX, error) {
	if _, ok := dns.IsDomainName(domain); !ok || domain == "" {
		return nil, notFound(domain)
	}
	records, err := c.lookup(ctx, dns.Fqdn(domain), dns.TypeMX, servers)
	if err != nil {
		return nil, asDNSError(domain, err)
	}
	var hosts []*net.MX
	for _, rr := range records {
		mx := rr.(*dns.MX)
		hosts = append(hosts, &net.MX{Host: mx.Mx, Pref: mx.Preference})
	}
	if len(hosts) == 0 {
		return nil, notFound(domain)
	}
	return hosts, nil
}

// Reverse is the name under which the name of addr is found, such as
// "1.2.0.192.in-addr.arpa." (RFC 1035 §3.5, RFC 3596 §2.5).
func Reverse(addr netip.Addr) string {
	name, err := dns.ReverseAddr(addr.Unmap().WithZone("").String())
	if err != nil {
		return "" // only of the zero Addr
	}
	return name
}

func isLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// candidates are the full names that host may be short for, in the order in
// which to try them. A final dot says that there is nothing to complete.
func (c *Client) candidates(host string, search []string) []string {
	if strings.HasSuffix(host, ".") {
		return []string{host}
	}
	var completed []string
	for _, domain := range search {
		name := dns.Fqdn(host + "." + strings.Trim(domain, "."))
		if _, ok := dns.IsDomainName(name); ok && strings.Trim(domain, ".") != "" {
			completed = append(completed, name)
		}
	}
	if strings.Count(host, ".") >= max(c.Ndots, 1) {
		return append([]string{dns.Fqdn(host)}, completed...)
	}
	return append(completed, dns.Fqdn(host))
}

// lookupBoth asks for A and AAAA at the same time. An error matters only if
// there is no address at all.
func (c *Client) lookupBoth(ctx context.Context, name string, servers []netip.AddrPort) ([]netip.Addr, error) {
	type result struct {
		addrs []netip.Addr
		err   error
	}
	six := make(chan result)
	go func() {
		addrs, err := c.lookupType(ctx, name, dns.TypeAAAA, servers)
		six <- result{addrs, err}
	}()
	addrs, err := c.lookupType(ctx, name, dns.TypeA, servers)
	other := <-six
	if err == nil {
		err = other.err
	}
	return append(addrs, other.addrs...), err
}

func (c *Client) lookupType(ctx context.Context, name string, qtype uint16, servers []netip.AddrPort) ([]netip.Addr, error) {
	records, err := c.lookup(ctx, name, qtype, servers)
	var addrs []netip.Addr
	for _, rr := range records {
		if addr, ok := address(rr); ok {
			addrs = append(addrs, addr)
		}
	}
	return addrs, err
}

// address is the address in an A or AAAA record.
func address(rr dns.RR) (netip.Addr, bool) {
	switch rr := rr.(type) {
	case *dns.A:
		addr, ok := netip.AddrFromSlice(rr.A)
		return addr.Unmap(), ok
	case *dns.AAAA:
		return netip.AddrFromSlice(rr.AAAA)
	}
	return netip.Addr{}, false
}

// lookup asks the servers for the records of a name. None, without an error,
// means that there are none. A server that is silent or has trouble is passed
// over; when all are, they are asked again, with more patience.
func (c *Client) lookup(ctx context.Context, name string, qtype uint16, servers []netip.AddrPort) ([]dns.RR, error) {
	once := *c
	once.Tries, once.Timeout, once.NoRecurse = 1, c.timeout(), false
	last := errors.New("no DNS server is known")
	for range c.tries() {
		var again []netip.AddrPort
		for _, server := range servers {
			reply, err := once.Query(ctx, server, name, qtype)
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err == nil {
				switch reply.Rcode {
				case dns.RcodeSuccess, dns.RcodeNameError:
					return followed(reply.Answer, dns.Fqdn(name), qtype), nil
				}
				err = &StatusError{Server: server, Rcode: reply.Rcode}
			} else if isTimeout(err) {
				again = append(again, server)
			}
			last = err
		}
		servers = again
		once.Timeout *= 2
	}
	return nil, last
}

// followed returns those records of an answer that name leads to by its
// aliases, of which there may be no more than a resolver would follow.
func followed(answer []dns.RR, name string, qtype uint16) []dns.RR {
	for range 20 {
		var records []dns.RR
		alias := ""
		for _, rr := range answer {
			if !strings.EqualFold(rr.Header().Name, name) {
				continue
			}
			if rr.Header().Rrtype == qtype {
				records = append(records, rr)
			}
			if cname, ok := rr.(*dns.CNAME); ok {
				alias = cname.Target
			}
		}
		if len(records) > 0 || alias == "" {
			return records
		}
		name = alias
	}
	return nil
}

func notFound(host string) error {
	return &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// asDNSError says in the words of package net why host was not found.
func asDNSError(host string, err error) error {
	e := &net.DNSError{Err: err.Error(), Name: host, UnwrapErr: err, IsTemporary: true}
	e.IsTimeout = isTimeout(err)
	var status *StatusError
	if errors.As(err, &status) {
		e.Server = status.Server.String()
	}
	return e
}
