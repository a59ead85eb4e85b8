package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/clients/dnsc"
)

func init() {
	example("dns",
		"wirebook exec alice dns www.example.com",
		"wirebook exec alice dns example.com MX @ns1.example.com",
		"wirebook exec alice dns --iterate www.example.com",
		"wirebook exec ns2 dns --axfr example.com @203.0.113.53",
		"wirebook exec alice dns -x 203.0.113.80",
		"wirebook run -- wirebook dns www.example.com")
}

// dnsOptions are the flags of dns.
type dnsOptions struct {
	iterate, axfr, tcp, noEDNS, noRecurse bool
	reverse, short, asJSON                bool
	timeout                               time.Duration
}

// dnsQuestion is what the arguments ask: NAME [TYPE] [@SERVER], in any order.
type dnsQuestion struct {
	name   string
	qtype  uint16
	server string
}

func dnsClient(a *app, where func() place) *cobra.Command {
	var o dnsOptions
	c := a.command("dns [flags] NAME [TYPE] [@SERVER]", "dns", func(c *cobra.Command, args []string) error {
		q, err := o.question(args)
		if err != nil {
			return usageError{err}
		}
		return a.dns(c.Context(), where(), o, q)
	})
	c.GroupID = "client"
	c.Args = arguments(cobra.RangeArgs(1, 3))
	f := c.Flags()
	f.BoolVar(&o.iterate, "iterate", false, a.say("flag.iterate"))
	f.BoolVar(&o.axfr, "axfr", false, a.say("flag.axfr"))
	f.BoolVarP(&o.reverse, "reverse", "x", false, a.say("flag.reverse"))
	f.BoolVar(&o.tcp, "tcp", false, a.say("flag.tcp"))
	f.BoolVar(&o.noEDNS, "noedns", false, a.say("flag.noedns"))
	f.BoolVar(&o.noRecurse, "norecurse", false, a.say("flag.norecurse"))
	f.BoolVar(&o.short, "short", false, a.say("flag.short"))
	f.DurationVar(&o.timeout, "timeout", 2*time.Second, a.say("flag.timeout"))
	f.BoolVar(&o.asJSON, "json", false, a.say("flag.json"))
	return c
}

func (o dnsOptions) question(args []string) (dnsQuestion, error) {
	q := dnsQuestion{qtype: dns.TypeA}
	for _, arg := range args {
		qtype, isType := dns.StringToType[strings.ToUpper(arg)]
		switch {
		case strings.HasPrefix(arg, "@"):
			q.server = arg[1:]
		case q.name != "" && isType:
			q.qtype = qtype
		case q.name == "":
			q.name = arg
		default:
			return q, fmt.Errorf("%q is not a record type; write A, AAAA, MX, NS, PTR, SOA, TXT …", arg)
		}
	}
	if o.reverse {
		addr, err := netip.ParseAddr(q.name)
		if err != nil {
			return q, fmt.Errorf("-x takes an address, as in -x 203.0.113.80")
		}
		q.name, q.qtype = dnsc.Reverse(addr), dns.TypePTR
	}
	if q.name == "" {
		return q, errors.New("which name? write NAME [TYPE] [@SERVER]")
	}
	return q, nil
}

func (a *app) dns(ctx context.Context, at place, o dnsOptions, q dnsQuestion) error {
	client := &dnsc.Client{Network: at.Network, Clock: at.clock, Timeout: o.timeout, TCP: o.tcp, NoEDNS: o.noEDNS, NoRecurse: o.noRecurse}
	server, err := at.server(ctx, q.server)
	if err != nil {
		return err
	}
	switch {
	case o.axfr:
		return a.transfer(ctx, client, server, q.name)
	case o.iterate:
		return a.iterate(ctx, client, server, q)
	}
	reply, err := client.Query(ctx, server, q.name, q.qtype)
	if err != nil {
		return err
	}
	return a.printReply(reply, o)
}

func (a *app) printReply(reply *dnsc.Reply, o dnsOptions) error {
	switch {
	case o.asJSON:
		return json.NewEncoder(a.out).Encode(jsonReply(reply))
	case o.short:
		for _, rr := range reply.Answer {
			data := strings.TrimPrefix(rr.String(), rr.Header().String())
			fmt.Fprintln(a.out, data)
		}
	default:
		if err := reply.Print(a.out); err != nil {
			return err
		}
		a.println("dns.reply", "Meaning", a.meaning(reply))
	}
	if reply.Rcode != dns.RcodeSuccess {
		return exitStatus(exitFailure)
	}
	return nil
}

// meaning says in words what a reply comes to.
func (a *app) meaning(reply *dnsc.Reply) string {
	source := a.say("dns.fromcache")
	if reply.Authoritative {
		source = a.say("dns.authoritative")
	}
	what := a.say("dns.nodata")
	switch zone := referredTo(reply); {
	case reply.Rcode != dns.RcodeSuccess:
		entry, _ := a.lang.Entry("dns.rcode." + dns.RcodeToString[reply.Rcode])
		what = entry.Text
	case len(reply.Answer) > 0:
		what = a.say("dns.found", "Count", len(reply.Answer))
	case zone != "":
		return a.say("dns.referral", "Zone", zone)
	}
	return a.say("dns.meaning", "What", what, "Source", source)
}

// referredTo is the zone whose servers a reply names instead of answering, or "".
func referredTo(reply *dnsc.Reply) string {
	for _, rr := range reply.Ns {
		if ns, ok := rr.(*dns.NS); ok && !reply.Authoritative {
			return ns.Hdr.Name
		}
	}
	return ""
}

// jsonReply is a reply for programs.
func jsonReply(reply *dnsc.Reply) any {
	type record struct {
		Name string `json:"name"`
		Type string `json:"type"`
		TTL  uint32 `json:"ttl"`
		Data string `json:"data"`
	}
	section := func(rrs []dns.RR) []record {
		records := []record{}
		for _, rr := range rrs {
			h := rr.Header()
			if h.Rrtype != dns.TypeOPT {
				records = append(records, record{h.Name, dns.TypeToString[h.Rrtype], h.Ttl, strings.TrimPrefix(rr.String(), h.String())})
			}
		}
		return records
	}
	return struct {
		Status        string         `json:"status"`
		Authoritative bool           `json:"authoritative"`
		Answer        []record       `json:"answer"`
		Authority     []record       `json:"authority"`
		Additional    []record       `json:"additional"`
		Server        netip.AddrPort `json:"server"`
		Transport     string         `json:"transport"`
		RTT           time.Duration  `json:"rtt_ns"`
		Bytes         int            `json:"bytes"`
	}{
		dns.RcodeToString[reply.Rcode], reply.Authoritative, section(reply.Answer), section(reply.Ns), section(reply.Extra),
		reply.Server, reply.Transport, reply.RTT, reply.Bytes,
	}
}

// transfer prints a whole zone, a record a line.
func (a *app) transfer(ctx context.Context, client *dnsc.Client, server netip.AddrPort, zone string) error {
	for rr, err := range client.AXFR(ctx, server, zone) {
		if err != nil {
			return err
		}
		fmt.Fprintln(a.out, dnsc.Record(rr))
	}
	return nil
}

// iterate walks down from the root and tells of each step.
func (a *app) iterate(ctx context.Context, client *dnsc.Client, resolver netip.AddrPort, q dnsQuestion) error {
	roots, err := a.roots(ctx, client, resolver)
	if err != nil {
		return err
	}
	for step, err := range client.Iterate(ctx, q.name, q.qtype, roots) {
		if err != nil {
			return err
		}
		a.printStep(step)
	}
	return nil
}

// roots asks the resolver who serves the root: what every resolver knows from
// the start, and a client may ask for.
func (a *app) roots(ctx context.Context, client *dnsc.Client, resolver netip.AddrPort) ([]dnsc.NameServer, error) {
	reply, err := client.Query(ctx, resolver, ".", dns.TypeNS)
	if err != nil {
		return nil, fmt.Errorf("who serves the root? %w", err)
	}
	var roots []dnsc.NameServer
	for _, rr := range reply.Answer {
		if ns, ok := rr.(*dns.NS); ok {
			addrs, err := client.LookupHost(ctx, ns.Ns, []netip.AddrPort{resolver}, nil)
			if err == nil {
				roots = append(roots, dnsc.NameServer{Name: ns.Ns, Addrs: addrs})
			}
		}
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf("%v knows no server of the root", resolver)
	}
	return roots, nil
}

func (a *app) printStep(s *dnsc.Step) {
	args := []any{
		"Zone", s.Zone, "Server", s.Server, "Addr", s.Addr.Addr(), "Name", s.Name, "Type", dns.TypeToString[s.Type],
		"NextZone", s.NextZone, "Target", s.Target, "For", s.For, "Error", fmt.Sprint(s.Err),
	}
	if s.Reply != nil {
		args = append(args, "Time", s.Reply.RTT.Round(10*time.Microsecond), "Bytes", s.Reply.Bytes, "Transport", strings.ToUpper(s.Reply.Transport))
	}
	if s.For != "" {
		a.println("dns.step.side", args...)
	}
	a.println("dns.step.ask", args...)
	a.println("dns.step."+strings.ReplaceAll(s.Outcome.String(), " ", ""), args...)
	if s.Outcome == dnsc.Referral {
		for _, ns := range s.Servers {
			fmt.Fprintf(a.out, "      %s %v\n", ns.Name, ns.Addrs)
		}
	}
	if s.Outcome == dnsc.Answer || s.Outcome == dnsc.Alias {
		for _, rr := range s.Reply.Answer {
			fmt.Fprintf(a.out, "      %s\n", dnsc.Record(rr))
		}
	}
}
