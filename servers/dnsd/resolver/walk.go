package resolver

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/dnsd/names"
)

var (
	errAliases  = errors.New("too many aliases, or a loop of them")
	errLoop     = errors.New("the name is needed in order to find itself")
	errDeep     = errors.New("too many names needed to find one")
	errReferred = errors.New("referred too often")
	errFailed   = errors.New("failed a moment ago")
	errNoServer = errors.New("no server answers")
)

// walk is the work on one question: the way down from the root, what was seen
// on it, and what it may still cost. One goroutine does all of it.
type walk struct {
	*Resolver
	nw      netx.Network
	queries int          // that may still be sent
	fresh   map[key]*set // learned on this walk: good for it, even with a TTL of 0
	open    []key        // the questions being worked on, each because of the one before
}

// resolve finds the answer to k: a chain of aliases, if there are any, and at
// its end the records asked for, or the knowledge that there are none.
func (w *walk) resolve(ctx context.Context, k key) ([]*set, error) {
	if slices.Contains(w.open, k) {
		return nil, errLoop
	}
	if len(w.open) > w.limits.Depth {
		return nil, errDeep
	}
	w.open = append(w.open, k)
	defer func() { w.open = w.open[:len(w.open)-1] }()

	var chain []*set
	for {
		found, err := w.find(ctx, k)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", k, err)
		}
		chain = append(chain, found)
		next := found.alias()
		if next == "" || k.rrtype == dns.TypeCNAME || k.rrtype == dns.TypeANY {
			return chain, nil
		}
		k.name = dns.CanonicalName(next)
		if len(chain) > w.limits.Aliases || slices.ContainsFunc(chain, func(s *set) bool { return s.name == k.name }) {
			return nil, fmt.Errorf("%v: %w", k, errAliases)
		}
	}
}

// find answers k, by an alias if need be. These are the four steps of RFC 1034
// §5.3.3.
func (w *walk) find(ctx context.Context, k key) (*set, error) {
	if found := w.know(k); found != nil { // 1: is it in the cache?
		if found.rank == failure {
			return nil, errFailed
		}
		return found, nil
	}
	z := w.closest(k) // 2: the best servers to ask
	for range w.limits.Referrals {
		v, err := w.askZone(ctx, z, k) // 3: ask them
		if err != nil {
			return nil, err
		}
		w.remember(v.learned)
		if v.answer != nil { // 4a, 4c: the answer, or an alias
			return v.answer, nil
		}
		z = v.child // 4b: a referral, to 3
	}
	return nil, errReferred
}

// know answers k from what this walk has learned, and from the cache.
func (w *walk) know(k key) *set {
	for _, t := range []uint16{k.rrtype, dns.TypeCNAME, 0} {
		if s := w.fresh[key{k.name, t}]; s != nil {
			return s
		}
	}
	return w.cache.lookup(k, w.clock.Now())
}

func (w *walk) remember(learned []*set) {
	for _, s := range learned {
		if s.rank == answer {
			w.fresh[s.key] = s
		}
		w.cache.put(s, w.clock.Now())
	}
}

// closest is the zone nearest to k's name whose servers are known: the lowest
// one in the cache, or the root.
func (r *Resolver) closest(k key) *zone {
	name := k.name
	if k.rrtype == dns.TypeDS && name != "." {
		// A DS record is the parent's (RFC 4035 §3.1.4.1).
		name = names.Parent(name)
	}
	for above := range names.Up(name) {
		if z := r.cachedZone(above); z != nil {
			return z
		}
	}
	return r.rootZone()
}

func (r *Resolver) rootZone() *zone {
	root := &zone{name: "."}
	for _, hint := range r.Roots {
		root.servers = append(root.servers, nameserver{name: dns.CanonicalName(hint.Name), addrs: slices.Clone(hint.Addrs)})
	}
	return root
}

// cachedZone is the zone of that name by the cache, or nil if the cache does
// not have its servers, or has lost the addresses of servers whose names are
// in the very zone: then only the parent can help.
func (r *Resolver) cachedZone(name string) *zone {
	now := r.clock.Now()
	ns := r.cache.get(key{name, dns.TypeNS}, now)
	if ns == nil || len(ns.rrs) == 0 {
		return nil
	}
	z, reachable := &zone{name: name}, false
	for _, host := range serverNames(ns) {
		server := nameserver{name: host}
		for _, t := range addressTypes {
			if found := r.cache.get(key{host, t}, now); found != nil {
				server.addrs = append(server.addrs, addresses(found)...)
			}
		}
		reachable = reachable || len(server.addrs) > 0 || !dns.IsSubDomain(name, host)
		z.servers = append(z.servers, server)
	}
	if !reachable {
		return nil
	}
	return z
}

// askZone asks the servers of z, one after the other, until one has something
// useful to say.
func (w *walk) askZone(ctx context.Context, z *zone, k key) (verdict, error) {
	silent := map[netip.Addr]bool{}
	last := errNoServer
	for addr := range w.addresses(ctx, z, silent) {
		delete(silent, addr)
		reply, err := w.exchange(ctx, addr, k)
		if ctx.Err() != nil {
			return verdict{}, context.Cause(ctx)
		}
		if err != nil {
			if errors.Is(err, errBudget) {
				return verdict{}, err
			}
			silent[addr] = isTimeout(err)
			last = fmt.Errorf("server %v of %s: %w", addr, z.name, err)
			continue
		}
		v := sift(reply, z.name, k, w.clock.Now(), w.limits)
		if v.answer != nil || v.child != nil {
			return v, nil
		}
		w.servers.useless(addr, w.clock.Now())
		last = fmt.Errorf("server %v of %s is of no use: it says %s", addr, z.name, dns.RcodeToString[reply.Rcode])
	}
	if ctx.Err() != nil {
		return verdict{}, context.Cause(ctx)
	}
	return verdict{}, last
}

// rounds is how often a server that stays silent is asked. Each time it has
// twice as long to answer; [Limits.Time] may end it sooner.
const rounds = 5

// addresses yields the addresses of z's servers in the order in which to ask
// them: those that are known, the quickest first; then those of servers whose
// names must be looked up first; then again those that were silent.
func (w *walk) addresses(ctx context.Context, z *zone, silent map[netip.Addr]bool) iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		var asked []netip.Addr
		offer := func(addrs []netip.Addr) bool {
			w.servers.sort(addrs, w.clock.Now())
			for _, addr := range addrs {
				if slices.Contains(asked, addr) || addr.IsLoopback() && !w.local {
					continue // a stranger's zone must not make us ask our own host
				}
				asked = append(asked, addr)
				if !yield(addr) {
					return false
				}
			}
			return true
		}
		if !offer(z.addrs()) {
			return
		}
		for found := range w.lookUpServers(ctx, z) {
			if !offer(found) {
				return
			}
		}
		for range rounds - 1 {
			for _, addr := range asked {
				if silent[addr] && !yield(addr) {
					return
				}
			}
		}
	}
}

// addrs are the addresses known of z's servers.
func (z *zone) addrs() []netip.Addr {
	var all []netip.Addr
	for _, server := range z.servers {
		all = append(all, server.addrs...)
	}
	return all
}

// lookUpServers looks up the names of those of z's servers that came without
// glue, a few of them, and yields the addresses of each; the IPv6 ones only
// once the others were of no use.
func (w *walk) lookUpServers(ctx context.Context, z *zone) iter.Seq[[]netip.Addr] {
	return func(yield func([]netip.Addr) bool) {
		left := w.limits.Servers
		for _, server := range z.servers {
			if len(server.addrs) > 0 {
				continue
			}
			if left--; left < 0 {
				return
			}
			for _, t := range addressTypes {
				chain, err := w.resolve(ctx, key{server.name, t})
				if errors.Is(err, errBudget) || ctx.Err() != nil {
					return
				}
				if err != nil {
					break // what failed for one type fails for the other
				}
				if !yield(addresses(chain[len(chain)-1])) {
					return
				}
				if chain[len(chain)-1].rcode == dns.RcodeNameError {
					break
				}
			}
		}
	}
}
