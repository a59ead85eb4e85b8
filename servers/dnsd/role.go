package dnsd

import (
	"context"
	"net/netip"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/netx"
)

// Role answers questions: it is what makes a server authoritative, or a
// resolver. [Server] does what is the same for both: it receives, checks the
// header, and sends.
//
// A Role may also be a [Runner], a [FastRole], a [Transferer] or a
// [Notifiable]: Server looks for each.
type Role interface {
	// Answer returns the reply to query, which has opcode QUERY and exactly
	// one question, of a type that can be asked for. The reply is never nil: REFUSED says that the role will
	// not answer. It sets the response code, AA, RA and the three sections.
	// The rest is the server's: the ID, QR, the copied RD and CD bits, the
	// question as it was asked, the OPT record, and cutting the reply down to
	// what the asker can take.
	//
	// Answer may wait (a resolver does): it has a goroutine of its own, and
	// ctx ends when the server stops. It must not change query; the server may
	// change the reply's header and sections, but not the records in them.
	Answer(ctx context.Context, query *dns.Msg, from netip.AddrPort) *dns.Msg
}

// Runner is a role with work of its own beside the questions, as a secondary
// that refreshes its zones. Serve runs it, and waits for it.
type Runner interface {
	// Run works until ctx ends, and then returns nil. An error before that
	// ends Serve with it.
	Run(ctx context.Context, nw netx.Network) error
}

// FastRole is a role that has most replies at hand, already packed. Unpacking
// a query and packing the reply costs more than everything else about a small
// answer, so the server asks here first.
type FastRole interface {
	// AppendReply appends the packed reply to q to buf and returns the
	// extended slice, or returns nil when it has none at hand: then Answer is
	// asked. It runs on the loop that receives all queries, so it must not
	// wait. See [PlainQuery.AppendReply] for what makes a packed reply one to
	// this query.
	AppendReply(buf []byte, q *PlainQuery, from netip.AddrPort) []byte
}

// Transferer is a role that hands out whole zones (RFC 5936).
type Transferer interface {
	// Transfer answers a query of type AXFR or IXFR that came over TCP. It
	// calls send for each message of the reply, in order, with the sections
	// filled as in Answer. A refusal is one message with its response code.
	// An error ends the connection: the asker must not take half a zone for
	// a whole one.
	Transfer(ctx context.Context, query *dns.Msg, from netip.AddrPort, send func(*dns.Msg) error) error
}

// Notifiable is a role that wants to hear that a zone has changed (RFC 1996).
// Without it the server answers a NOTIFY with NOTIMP.
type Notifiable interface {
	// Notified returns the reply to a NOTIFY.
	Notified(ctx context.Context, query *dns.Msg, from netip.AddrPort) *dns.Msg
}
