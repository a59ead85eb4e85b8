package resolver

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Resolver answers every question by looking it up. It is a role of a
// dnsd.Server, which calls Run and Answer.
type Resolver struct {
	// Roots are the servers to begin with. See [ReadHints].
	Roots []Hint

	// Allow says who may ask: hosts with an address in one of these. Others
	// are answered REFUSED, lest strangers use the resolver to flood somebody
	// (RFC 5358). Without any, only this host may ask.
	Allow []netip.Prefix

	// RandomCase sends names with letters large and small by lot, and takes
	// only replies that have them so: harder to forge, and harder to read.
	RandomCase bool

	// Port is where all servers are asked; 0 means 53.
	Port uint16

	Limits Limits
	Clock  clock.Clock  // nil means clock.System
	Log    *slog.Logger // nil means slog.Default()

	once    sync.Once
	clock   clock.Clock // Clock and Limits, with what was left open filled in
	limits  Limits
	local   bool // the root is on this host, and so other servers may be
	cache   *cache
	packed  packedReplies
	servers servers
	flights flights
}

// prepare fills in what the zero value leaves open.
func (r *Resolver) prepare() {
	r.once.Do(func() {
		r.clock = clock.Or(r.Clock)
		r.limits = r.Limits.orDefaults()
		r.cache = newCache(r.limits.Cache)
		r.packed.limit = r.limits.Cache
		r.flights.begin()
		r.local = slices.ContainsFunc(r.rootZone().addrs(), netip.Addr.IsLoopback)
	})
}

// Run lets the resolver ask others, on nw, until ctx ends. Questions that come
// before Run wait for it.
func (r *Resolver) Run(ctx context.Context, nw netx.Network) error {
	r.prepare()
	if err := r.flights.open(ctx, nw); err != nil {
		return err
	}
	<-ctx.Done()
	r.flights.close()
	return nil
}

// Answer answers query: from the cache, or by asking down from the root. RA is
// set in every reply: recursion is available here.
func (r *Resolver) Answer(ctx context.Context, query *dns.Msg, from netip.AddrPort) *dns.Msg {
	r.prepare()
	reply := new(dns.Msg).SetReply(query)
	reply.RecursionAvailable = r.allowed(from.Addr())
	q := query.Question[0]
	if !reply.RecursionAvailable || q.Qclass != dns.ClassINET || q.Qtype == dns.TypeAXFR || q.Qtype == dns.TypeIXFR {
		reply.Rcode = dns.RcodeRefused
		return reply
	}
	k := key{dns.CanonicalName(q.Name), q.Qtype}
	if !query.RecursionDesired {
		r.answerFromCache(reply, k)
		return reply
	}
	chain, err := r.flights.share(ctx, k, r)
	if err != nil {
		r.log().Info("no answer", "question", k.String(), "from", from, "error", err)
		reply.Rcode = dns.RcodeServerFailure
		return reply
	}
	r.write(reply, chain)
	r.packed.keep(reply, chain, r.clock.Now())
	return reply
}

// allowed reports whether the host at addr may ask.
func (r *Resolver) allowed(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if len(r.Allow) == 0 {
		return addr.IsLoopback()
	}
	return slices.ContainsFunc(r.Allow, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// answerFromCache answers who does not desire recursion (RFC 1034 §4.3.1):
// with what is in the cache, else with a referral to the closest servers known.
func (r *Resolver) answerFromCache(reply *dns.Msg, k key) {
	now := r.clock.Now()
	if s := r.cache.lookup(k, now); s != nil && s.rank > failure {
		r.write(reply, []*set{s})
		return
	}
	z := r.closest(k)
	for _, server := range z.servers {
		header := func(name string, t uint16) dns.RR_Header {
			return dns.RR_Header{Name: name, Rrtype: t, Class: dns.ClassINET}
		}
		reply.Ns = append(reply.Ns, &dns.NS{Hdr: header(z.name, dns.TypeNS), Ns: server.name})
		for _, addr := range server.addrs {
			if addr.Is4() {
				reply.Extra = append(reply.Extra, &dns.A{Hdr: header(server.name, dns.TypeA), A: addr.AsSlice()})
			} else {
				reply.Extra = append(reply.Extra, &dns.AAAA{Hdr: header(server.name, dns.TypeAAAA), AAAA: addr.AsSlice()})
			}
		}
	}
}

// write fills reply with chain: the aliases and what they lead to.
func (r *Resolver) write(reply *dns.Msg, chain []*set) {
	now := r.clock.Now()
	owner := reply.Question[0].Name
	for _, s := range chain {
		reply.Answer = append(reply.Answer, s.records(owner, now)...)
		owner = s.alias()
	}
	last := chain[len(chain)-1]
	reply.Rcode = last.rcode
	if last.soa != nil {
		soa := *last.soa
		soa.Hdr.Ttl = last.ttl(now)
		reply.Ns = []dns.RR{&soa}
	}
}

// resolve does the work for one question on nw. A failure is remembered for a
// moment, so that a name that many ask for is not looked up in vain by each.
func (r *Resolver) resolve(ctx context.Context, nw netx.Network, k key) ([]*set, error) {
	ctx, cancel := clock.WithTimeout(ctx, r.clock, r.limits.Time)
	defer cancel()
	w := &walk{Resolver: r, nw: nw, queries: r.limits.Queries, fresh: map[key]*set{}}
	chain, err := w.resolve(ctx, k)
	if err != nil && !errors.Is(err, context.Canceled) {
		now := r.clock.Now()
		r.cache.put(newFailure(k, now, r.limits.Failure), now)
	}
	return chain, err
}

// Entries is what is in the cache, sorted from the root down.
func (r *Resolver) Entries() []Entry {
	r.prepare()
	return r.cache.entries(r.clock.Now())
}

// Flush forgets all names. What is known about the servers is kept.
func (r *Resolver) Flush() {
	r.prepare()
	r.cache.flush()
	r.packed.flush()
}

func (r *Resolver) port() uint16 { return cmp.Or(r.Port, 53) }

func (r *Resolver) log() *slog.Logger { return cmp.Or(r.Log, slog.Default()) }
