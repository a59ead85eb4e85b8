package sender

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"github.com/wirebook/wirebook/protocol/mail"
)

// Resolver asks the DNS. A *net.Resolver is one. That a name or its record does
// not exist is told by a *net.DNSError with IsNotFound; any other error means
// that it is not known now.
type Resolver interface {
	LookupMX(ctx context.Context, domain string) ([]*net.MX, error)
	LookupHost(ctx context.Context, host string) ([]string, error)
}

// noRoute is why there is no host to send to. A temporary reason may pass.
type noRoute struct {
	code string // a reply that says it, as if a server had
	err  error
}

func (n *noRoute) Error() string { return n.code + " " + n.err.Error() }

// hosts are a domain's mail servers in the order in which to try them (RFC 5321
// §5.1). Those that are alike take turns.
func (s *Sender) hosts(ctx context.Context, domain string) ([]string, error) {
	if ip, ok := mail.ParseLiteral(domain); ok {
		return []string{ip.String()}, nil
	}
	name, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return nil, &noRoute{"550 5.1.2", fmt.Errorf("%s is no name of a domain: %w", domain, err)}
	}
	records, err := s.Resolver.LookupMX(ctx, name)
	switch {
	case notFound(err) || err == nil && len(records) == 0:
		return []string{name}, nil // it is its own mail server
	case err != nil:
		return nil, &noRoute{"451 4.4.3", fmt.Errorf("the mail servers of %s are not known now: %w", domain, err)}
	case len(records) == 1 && records[0].Host == ".":
		return nil, &noRoute{"556 5.1.10", fmt.Errorf("%s takes no mail (null MX)", domain)}
	}
	hosts := s.order(records)
	if len(hosts) == 0 {
		return nil, &noRoute{"550 5.4.6", fmt.Errorf("the DNS says that mail for %s comes here, and this server does not take it", domain)}
	}
	return hosts, nil
}

// order sorts by preference. If we are in the list, only better ones remain: mail
// must not go to one that would send it back to us.
func (s *Sender) order(records []*net.MX) []string {
	records = slices.Clone(records)
	rand.New(s.random()).Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	slices.SortStableFunc(records, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	var hosts []string
	ours := -1
	for _, mx := range records {
		host := strings.ToLower(strings.TrimSuffix(mx.Host, "."))
		if ours >= 0 && int(mx.Pref) >= ours {
			break
		}
		if host == strings.ToLower(strings.TrimSuffix(s.Hostname, ".")) {
			ours = int(mx.Pref)
			hosts = slices.DeleteFunc(hosts, func(h string) bool { return preference(records, h) >= ours })
			continue
		}
		if host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

func preference(records []*net.MX, host string) int {
	for _, mx := range records {
		if strings.EqualFold(strings.TrimSuffix(mx.Host, "."), host) {
			return int(mx.Pref)
		}
	}
	return -1
}

// addresses are a host's.
func (s *Sender) addresses(ctx context.Context, host string) ([]string, error) {
	if net.ParseIP(host) != nil {
		return []string{host}, nil
	}
	addresses, err := s.Resolver.LookupHost(ctx, host)
	if notFound(err) || err == nil && len(addresses) == 0 {
		return nil, &noRoute{"550 5.1.2", fmt.Errorf("there is no host %s", host)}
	}
	if err != nil {
		return nil, &noRoute{"451 4.4.3", fmt.Errorf("the address of %s is not known now: %w", host, err)}
	}
	return addresses, nil
}

func notFound(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}
