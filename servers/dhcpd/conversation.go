package dhcpd

import (
	"cmp"
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// conversation is what a server says and hears between the start and the end
// of one Serve.
type conversation struct {
	*Server
	conn   socket
	batch  *batch // conn, if many messages can go at once
	book   *book
	asked  request       // the message that is being answered
	out    []datagram    // replies that are to be sent; the server's lock guards it
	probes chan struct{} // a place for each probe under way
	buffer [maxMessage]byte
	wait   sync.WaitGroup
}

// run reads message after message until ctx ends.
func (c *conversation) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { c.conn.Close() })
	defer stop()
	silent := make(chan struct{})
	written := make(chan error, 1)
	go func() {
		written <- c.book.write(c.Server, silent, c.send)
		cancel() // without its disk the server is of no use
	}()
	err := c.loop(ctx)
	cancel()
	c.wait.Wait()
	close(silent)
	return cmp.Or(<-written, err)
}

func (c *conversation) loop(ctx context.Context) error {
	next := c.next
	if c.batch != nil {
		next = c.nextBatch
	}
	for {
		err := next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		c.deliver()
	}
}

// hear takes one message and leads to what its type asks for (RFC 2131
// §4.3). What cannot be read is no reason for an answer.
func (c *conversation) hear(ctx context.Context, b []byte) {
	r := &c.asked
	if err := r.read(b); err != nil {
		c.log().Debug("not understood", "error", err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.pool = c.network(r); r.pool == nil {
		c.log().Debug("no such network", "client", r.client.mac, "relay", r.relay)
		return
	}
	switch r.kind() {
	case dhcpv4.MessageTypeDiscover:
		c.discover(ctx, r)
	case dhcpv4.MessageTypeRequest:
		c.request(r)
	case dhcpv4.MessageTypeDecline:
		c.decline(r)
	case dhcpv4.MessageTypeRelease:
		c.release(r)
	case dhcpv4.MessageTypeInform:
		c.inform(r)
	}
}

// network is that which the client is on: the relay agent's, if one has
// passed the message on, or that of an address that the client has, or else the
// server's own (RFC 2131 §4.3.1).
func (c *conversation) network(r *request) *pool {
	switch {
	case r.relay.IsValid():
		return c.poolOf(r.relay)
	case r.has.IsValid():
		if p := c.poolOf(r.has); p != nil {
			return p
		}
	}
	return c.poolOf(c.ID)
}

// discover offers an address (RFC 2131 §4.3.1), once it is known that nobody
// uses it.
func (c *conversation) discover(ctx context.Context, r *request) {
	now := c.now()
	a, ok := r.pool.choose(&r.client, r.wish, now)
	if !ok {
		c.log().Warn("no address is left", "network", r.pool.Prefix, "client", r.client.mac.String())
		return
	}
	known := r.pool.of(&r.client)
	if known != nil && known.Addr == a && known.active(now) {
		c.reply(r, dhcpv4.MessageTypeOffer, a)
		return
	}
	offered := known != nil && known.Addr == a && known.State == Offered && !known.over(now)
	if offered && known.Since.IsZero() {
		return // it is kept, but not yet offered: the probe is still under way
	}
	until := now.Add(cmp.Or(c.OfferTime, defaultOfferTime))
	if offered || c.Probe == nil {
		r.pool.keep(a, &r.client, Offered, now, until)
		c.reply(r, dhcpv4.MessageTypeOffer, a)
		return
	}
	select {
	case c.probes <- struct{}{}:
		r.pool.keep(a, &r.client, Offered, time.Time{}, until)
		r := r.keep()
		c.wait.Go(func() {
			netx.Guard(ctx, c.Log, "probe of "+a.String(), func() { c.probe(ctx, r, a) })
			c.deliver()
			<-c.probes
		})
	default:
		c.log().Warn("too many probes at once", "client", r.client.mac.String())
	}
}

// probe asks whether somebody uses a, and offers it when nobody answers.
// Otherwise the address goes on probation, and another is tried.
func (c *conversation) probe(ctx context.Context, r *request, a netip.Addr) {
	waiting, cancel := clock.WithTimeout(ctx, clock.Or(c.Clock), cmp.Or(c.ProbeWait, defaultProbeWait))
	taken := c.Probe(waiting, a)
	cancel()
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	mine := r.pool.of(&r.client)
	if mine == nil || mine.Addr != a || mine.State != Offered {
		return // meanwhile the client has taken another way
	}
	if !taken {
		r.pool.keep(a, &r.client, Offered, now, now.Add(cmp.Or(c.OfferTime, defaultOfferTime)))
		c.reply(r, dhcpv4.MessageTypeOffer, a)
		return
	}
	c.log().Warn("a stranger uses an address of the pool", "address", a)
	c.suspect(r.pool, a, now)
	c.discover(ctx, r)
}

// suspect puts an address on probation.
func (c *conversation) suspect(p *pool, a netip.Addr, now time.Time) {
	l := p.put(Lease{Addr: a, State: Declined, Since: now, Until: now.Add(cmp.Or(c.Probation, defaultProbation))})
	c.book.note(l)
}

// request tells the four uses of REQUEST apart, by which of its fields are
// filled in (RFC 2131 §4.3.2, table 4).
func (c *conversation) request(r *request) {
	switch {
	case r.server.IsValid():
		c.selecting(r)
	case r.has.IsValid():
		c.extending(r)
	case r.wish.IsValid():
		c.rebooting(r)
	}
}

// selecting: the client has chosen an offer. If it is another server's, ours
// can be offered to others.
func (c *conversation) selecting(r *request) {
	now := c.now()
	mine := r.pool.of(&r.client)
	switch {
	case r.server != c.ID:
		if mine != nil && mine.State == Offered {
			c.log().Debug("another server's offer was taken", "client", r.client.mac, "server", r.server)
			r.pool.keep(mine.Addr, &r.client, Released, now, now)
		}
	case r.pool.may(r.wish, &r.client) && r.pool.free(r.wish, &r.client, now):
		c.bind(r, r.wish, now)
	default:
		c.refuse(r, "that address is not yours")
	}
}

// rebooting: the client has an address from before it was switched off, and
// asks whether it is still good.
func (c *conversation) rebooting(r *request) {
	now := c.now()
	mine := r.pool.of(&r.client)
	switch {
	case !r.pool.Prefix.Contains(r.wish):
		c.object(r, "that address is of another network")
	case mine == nil:
		c.object(r, "you have no lease here")
	case mine.Addr != r.wish || !r.pool.may(r.wish, &r.client) || !r.pool.free(r.wish, &r.client, now):
		c.refuse(r, "that address is not yours any more")
	default:
		c.bind(r, r.wish, now)
	}
}

// extending: the client is in RENEWING and asks us alone, or in REBINDING and
// asks everybody. What it asks for is the same.
func (c *conversation) extending(r *request) {
	now := c.now()
	mine := r.pool.of(&r.client)
	switch {
	case mine != nil && mine.Addr == r.has && r.pool.may(r.has, &r.client) && r.pool.free(r.has, &r.client, now):
		c.bind(r, r.has, now)
	default:
		c.object(r, "that address is not lent to you")
	}
}

// object says no where this server has the say; it is silent where another may
// have given the address.
func (c *conversation) object(r *request, why string) {
	if r.pool.Authoritative {
		c.refuse(r, why)
	}
}

// refuse sends NAK: the client must begin anew.
func (c *conversation) refuse(r *request, why string) {
	c.log().Info("refused", "client", r.client.mac.String(), "address", cmp.Or(r.has, r.wish), "why", why)
	c.book.after(c.nak(r, why), c.post)
}

// bind lends the address, and says so once it is written down.
func (c *conversation) bind(r *request, a netip.Addr, now time.Time) {
	l := r.pool.keep(a, &r.client, Bound, now, now.Add(r.lease()))
	c.book.note(l)
	if log := c.log(); log.Enabled(context.Background(), slog.LevelDebug) {
		log.Debug("lent", "address", a, "client", r.client.mac, "name", r.client.name, "until", l.Until)
	}
	c.reply(r, dhcpv4.MessageTypeAck, a)
}

// decline: the client has found out that somebody else uses the address
// (RFC 2131 §4.3.3).
func (c *conversation) decline(r *request) {
	mine := r.pool.of(&r.client)
	if r.server != c.ID || mine == nil || mine.Addr != r.wish {
		return
	}
	c.log().Warn("a stranger uses an address of the pool", "address", r.wish, "found by", r.client.mac.String())
	c.suspect(r.pool, r.wish, c.now())
}

// release: the client gives its address back. We remember who had it, to give
// it the same again (RFC 2131 §4.3.4).
func (c *conversation) release(r *request) {
	mine := r.pool.of(&r.client)
	if r.server.IsValid() && r.server != c.ID || mine == nil || mine.Addr != r.has || mine.State != Bound {
		return
	}
	now := c.now()
	client := client{id: mine.Client, mac: mine.MAC, name: mine.Name}
	c.book.note(r.pool.keep(r.has, &client, Released, now, now))
	c.log().Debug("given back", "address", r.has, "client", r.client.mac)
}

// inform: the client has its address from elsewhere, and wants to know the
// rest. There is no lease in the answer (RFC 2131 §4.3.5).
func (c *conversation) inform(r *request) {
	if r.has.IsValid() {
		c.reply(r, dhcpv4.MessageTypeAck, netip.Addr{})
	}
}
