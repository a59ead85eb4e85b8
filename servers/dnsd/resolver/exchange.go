package resolver

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/protocol/dnsmsg"
)

const (
	// udpSize is the longest reply asked for over UDP: what fits into one
	// frame on any path, so that no fragment can be slipped in.
	udpSize = 1232

	// mostForged is how many wrong replies to one query are passed over before
	// the question is asked again by TCP: somebody is guessing (RFC 5452 §9).
	mostForged = 16
)

var (
	errForged = errors.New("too many replies that are not to this query")
	errBudget = errors.New("the question costs too much")
)

// exchange asks the server at addr, and returns its reply. What a reply must
// be in order to be taken is said at [query.accepts].
func (w *walk) exchange(ctx context.Context, addr netip.Addr, k key) (*dns.Msg, error) {
	wait, edns := w.servers.approach(addr, w.clock.Now())
	reply, err := w.ask(ctx, addr, w.newQuery(k, edns), wait)
	if err == nil && edns && unknownEDNS(reply) {
		w.servers.withoutEDNS(addr, w.clock.Now())
		reply, err = w.ask(ctx, addr, w.newQuery(k, false), wait)
	}
	switch now := w.clock.Now(); {
	case err == nil || errors.Is(err, errBudget) || ctx.Err() != nil:
	case isTimeout(err):
		w.servers.silent(addr, now)
	default:
		w.servers.useless(addr, now)
	}
	return reply, err
}

// unknownEDNS reports whether reply is what a server says that does not know
// EDNS (RFC 6891 §7).
func unknownEDNS(reply *dns.Msg) bool {
	return reply.Rcode == dns.RcodeFormatError || reply.Rcode == dns.RcodeNotImplemented || reply.Rcode == dns.RcodeBadVers
}

// ask asks by UDP; by TCP when the reply was cut short (RFC 7766 §5), or when
// forged ones come in such numbers that one might fit.
func (w *walk) ask(ctx context.Context, addr netip.Addr, q *query, wait time.Duration) (*dns.Msg, error) {
	reply, err := w.askOver(ctx, "udp", addr, q, wait)
	if errors.Is(err, errForged) || err == nil && reply.Truncated {
		return w.askOver(ctx, "tcp", addr, q, longestWait)
	}
	return reply, err
}

// askOver sends q over a socket of its own, so that its source port is one that
// nobody can know beforehand (RFC 5452 §9.2).
func (w *walk) askOver(ctx context.Context, network string, addr netip.Addr, q *query, wait time.Duration) (*dns.Msg, error) {
	if w.queries == 0 {
		return nil, errBudget
	}
	start := w.clock.Now()
	ctx, cancel := clock.WithTimeout(ctx, w.clock, wait)
	defer cancel()
	conn, err := w.nw.DialContext(ctx, network, netip.AddrPortFrom(addr, w.port()).String())
	if err != nil {
		return nil, orCause(ctx, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	w.queries--
	reply, err := q.over(network, conn)
	if err != nil {
		return nil, orCause(ctx, err)
	}
	if network == "udp" {
		w.servers.answered(addr, w.clock.Now().Sub(start), w.clock.Now())
	}
	return reply, nil
}

// orCause is why ctx ended, when it has: err is then only that its end closed
// the connection.
func orCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// query is one question on its way.
type query struct {
	*dns.Msg
	exactCase bool // the reply must have the name's letters as they were sent
	packet    []byte
	err       error
}

// newQuery makes a query for k: with an ID that nobody can guess, without RD,
// since it asks for what the server itself knows, and with EDNS.
func (w *walk) newQuery(k key, edns bool) *query {
	var random [2]byte
	rand.Read(random[:])
	q := &query{Msg: &dns.Msg{Question: []dns.Question{{Name: k.name, Qtype: k.rrtype, Qclass: dns.ClassINET}}}}
	q.Id = binary.BigEndian.Uint16(random[:])
	if w.RandomCase {
		q.Question[0].Name, q.exactCase = randomCase(k.name), true
	}
	if edns {
		q.SetEdns0(udpSize, false)
	}
	q.packet, q.err = q.Pack()
	return q
}

// randomCase writes each letter of name large or small, by lot. A server
// copies the name as it is: one bit more a letter to guess for who forges.
func randomCase(name string) string {
	mixed := []byte(name)
	lots := make([]byte, len(mixed))
	rand.Read(lots)
	for i, c := range mixed {
		if lots[i]&1 != 0 {
			mixed[i] = bytes.ToUpper([]byte{c})[0]
		}
	}
	return string(mixed)
}

// over sends q on conn and waits for the reply.
func (q *query) over(network string, conn net.Conn) (*dns.Msg, error) {
	if q.err != nil {
		return nil, q.err
	}
	if network == "tcp" {
		return q.overTCP(conn)
	}
	if _, err := conn.Write(q.packet); err != nil {
		return nil, err
	}
	buf := make([]byte, udpSize+1)
	for range mostForged {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		if reply := q.accepts(buf[:n]); reply != nil {
			return reply, nil
		}
	}
	return nil, errForged
}

// overTCP does the same on a connection.
func (q *query) overTCP(conn net.Conn) (*dns.Msg, error) {
	if _, err := conn.Write(dnsmsg.Framed(q.packet)); err != nil {
		return nil, err
	}
	packet, err := dnsmsg.Read(conn)
	if err != nil {
		return nil, err
	}
	if reply := q.accepts(packet); reply != nil {
		return reply, nil
	}
	return nil, fmt.Errorf("%s sent a reply to another query", conn.RemoteAddr())
}

// accepts returns the reply in packet, or nil if it is none to q. That it comes from
// the address and port that q went to is seen to by the socket, which is connected.
func (q *query) accepts(packet []byte) *dns.Msg {
	reply := dnsmsg.Reply(packet, q.Msg)
	if reply != nil && q.exactCase && len(reply.Question) > 0 && reply.Question[0].Name != q.Question[0].Name {
		return nil
	}
	return reply
}
