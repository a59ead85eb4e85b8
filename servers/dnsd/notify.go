package dnsd

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// How a NOTIFY is sent (RFC 1996 §3.6): after a moment in which more changes
// may come, then again at growing intervals until it is answered.
const (
	notifyDelay = 50 * time.Millisecond
	notifyFirst = 2 * time.Second
	notifyTries = 5
)

// notices are the zones whose secondaries have yet to be told.
type notices struct {
	mu     sync.Mutex
	zones  map[*Zone]struct{}
	posted chan struct{} // holds one token while zones is not empty
}

func (n *notices) post(z *Zone) {
	n.mu.Lock()
	if n.zones == nil {
		n.zones = make(map[*Zone]struct{})
	}
	n.zones[z] = struct{}{}
	n.mu.Unlock()
	select {
	case n.bell() <- struct{}{}:
	default:
	}
}

func (n *notices) bell() chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.posted == nil {
		n.posted = make(chan struct{}, 1)
	}
	return n.posted
}

func (n *notices) take() []*Zone {
	n.mu.Lock()
	defer n.mu.Unlock()
	zones := slices.Collect(maps.Keys(n.zones))
	clear(n.zones)
	return zones
}

// notifyAll tells the secondaries of each zone that changes, until ctx ends. A
// zone that changes again is told anew, and the telling before ends.
func (a *Authority) notifyAll(ctx context.Context, nw netx.Network) {
	var wait sync.WaitGroup
	defer wait.Wait()
	telling := make(map[*Zone]context.CancelFunc)
	defer func() {
		for _, stop := range telling {
			stop()
		}
	}()
	for {
		select {
		case <-a.notices.bell():
		case <-ctx.Done():
			return
		}
		if clock.Sleep(ctx, clock.Or(a.Clock), notifyDelay) != nil {
			return
		}
		for _, z := range a.notices.take() {
			if stop, ok := telling[z]; ok {
				stop()
			}
			ctx, stop := context.WithCancel(ctx)
			telling[z] = stop
			content := z.records.Load()
			if content == nil {
				continue
			}
			for _, target := range a.targets(z, content) {
				wait.Go(func() {
					netx.Guard(ctx, a.Log, "notify "+target.String(), func() { a.notify(ctx, nw, content, target) })
				})
			}
		}
	}
}

// targets lists whom to tell: those that Notify names, and for a zone of our
// own its name servers whose addresses we know, but for the one that the SOA
// names as the primary (RFC 1996 §2.1, "notify set").
func (a *Authority) targets(z *Zone, content *records) []netip.AddrPort {
	targets := slices.Clone(a.Notify)
	primary := canonical(content.soa().Ns)
	for _, rr := range content.lookup(content.apex, dns.TypeNS) {
		if server := canonical(rr.(*dns.NS).Ns); server != primary && !z.copied {
			targets = append(targets, a.addressesOf(server)...)
		}
	}
	slices.SortFunc(targets, netip.AddrPort.Compare)
	return slices.Compact(targets)
}

// addressesOf lists where host serves the DNS, as far as our zones say.
func (a *Authority) addressesOf(host string) []netip.AddrPort {
	zone := a.zones.Load().nearest(host, dns.TypeA)
	if zone == nil {
		return nil
	}
	content := zone.records.Load()
	if content == nil {
		return nil
	}
	var all []netip.AddrPort
	for _, rr := range slices.Concat(content.lookup(host, dns.TypeA), content.lookup(host, dns.TypeAAAA)) {
		var ip net.IP
		switch rr := rr.(type) {
		case *dns.A:
			ip = rr.A
		case *dns.AAAA:
			ip = rr.AAAA
		}
		if addr, ok := netip.AddrFromSlice(ip); ok {
			all = append(all, netip.AddrPortFrom(addr.Unmap(), 53))
		}
	}
	return all
}

// notify tells target that zone has a new serial, until target has heard it.
func (a *Authority) notify(ctx context.Context, nw netx.Network, zone *records, target netip.AddrPort) {
	pause := notifyFirst
	var err error
	for range notifyTries {
		if err = a.notifyOnce(ctx, nw, zone, target, pause); err == nil || ctx.Err() != nil {
			return
		}
		pause *= 2
	}
	a.log().Warn("secondary did not hear of a change", "zone", zone.apex, "secondary", target, "error", err)
}

// notifyOnce sends one NOTIFY, with the SOA as a hint (RFC 1996 §3.7), and
// waits for as long as pause for the answer. It returns early only when it was
// answered, or when ctx ended.
func (a *Authority) notifyOnce(ctx context.Context, nw netx.Network, zone *records, target netip.AddrPort, pause time.Duration) error {
	c := clock.Or(a.Clock)
	deadline := c.Now().Add(pause)
	err := a.exchangeNotify(ctx, nw, zone, target, deadline)
	if err != nil {
		if rest := deadline.Sub(c.Now()); rest > 0 {
			clock.Sleep(ctx, c, rest)
		}
	}
	return err
}

func (a *Authority) exchangeNotify(ctx context.Context, nw netx.Network, zone *records, target netip.AddrPort, deadline time.Time) error {
	conn, err := nw.DialContext(ctx, "udp", target.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	notice := new(dns.Msg)
	notice.SetNotify(zone.apex)
	notice.Id = uint16(rand.Uint32())
	notice.Authoritative = true
	notice.Answer = []dns.RR{zone.soa()}
	packed, err := notice.Pack()
	if err != nil {
		return err
	}
	if _, err := conn.Write(packed); err != nil {
		return err
	}
	return awaitNotifyReply(conn, notice.Id)
}

// awaitNotifyReply reads until the reply with that ID has come. Whatever its
// code is, target has heard (RFC 1996 §4.8 leaves nothing else to do).
func awaitNotifyReply(conn net.Conn, id uint16) error {
	buf := make([]byte, maxQuery)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return err
		}
		var reply dns.Msg
		if reply.Unpack(buf[:n]) == nil && reply.Response && reply.Id == id {
			return nil
		}
	}
}

// Notified hears that a zone may have changed at its primary (RFC 1996 §3.11):
// it is worth a look, if it is a primary who says so.
func (a *Authority) Notified(_ context.Context, query *dns.Msg, from netip.AddrPort) *dns.Msg {
	q := query.Question[0]
	reply := &dns.Msg{MsgHdr: dns.MsgHdr{Authoritative: true}}
	a.changing.Lock()
	s, ok := a.secondaries[canonical(q.Name)]
	a.changing.Unlock()
	switch {
	case q.Qtype != dns.TypeSOA || q.Qclass != dns.ClassINET:
		reply.Rcode = dns.RcodeFormatError
	case !ok:
		reply.Rcode = dns.RcodeNotAuth
	case !s.isPrimary(from.Addr()):
		a.log().Warn("notify from one who is no primary", "zone", q.Name, "from", from)
		reply.Rcode = dns.RcodeRefused
	default:
		a.log().Info("notified", "zone", q.Name, "by", from, "serial", serialIn(query))
		s.wake()
	}
	reply.Authoritative = reply.Rcode == dns.RcodeSuccess
	return reply
}

// serialIn is the serial that a NOTIFY hints at, for the log.
func serialIn(query *dns.Msg) string {
	for _, rr := range query.Answer {
		if soa, ok := rr.(*dns.SOA); ok {
			return fmt.Sprint(soa.Serial)
		}
	}
	return "unknown"
}
