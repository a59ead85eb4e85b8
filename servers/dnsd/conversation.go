package dnsd

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/netx"
)

// maxMessage is the longest message there is: its length over TCP is two bytes.
const maxMessage = dns.MaxMsgSize - 1

var errPanicked = errors.New("dnsd: the role panicked")

// exchange is one query, and what is said to it.
type exchange struct {
	server *Server
	from   netip.AddrPort
	stream bool               // it came over TCP
	send   func([]byte) error // sends one packed message
	query  dns.Msg
	opt    *dns.OPT // the query's OPT record, if it has one
}

// handle answers the query in packet. The error is send's, or a broken off
// transfer's: nothing more can be said to this asker.
func (e *exchange) handle(ctx context.Context, packet []byte) error {
	const flags = 2
	if len(packet) < headerSize || packet[flags]&(bitQR>>8) != 0 {
		return nil // whoever answers a reply may talk to itself forever
	}
	err := e.query.Unpack(packet)
	if op := e.query.Opcode; op != dns.OpcodeQuery && op != dns.OpcodeNotify {
		e.query.Question = nil // what follows the header is another opcode's
		return e.fail(dns.RcodeNotImplemented)
	}
	if err != nil || !e.wellFormed(packet) {
		return e.fail(dns.RcodeFormatError)
	}
	if e.opt != nil && e.opt.Version() != 0 {
		return e.fail(dns.RcodeBadVers)
	}
	if e.query.Opcode == dns.OpcodeNotify {
		return e.notified(ctx)
	}
	return e.asked(ctx)
}

// wellFormed reports whether the unpacked query is what the header announced,
// with one question (RFC 9619) and at most one OPT record (RFC 6891 §6.1.1).
func (e *exchange) wellFormed(packet []byte) bool {
	q := &e.query
	count := func(at int) int { return int(binary.BigEndian.Uint16(packet[at:])) }
	if count(4) != 1 || len(q.Question) != 1 {
		q.Question = nil
		return false
	}
	if count(6) != len(q.Answer) || count(8) != len(q.Ns) || count(10) != len(q.Extra) {
		return false
	}
	for _, rr := range q.Extra {
		opt, ok := rr.(*dns.OPT)
		if !ok {
			continue
		}
		if e.opt != nil || opt.Hdr.Name != "." {
			return false
		}
		e.opt = opt
	}
	return true
}

// asked answers a well-formed query.
func (e *exchange) asked(ctx context.Context) error {
	question := e.query.Question[0]
	switch question.Qtype {
	case dns.TypeAXFR:
		return e.transfer(ctx)
	case dns.TypeIXFR:
		if e.stream {
			return e.transfer(ctx)
		}
	case dns.TypeMAILA, dns.TypeMAILB:
		return e.fail(dns.RcodeNotImplemented) // RFC 1035's, long obsolete
	case dns.TypeNone, dns.TypeOPT, dns.TypeTSIG, dns.TypeTKEY:
		return e.fail(dns.RcodeFormatError) // never a question's type
	}
	if question.Qclass == dns.ClassCHAOS {
		return e.say(e.server.aboutItself(question))
	}
	return e.say(e.guarded(func() *dns.Msg { return e.server.Role.Answer(ctx, &e.query, e.from) }, ctx))
}

// notified hands a NOTIFY to a role that wants it.
func (e *exchange) notified(ctx context.Context) error {
	role, ok := e.server.Role.(Notifiable)
	if !ok {
		return e.fail(dns.RcodeNotImplemented)
	}
	return e.say(e.guarded(func() *dns.Msg { return role.Notified(ctx, &e.query, e.from) }, ctx))
}

// transfer sends a whole zone. That takes a connection (RFC 5936 §4.2).
func (e *exchange) transfer(ctx context.Context) error {
	role, ok := e.server.Role.(Transferer)
	if !ok || !e.stream {
		return e.fail(dns.RcodeRefused)
	}
	err := errPanicked
	netx.Guard(ctx, e.server.Log, "transfer to "+e.from.String(), func() {
		err = role.Transfer(ctx, &e.query, e.from, e.say)
	})
	return err
}

// guarded calls answer; should it panic, the reply to this one is SERVFAIL.
func (e *exchange) guarded(answer func() *dns.Msg, ctx context.Context) *dns.Msg {
	reply := &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: dns.RcodeServerFailure}}
	question := e.query.Question[0]
	netx.Guard(ctx, e.server.Log, "answer to "+question.String(), func() { reply = answer() })
	return reply
}

// fail says no more than a response code.
func (e *exchange) fail(rcode int) error {
	return e.say(&dns.Msg{MsgHdr: dns.MsgHdr{Rcode: rcode}})
}

// say completes reply with what follows from the query, and sends it.
func (e *exchange) say(reply *dns.Msg) error {
	reply.Id = e.query.Id
	reply.Response = true
	reply.Opcode = e.query.Opcode
	reply.RecursionDesired = e.query.RecursionDesired
	reply.CheckingDisabled = e.query.CheckingDisabled
	reply.Question = e.query.Question
	reply.Compress = true
	packed, err := fit(reply, e.replyOPT(), e.limit())
	if err != nil {
		e.server.log().Error("reply cannot be packed", "question", reply.Question, "error", err)
		failed := &dns.Msg{MsgHdr: reply.MsgHdr, Question: reply.Question}
		failed.Rcode = dns.RcodeServerFailure
		if packed, err = fit(failed, e.replyOPT(), e.limit()); err != nil {
			return err
		}
	}
	return e.send(packed)
}

// limit is the longest message that the asker can take.
func (e *exchange) limit() int {
	switch {
	case e.stream:
		return maxMessage
	case e.opt != nil:
		return clampSize(int(e.opt.UDPSize()), e.server.udpSize())
	}
	return minSize
}

// replyOPT is the OPT record for the reply: there is one when the query had
// one (RFC 6891 §6.1.1), with the DO bit copied (RFC 3225 §3).
func (e *exchange) replyOPT() *dns.OPT {
	if e.opt == nil {
		return nil
	}
	opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	opt.SetUDPSize(uint16(e.server.udpSize()))
	opt.SetDo(e.opt.Do())
	return opt
}

// aboutItself answers the questions that operators ask a server about itself,
// in a class of their own (RFC 4892 §2).
func (s *Server) aboutItself(question dns.Question) *dns.Msg {
	reply := new(dns.Msg)
	name := dns.CanonicalName(question.Name)
	known := name == "version.bind." || name == "version.server."
	if s.Version == "" || !known || question.Qtype != dns.TypeTXT {
		reply.Rcode = dns.RcodeRefused
		return reply
	}
	header := dns.RR_Header{Name: question.Name, Rrtype: dns.TypeTXT, Class: dns.ClassCHAOS}
	reply.Authoritative = true
	reply.Answer = []dns.RR{&dns.TXT{Hdr: header, Txt: []string{s.Version}}}
	return reply
}
