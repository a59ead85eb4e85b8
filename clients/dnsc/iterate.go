package dnsc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

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
		switch {
		case errors.Is(err, errEnough): // also if ctx has ended: nothing more may be yielded
			return nil, err
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
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

func (c *Client) port() uint16 { return cmp.Or(c.Port, 53) }

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
