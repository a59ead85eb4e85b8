package dnsc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// NameServer is a server of a zone, with the addresses known of it.
type NameServer struct {
	Name  string
	Addrs []netip.Addr
}

// Outcome is what a question on the way down from the root comes to.
type Outcome int

const (
	Failed   Outcome = iota // no reply, or one of no use: the next server is asked
	Referral                // "ask those, they are nearer"
	Alias                   // the name is another's (CNAME), which is asked for next
	Answer                  // the records asked for
	NoData                  // the name exists, without such records
	NoName                  // there is no such name
)

func (o Outcome) String() string {
	return [...]string{"failed", "referral", "alias", "answer", "no data", "no such name"}[o]
}

// Step is one question on the way down, and what came of it.
type Step struct {
	Zone   string         // the zone whose server is asked
	Server string         // the server's name
	Addr   netip.AddrPort // where it is asked
	Name   string         // the question
	Type   uint16

	// For is empty on the way itself. On a side way, to the address of a
	// server that was named without one, it is the zone whose server that is.
	For string

	Outcome Outcome
	Reply   *Reply // nil if there was none
	Err     error  // of a Failed step: why

	NextZone string       // of a Referral: the zone that it leads to,
	Servers  []NameServer // and its servers, with the glue
	Target   string       // of an Alias: the name that goes on
}

// Limits of one walk.
const (
	mostSteps   = 100
	mostAliases = 16
	mostDepth   = 5
)

// Iterate finds the records of a name by asking down from the root servers, as
// a resolver does (RFC 1034 §5.3.3), and yields each step as it is done. The
// last step is an Answer, NoData or NoName; otherwise the last thing yielded
// is an error, without a step.
func (c *Client) Iterate(ctx context.Context, name string, qtype uint16, roots []NameServer) iter.Seq2[*Step, error] {
	return func(yield func(*Step, error) bool) {
		ask := *c
		ask.NoRecurse = true // each server is asked for what it knows itself
		if ask.Tries == 0 {
			ask.Tries = 2
		}
		if ask.Timeout == 0 {
			ask.Timeout = time.Second
		}
		d := &descent{
			client: &ask,
			yield:  yield,
			zones:  map[string][]NameServer{".": roots},
			side:   map[string][]netip.Addr{},
			dead:   map[netip.Addr]bool{},
		}
		if _, err := d.find(ctx, dns.Fqdn(name), qtype, ""); err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// descent is one walk down, with the side ways that it takes.
type descent struct {
	client *Client
	yield  func(*Step, error) bool
	zones  map[string][]NameServer // met on the way
	side   map[string][]netip.Addr // of servers without glue, found on side ways
	dead   map[netip.Addr]bool     // who gave no reply is not asked again
	steps  int
	open   []string // names being looked for, each because of the one before
}

// find walks down to name and returns the records there.
func (d *descent) find(ctx context.Context, name string, qtype uint16, reason string) ([]dns.RR, error) {
	if slices.Contains(d.open, dns.CanonicalName(name)) {
		return nil, fmt.Errorf("dnsc: %s is needed in order to find itself", name)
	}
	if len(d.open) > mostDepth {
		return nil, fmt.Errorf("dnsc: %s is needed in order to find %s: too deep", name, d.open[len(d.open)-1])
	}
	d.open = append(d.open, dns.CanonicalName(name))
	defer func() { d.open = d.open[:len(d.open)-1] }()

	var met []string
	for range mostAliases {
		if met = append(met, dns.CanonicalName(name)); slices.Contains(met[:len(met)-1], dns.CanonicalName(name)) {
			return nil, fmt.Errorf("dnsc: %s is an alias of itself", name)
		}
		last, err := d.down(ctx, name, qtype, reason)
		if err != nil {
			return nil, err
		}
		if last.Outcome != Alias {
			return followed(last.Reply.Answer, last.Name, qtype), nil
		}
		name = last.Target
	}
	return nil, fmt.Errorf("dnsc: %s is the end of more than %d aliases", name, mostAliases)
}

// down goes from the nearest zone known from referral to referral, until
// there is none.
func (d *descent) down(ctx context.Context, name string, qtype uint16, reason string) (*Step, error) {
	zone := d.nearest(name)
	for {
		step, err := d.askZone(ctx, Step{Zone: zone, Name: name, Type: qtype, For: reason})
		if err != nil || step.Outcome != Referral {
			return step, err
		}
		zone = dns.CanonicalName(step.NextZone)
		d.zones[zone] = step.Servers
	}
}

// nearest is the lowest zone above name whose servers are known.
func (d *descent) nearest(name string) string {
	name = dns.CanonicalName(name)
	for at, end := 0, name == "."; !end; at, end = dns.NextLabel(name, at) {
		if _, ok := d.zones[name[at:]]; ok {
			return name[at:]
		}
	}
	return "."
}

// askZone asks the zone's servers, one after the other, until one is of use.
func (d *descent) askZone(ctx context.Context, question Step) (*Step, error) {
	last := error(fmt.Errorf("dnsc: no server of %s has a known address", question.Zone))
	servers := slices.Clone(d.zones[question.Zone])
	slices.SortStableFunc(servers, gluedFirst)
	for _, server := range servers {
		addrs, err := d.addresses(ctx, server, question)
		if err != nil {
			if errors.Is(err, errEnough) || ctx.Err() != nil {
				return nil, orEnd(ctx, err)
			}
			last = err
		}
		for _, addr := range addrs {
			if d.dead[addr] {
				continue
			}
			step := question
			step.Server, step.Addr = server.Name, netip.AddrPortFrom(addr, d.client.port())
			if err := d.take(ctx, &step); err != nil {
				return nil, err
			}
			if step.Outcome != Failed {
				return &step, nil
			}
			last = step.Err
			d.dead[addr] = step.Reply == nil
		}
	}
	return nil, fmt.Errorf("dnsc: no server of %s is of use: %w", question.Zone, last)
}

// gluedFirst puts servers whose addresses are known before the others.
func gluedFirst(a, b NameServer) int {
	return cmp.Compare(min(len(b.Addrs), 1), min(len(a.Addrs), 1))
}

func (c *Client) port() uint16 {
	if c.Port != 0 {
		return c.Port
	}
	return 53
}

// addresses are the server's, looked up on a side way if there was no glue:
// IPv6 only when there is no other.
func (d *descent) addresses(ctx context.Context, server NameServer, question Step) ([]netip.Addr, error) {
	if len(server.Addrs) > 0 {
		return server.Addrs, nil
	}
	addrs, known := d.side[dns.CanonicalName(server.Name)]
	if known {
		return addrs, nil
	}
	for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
		records, err := d.find(ctx, server.Name, t, question.Zone)
		if err != nil {
			return nil, err
		}
		for _, rr := range records {
			if addr, ok := address(rr); ok {
				addrs = append(addrs, addr)
			}
		}
		if len(addrs) > 0 {
			break
		}
	}
	d.side[dns.CanonicalName(server.Name)] = addrs
	return addrs, nil
}

// take asks one server, judges what it says, and yields the step.
func (d *descent) take(ctx context.Context, step *Step) error {
	if d.steps++; d.steps > mostSteps {
		return fmt.Errorf("dnsc: more than %d questions", mostSteps)
	}
	step.Reply, step.Err = d.client.Query(ctx, step.Addr, step.Name, step.Type)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if step.Err == nil {
		step.judge()
	}
	if !d.yield(step, nil) {
		return errEnough
	}
	return nil
}

// judge sorts the reply into one of the cases of RFC 1034 §5.3.3, step 4. What
// a server says of names outside its zone is not believed.
func (s *Step) judge() {
	reply := s.Reply
	if reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError {
		s.Err = &StatusError{Server: s.Addr, Rcode: reply.Rcode}
		return
	}
	if !reply.Authoritative {
		if !s.judgeReferral() {
			s.Err = fmt.Errorf("dnsc: %v is no authority on %s", s.Addr, s.Zone)
		}
		return
	}
	end, found := s.chain()
	switch {
	case found:
		s.Outcome = Answer
	case !dns.IsSubDomain(s.Zone, end):
		s.Outcome, s.Target = Alias, end
	case reply.Rcode == dns.RcodeNameError:
		s.Outcome = NoName
	case !strings.EqualFold(end, s.Name) && !s.hasSOA():
		s.Outcome, s.Target = Alias, end
	case !s.hasSOA() && s.judgeReferral():
	default:
		s.Outcome = NoData
	}
}

// chain follows the aliases in the answer, as far as they are in the zone of
// the server asked, and says whether the records are at the end.
func (s *Step) chain() (end string, found bool) {
	end = s.Name
	for range mostAliases {
		if len(s.in(s.Reply.Answer, end, s.Type)) > 0 {
			return end, true
		}
		aliases := s.in(s.Reply.Answer, end, dns.TypeCNAME)
		if len(aliases) == 0 {
			return end, false
		}
		end = aliases[0].(*dns.CNAME).Target
	}
	return end, false
}

// in returns the records of that name and type in a section, if the server
// asked may speak of them.
func (s *Step) in(section []dns.RR, name string, qtype uint16) []dns.RR {
	var found []dns.RR
	for _, rr := range section {
		h := rr.Header()
		if h.Rrtype == qtype && strings.EqualFold(h.Name, name) && dns.IsSubDomain(s.Zone, h.Name) {
			found = append(found, rr)
		}
	}
	return found
}

func (s *Step) hasSOA() bool {
	return slices.ContainsFunc(s.Reply.Ns, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA })
}

// judgeReferral reads a referral, which must lead down: to a zone below the
// one asked, and above the name.
func (s *Step) judgeReferral() bool {
	for _, rr := range s.Reply.Ns {
		zone := rr.Header().Name
		if rr.Header().Rrtype != dns.TypeNS || strings.EqualFold(zone, s.Zone) ||
			!dns.IsSubDomain(s.Zone, zone) || !dns.IsSubDomain(zone, s.Name) {
			continue
		}
		s.Outcome, s.NextZone = Referral, zone
		for _, ns := range s.in(s.Reply.Ns, zone, dns.TypeNS) {
			server := NameServer{Name: ns.(*dns.NS).Ns}
			for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
				for _, glue := range s.in(s.Reply.Extra, server.Name, t) {
					if addr, ok := address(glue); ok {
						server.Addrs = append(server.Addrs, addr)
					}
				}
			}
			s.Servers = append(s.Servers, server)
		}
		return true
	}
	return false
}
