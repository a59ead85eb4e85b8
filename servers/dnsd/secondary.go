package dnsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// How long a secondary waits where the SOA does not say.
const (
	firstRetry   = time.Second // without a copy, then twice as long each time
	longestRetry = 5 * time.Minute
	shortestWait = time.Second // whatever the SOA says
	patience     = 30 * time.Second
)

// secondary keeps one zone as its primaries have it (RFC 1034 §4.3.5): it asks
// for their SOA every REFRESH seconds, or RETRY after a failure; takes the whole
// zone when the serial is newer; and after EXPIRE seconds without a word from
// any, answers no more.
type secondary struct {
	authority *Authority
	zone      *Zone
	primaries []netip.AddrPort
	clock     clock.Clock
	notified  chan struct{} // holds a token after a NOTIFY

	removed context.Context // ends when the zone is removed
	remove  context.CancelFunc

	current time.Time     // when the copy was last known to be current
	backoff time.Duration // the last wait without a copy
}

func newSecondary(a *Authority, z *Zone, primaries []netip.AddrPort) *secondary {
	removed, remove := context.WithCancel(context.Background())
	return &secondary{
		removed:   removed,
		remove:    remove,
		authority: a,
		zone:      z,
		primaries: slices.Clone(primaries),
		clock:     clock.Or(a.Clock),
		notified:  make(chan struct{}, 1),
	}
}

func (s *secondary) isPrimary(addr netip.Addr) bool {
	return slices.ContainsFunc(s.primaries, func(p netip.AddrPort) bool { return p.Addr().Unmap() == addr })
}

// wake makes run look at the primaries now.
func (s *secondary) wake() {
	select {
	case s.notified <- struct{}{}:
	default:
	}
}

// run refreshes the zone until ctx ends or the zone is removed.
func (s *secondary) run(ctx context.Context, nw netx.Network) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(s.removed, cancel)
	defer stop()
	for failed := false; ctx.Err() == nil; {
		err := s.refresh(ctx, nw)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			level := slog.LevelWarn
			if !failed {
				level = slog.LevelInfo // the primary may be just starting, too
			}
			s.authority.log().Log(ctx, level, "zone not refreshed", "zone", s.zone.name, "error", err)
		}
		failed = err != nil
		s.expire()
		s.sleep(ctx, s.wait(err == nil))
		s.expire()
	}
}

// wait is how long until the next refresh, or until the copy expires.
func (s *secondary) wait(refreshed bool) time.Duration {
	content := s.zone.records.Load()
	if content == nil {
		s.backoff = min(max(2*s.backoff, firstRetry), longestRetry)
		return s.backoff
	}
	s.backoff = 0
	soa := content.soa()
	wait := seconds(soa.Retry)
	if refreshed {
		wait = seconds(soa.Refresh)
	}
	return max(min(wait, s.current.Add(seconds(soa.Expire)).Sub(s.clock.Now())), shortestWait)
}

// expire drops the copy when it is too old to be believed.
func (s *secondary) expire() {
	content := s.zone.records.Load()
	if content == nil || s.clock.Now().Before(s.current.Add(seconds(content.soa().Expire))) {
		return
	}
	s.authority.log().Error("zone expired", "zone", s.zone.name, "serial", content.soa().Serial)
	s.zone.replace(nil)
}

// sleep ends after d, with a NOTIFY, or with ctx.
func (s *secondary) sleep(ctx context.Context, d time.Duration) {
	due := make(chan struct{})
	timer := s.clock.AfterFunc(d, func() { close(due) })
	defer timer.Stop()
	select {
	case <-due:
	case <-s.notified:
	case <-ctx.Done():
	}
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }

// refresh asks the primaries, one after another, until one has answered.
func (s *secondary) refresh(ctx context.Context, nw netx.Network) error {
	var failed []error
	for _, primary := range s.primaries {
		asked := s.clock.Now()
		err := s.refreshFrom(ctx, nw, primary)
		if err == nil {
			s.current = asked
			return nil
		}
		failed = append(failed, fmt.Errorf("primary %s: %w", primary, err))
	}
	return errors.Join(failed...)
}

// refreshFrom compares serials with one primary, and takes its zone when that
// is newer than the copy. The copy stays as it is until the new one is complete.
func (s *secondary) refreshFrom(ctx context.Context, nw netx.Network, primary netip.AddrPort) error {
	dialing, cancel := clock.WithTimeout(ctx, s.clock, patience)
	defer cancel()
	conn, err := nw.DialContext(dialing, "tcp", primary.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c := &transferConn{conn: conn, clock: s.clock, zone: s.zone.name}
	theirs, err := c.serial()
	if err != nil {
		return err
	}
	if own, ok := s.zone.Serial(); ok && own == theirs {
		return nil
	} else if ok && !newer(theirs, own) {
		return fmt.Errorf("has serial %d, which is older than %d", theirs, own)
	}
	content, err := c.receive()
	if err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	s.zone.replace(content)
	s.authority.log().Info("zone transferred", "zone", s.zone.name, "from", primary, "serial", content.soa().Serial)
	return nil
}

// transferConn is a TCP connection to a primary.
type transferConn struct {
	conn  net.Conn
	clock clock.Clock
	zone  string
	id    uint16
}

// ask sends a query about the zone.
func (c *transferConn) ask(qtype uint16) error {
	query := new(dns.Msg)
	query.SetQuestion(c.zone, qtype)
	query.RecursionDesired = false
	query.Id = uint16(rand.Uint32())
	c.id = query.Id
	if err := c.conn.SetDeadline(c.clock.Now().Add(patience)); err != nil {
		return err
	}
	return (&dns.Conn{Conn: c.conn}).WriteMsg(query)
}

// next reads one message of the reply.
func (c *transferConn) next() (*dns.Msg, error) {
	if err := c.conn.SetDeadline(c.clock.Now().Add(patience)); err != nil {
		return nil, err
	}
	m, err := (&dns.Conn{Conn: c.conn}).ReadMsg()
	switch {
	case err != nil:
		return nil, err
	case m.Id != c.id || !m.Response:
		return nil, errors.New("the reply is to another query")
	case m.Rcode != dns.RcodeSuccess:
		return nil, errors.New(dns.RcodeToString[m.Rcode])
	}
	return m, nil
}

// serial asks for the primary's SOA.
func (c *transferConn) serial() (uint32, error) {
	if err := c.ask(dns.TypeSOA); err != nil {
		return 0, err
	}
	m, err := c.next()
	if err != nil {
		return 0, err
	}
	for _, rr := range m.Answer {
		if soa, ok := rr.(*dns.SOA); ok && canonical(soa.Hdr.Name) == c.zone && m.Authoritative {
			return soa.Serial, nil
		}
	}
	return 0, errors.New("is not authoritative for the zone")
}

// receive takes the whole zone: it begins and ends with the SOA, and is not to
// be believed without its end (RFC 5936 §2.2).
func (c *transferConn) receive() (*records, error) {
	if err := c.ask(dns.TypeAXFR); err != nil {
		return nil, err
	}
	in := incoming{content: &records{apex: c.zone, nodes: make(map[string]*node)}}
	for !in.complete {
		m, err := c.next()
		if err != nil {
			return nil, err
		}
		if len(m.Answer) == 0 {
			return nil, errors.New("a message without records")
		}
		for _, rr := range m.Answer {
			if err := in.add(rr); err != nil {
				return nil, err
			}
		}
	}
	return in.content, nil
}

// incoming is a zone that is being transferred.
type incoming struct {
	content  *records
	count    int
	complete bool
}

// add takes the next record of the transfer.
func (in *incoming) add(rr dns.RR) error {
	const most = 10_000_000
	soa, isSOA := rr.(*dns.SOA)
	in.count++
	switch {
	case in.complete:
		return errors.New("more records after the end")
	case in.count > most:
		return fmt.Errorf("more than %d records", most)
	case in.count == 1 && !isSOA:
		return errors.New("does not begin with the SOA")
	case isSOA && in.count > 1:
		if soa.Serial != in.content.soa().Serial {
			return errors.New("the zone changed during the transfer")
		}
		in.complete = true
		return nil
	}
	return in.content.add(rr)
}
