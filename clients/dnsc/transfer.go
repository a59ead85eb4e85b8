package dnsc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/protocol/dnsmsg"
)

// StatusError is the response code of a server that did not do as it was asked.
type StatusError struct {
	Server netip.AddrPort
	Rcode  int // such as dns.RcodeRefused
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("dnsc: %v says %s", e.Server, rcode(e.Rcode))
}

// AXFR asks server for a whole zone (RFC 5936), and yields its
// records as they come. The first is the zone's SOA record, and so is the last:
// then the zone is complete. If it is not, the last thing yielded is an error,
// and what came before must not be taken for the zone. A refusal is a
// *[StatusError].
func (c *Client) AXFR(ctx context.Context, server netip.AddrPort, zone string) iter.Seq2[dns.RR, error] {
	return func(yield func(dns.RR, error) bool) {
		if err := c.transfer(ctx, server, zone, yield); err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// errEnough says that the caller wants no more.
var errEnough = errors.New("dnsc: enough")

func (c *Client) transfer(ctx context.Context, server netip.AddrPort, zone string, yield func(dns.RR, error) bool) error {
	query, err := c.newQuery(zone, dns.TypeAXFR, dns.ClassINET)
	if err != nil {
		return err
	}
	query.RecursionDesired = false
	conn, err := c.dial(ctx, "tcp", server)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	conn.SetDeadline(c.clock().Now().Add(c.tcpTimeout()))
	if err := writeTCP(conn, query); err != nil {
		return orEnd(ctx, err)
	}
	t := &transfer{query: query, server: server, yield: yield}
	for left := c.maxTransfer(); !t.complete; {
		packet, err := dnsmsg.Read(conn)
		if err != nil {
			return orEnd(ctx, t.cutOff(err))
		}
		if left -= len(packet); left < 0 {
			return fmt.Errorf("dnsc: the zone %s is longer than %d bytes", query.Question[0].Name, c.maxTransfer())
		}
		if err := t.message(packet); err != nil {
			return err
		}
		conn.SetDeadline(c.clock().Now().Add(c.tcpTimeout()))
	}
	return nil
}

func (c *Client) maxTransfer() int {
	if c.MaxTransfer > 0 {
		return c.MaxTransfer
	}
	return 256 << 20
}

// transfer is one zone on its way.
type transfer struct {
	query    *dns.Msg
	server   netip.AddrPort
	yield    func(dns.RR, error) bool
	messages int
	first    *dns.SOA
	complete bool
}

// cutOff says that the connection ended before the zone did.
func (t *transfer) cutOff(err error) error {
	return fmt.Errorf("dnsc: %v: the transfer of %s stopped after %d messages, before the last SOA record: %w",
		t.server, t.query.Question[0].Name, t.messages, err)
}

// message takes one message of the reply (RFC 5936 §2.2). Only the first must
// have the question in it.
func (t *transfer) message(packet []byte) error {
	msg := new(dns.Msg)
	if err := msg.Unpack(packet); err != nil {
		return fmt.Errorf("dnsc: %v: message %d of the transfer: %w", t.server, t.messages+1, err)
	}
	if msg.Id != t.query.Id || !msg.Response || len(msg.Question) > 0 && !dnsmsg.SameQuestion(msg, t.query) {
		return fmt.Errorf("dnsc: %v: message %d is no part of the transfer", t.server, t.messages+1)
	}
	if msg.Rcode != dns.RcodeSuccess {
		return &StatusError{Server: t.server, Rcode: msg.Rcode}
	}
	t.messages++
	for _, rr := range msg.Answer {
		if err := t.record(rr); err != nil {
			return err
		}
	}
	if t.first == nil {
		return fmt.Errorf("dnsc: %v: the transfer begins with an empty message", t.server)
	}
	return nil
}

func (t *transfer) record(rr dns.RR) error {
	zone := t.query.Question[0].Name
	soa, isSOA := rr.(*dns.SOA)
	isSOA = isSOA && strings.EqualFold(soa.Hdr.Name, zone)
	switch {
	case t.complete:
		return fmt.Errorf("dnsc: %v: a record after the end of the zone %s", t.server, zone)
	case t.first == nil && !isSOA:
		return fmt.Errorf("dnsc: %v: the transfer does not begin with the SOA record of %s", t.server, zone)
	case t.first == nil:
		t.first = soa
	case isSOA && soa.Serial != t.first.Serial:
		return fmt.Errorf("dnsc: %v: the zone %s changed while it was sent: serial %d at first, %d at last", t.server, zone, t.first.Serial, soa.Serial)
	case isSOA:
		t.complete = true
	}
	if !t.yield(rr, nil) {
		return errEnough
	}
	return nil
}
