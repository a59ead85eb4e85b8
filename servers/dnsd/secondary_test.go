package dnsd

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

var (
	primaryAddr   = netip.MustParseAddrPort("192.0.2.1:53")
	secondaryAddr = netip.MustParseAddrPort("192.0.2.2:53")
)

// small is a zone that is refreshed every hour, retried every ten minutes, and
// expires after a day.
func small(t testing.TB) *Zone {
	t.Helper()
	z, err := ParseZone(strings.NewReader(`
$TTL 60
@   SOA ns1 hostmaster 10 1h 10m 1d 1m
    NS  ns1
    NS  ns2
ns1 A   192.0.2.1
ns2 A   192.0.2.2
www A   192.0.2.80
`), "small", "example.com")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// pair is a primary and a secondary of the zone example.com, on pipes and in
// synctest's time, in which NOTIFY never arrives.
type pair struct {
	t         *testing.T
	nw        *pipes
	zone      *Zone
	primary   *Authority
	secondary *Authority
	stop      context.CancelFunc // the primary
	stopped   chan error
}

func newPair(t *testing.T, ctx context.Context) *pair {
	p := &pair{t: t, nw: new(pipes), zone: small(t)}
	p.primary = &Authority{Log: quiet, AllowTransfer: []netip.Prefix{netip.PrefixFrom(secondaryAddr.Addr(), 32)}}
	p.primary.AddZone(p.zone)
	p.startPrimary(ctx)
	p.secondary = &Authority{Log: quiet}
	if err := p.secondary.AddSecondary("example.com", primaryAddr); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *pair) startPrimary(ctx context.Context) {
	ctx, p.stop = context.WithCancel(ctx)
	p.stopped = make(chan error, 1)
	server := Server{Addr: primaryAddr.String(), Role: p.primary, Log: quiet}
	go func() { p.stopped <- server.Serve(ctx, p.nw) }()
	synctest.Wait()
}

func (p *pair) stopPrimary() {
	p.stop()
	if err := <-p.stopped; err != nil {
		p.t.Error(err)
	}
}

// says is the secondary's answer about name.
func (p *pair) says(name string) string {
	reply := p.secondary.Answer(p.t.Context(), question(name, dns.TypeA), netip.AddrPort{})
	return fmt.Sprint(dns.RcodeToString[reply.Rcode], " ", len(reply.Answer))
}

func (p *pair) want(name, answer string) {
	p.t.Helper()
	synctest.Wait()
	if got := p.says(name); got != answer {
		p.t.Errorf("%s: the secondary says %s, not %s", name, got, answer)
	}
}

func (p *pair) add(host string) {
	p.t.Helper()
	if err := p.zone.Add(record(p.t, host+". 60 IN A 192.0.2.90")); err != nil {
		p.t.Fatal(err)
	}
}

// TestSecondaryTimers lives through some days of a secondary.
func TestSecondaryTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		p := newPair(t, ctx)
		p.want("www.example.com", "SERVFAIL 0") // no copy yet
		ran := make(chan error, 1)
		go func() { ran <- p.secondary.Run(ctx, p.nw) }()
		p.want("www.example.com", "NOERROR 1")
		if err := p.secondary.Zone("example.com").Add(record(t, "x.example.com. 60 IN A 192.0.2.1")); err == nil {
			t.Error("a copy let itself be changed")
		}

		// REFRESH: what is new is here after an hour, not before.
		p.add("new.example.com")
		time.Sleep(59 * time.Minute)
		p.want("new.example.com", "NXDOMAIN 0")
		time.Sleep(2 * time.Minute)
		p.want("new.example.com", "NOERROR 1")

		// RETRY: the primary is away when the next refresh is due, and back
		// soon after; ten minutes later we have asked again.
		p.stopPrimary()
		time.Sleep(time.Hour)
		p.add("later.example.com")
		p.startPrimary(ctx)
		p.want("later.example.com", "NXDOMAIN 0")
		time.Sleep(10 * time.Minute)
		p.want("later.example.com", "NOERROR 1")

		// EXPIRE: a day without the primary.
		p.stopPrimary()
		time.Sleep(23 * time.Hour)
		p.want("www.example.com", "NOERROR 1")
		time.Sleep(2 * time.Hour)
		p.want("www.example.com", "SERVFAIL 0")
		p.startPrimary(ctx)
		time.Sleep(longestRetry)
		p.want("www.example.com", "NOERROR 1")

		// The zone is removed, and copied anew by a second server of the role.
		p.secondary.RemoveZone("example.com")
		p.want("www.example.com", "REFUSED 0")
		go func() { ran <- p.secondary.Run(ctx, p.nw) }()
		synctest.Wait()
		if err := p.secondary.AddSecondary("example.com", primaryAddr); err != nil {
			t.Fatal(err)
		}
		p.want("www.example.com", "NOERROR 1")
		if err := p.secondary.AddSecondary("example.com", primaryAddr); err == nil {
			t.Error("is a secondary of the same zone twice")
		}

		p.stopPrimary()
		cancel()
		for range 2 {
			if err := <-ran; err != nil {
				t.Error(err)
			}
		}
	})
}

// TestNotified: a NOTIFY from the primary brings the change at once; from
// anyone else it is refused.
func TestNotified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		p := newPair(t, ctx)
		ran := make(chan error, 1)
		go func() { ran <- p.secondary.Run(ctx, p.nw) }()
		p.want("www.example.com", "NOERROR 1")
		p.add("new.example.com")
		notify := func(zone string, qtype uint16, from string) string {
			query := new(dns.Msg).SetNotify(zone)
			query.Question[0].Qtype = qtype
			return dns.RcodeToString[p.secondary.Notified(ctx, query, netip.MustParseAddrPort(from)).Rcode]
		}
		for _, c := range []struct {
			zone  string
			qtype uint16
			from  string
			rcode string
		}{
			{"example.com.", dns.TypeSOA, "192.0.2.66:53", "REFUSED"},
			{"example.org.", dns.TypeSOA, "192.0.2.1:53", "NOTAUTH"},
			{"example.com.", dns.TypeA, "192.0.2.1:53", "FORMERR"},
		} {
			if got := notify(c.zone, c.qtype, c.from); got != c.rcode {
				t.Errorf("%v: %s", c, got)
			}
			p.want("new.example.com", "NXDOMAIN 0")
		}
		if got := notify("Example.COM.", dns.TypeSOA, "192.0.2.1:4711"); got != "NOERROR" {
			t.Error("from the primary:", got)
		}
		p.want("new.example.com", "NOERROR 1")
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		p.stopPrimary()
	})
}

// TestNotify: a change is told to the zone's other servers, once for changes
// that come together, and again at growing intervals while nobody answers.
func TestNotify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		extra := netip.MustParseAddrPort("192.0.2.3:5353")
		nw, zone := new(pipes), small(t)
		a := &Authority{Log: quiet, Notify: []netip.AddrPort{extra}}
		a.AddZone(zone)
		ran := make(chan error, 1)
		go func() { ran <- a.Run(ctx, nw) }()
		want := func(what string, targets ...netip.AddrPort) {
			t.Helper()
			synctest.Wait()
			if got := nw.told(); fmt.Sprint(sorted(got)) != fmt.Sprint(targets) {
				t.Errorf("%s: told %v, not %v", what, got, targets)
			}
		}
		want("before anything")
		time.Sleep(notifyDelay)
		want("at the start", secondaryAddr, extra)
		time.Sleep(notifyFirst)
		want("again", secondaryAddr, extra)
		for i := range 20 {
			if err := zone.Add(record(t, fmt.Sprintf("h%d.example.com. 60 IN A 192.0.2.90", i))); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(notifyDelay)
		want("for twenty changes", secondaryAddr, extra)
		time.Sleep(notifyFirst)
		want("again", secondaryAddr, extra)
		time.Sleep(notifyFirst)
		want("not yet")
		time.Sleep(notifyFirst)
		want("a third time", secondaryAddr, extra)
		time.Sleep(time.Hour)
		nw.told()
		time.Sleep(time.Hour)
		want("after all tries")
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
}

func sorted(all []netip.AddrPort) []netip.AddrPort {
	slices.SortFunc(all, netip.AddrPort.Compare)
	return all
}

// TestLargeTransfer copies a zone of many messages from one of our servers to
// another, while it changes.
func TestLargeTransfer(t *testing.T) {
	zone := small(t)
	var hosts []dns.RR
	for i := range 5000 {
		hosts = append(hosts, record(t, fmt.Sprintf("host%d.example.com. 60 IN TXT %q", i, strings.Repeat("x", 50))))
	}
	if err := zone.Add(hosts...); err != nil {
		t.Fatal(err)
	}
	to := freePort(t)
	primary := &Authority{
		AllowTransfer: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Notify:        []netip.AddrPort{to},
		Log:           quiet,
	}
	primary.AddZone(zone)
	from := serve(t, &Server{Role: primary})
	secondary := &Authority{Log: quiet}
	if err := secondary.AddSecondary("example.com", from); err != nil {
		t.Fatal(err)
	}
	serve(t, &Server{Role: secondary, Addr: to.String()})
	for i := range 20 {
		if err := zone.Add(record(t, fmt.Sprintf("late%d.example.com. 60 IN A 192.0.2.1", i))); err != nil {
			t.Fatal(err)
		}
		if theirs := secondary.Zone("example.com").Records(); len(theirs) != 0 && len(theirs) < 5006 {
			t.Fatalf("half a zone: %d records", len(theirs))
		}
	}
	eventually(t, "both are alike", func() bool {
		return fmt.Sprint(secondary.Zone("example.com").Records()) == fmt.Sprint(zone.Records())
	})
}

// TestBrokenTransfers: whatever a primary says that is not a whole and newer
// zone, the old copy stays.
func TestBrokenTransfers(t *testing.T) {
	const (
		soa   = "example.com. 60 IN SOA ns1.example.com. h.example.com. 11 3600 600 86400 60"
		other = "example.com. 60 IN SOA ns1.example.com. h.example.com. 12 3600 600 86400 60"
		old   = "example.com. 60 IN SOA ns1.example.com. h.example.com. 9 3600 600 86400 60"
		ns    = "example.com. 60 IN NS ns1.example.com."
		www   = "www.example.com. 60 IN A 192.0.2.81"
	)
	for _, c := range []struct {
		what     string
		messages [][]string // the answer sections of the replies; the first is to SOA
		err      string     // "" means that the copy is replaced
	}{
		{"a good one", [][]string{{soa}, {soa, ns, www, soa}}, ""},
		{"in many messages", [][]string{{soa}, {soa}, {ns}, {www}, {soa}}, ""},
		{"older", [][]string{{old}}, "older than 10"},
		{"silence", nil, "primary 192.0.2.1:53: "},
		{"no answer", [][]string{{}}, "not authoritative"},
		{"another's SOA", [][]string{{"example.org. 60 IN SOA a. b. 11 1 1 1 1"}}, "not authoritative"},
		{"broken off at once", [][]string{{soa}}, "transfer: "},
		{"broken off in the middle", [][]string{{soa}, {soa, ns, www}}, "transfer: "},
		{"no SOA first", [][]string{{soa}, {ns, www, soa}}, "begin with the SOA"},
		{"another SOA last", [][]string{{soa}, {soa, ns, other}}, "changed during"},
		{"more after the end", [][]string{{soa}, {soa, ns, soa, www}}, "after the end"},
		{"an empty message", [][]string{{soa}, {soa, ns}, {}}, "without records"},
		{"a name of another zone", [][]string{{soa}, {soa, "www.example.org. 60 IN A 192.0.2.1", soa}}, "not in zone"},
		{"alias and data", [][]string{{soa}, {soa, www, "www.example.com. 60 IN CNAME x.", soa}}, "other data"},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				nw := new(pipes)
				ln, _ := nw.Listen(ctx, "tcp", primaryAddr.String())
				go recite(t, ln, c.messages)
				a := &Authority{Log: quiet}
				if err := a.AddSecondary("example.com", primaryAddr); err != nil {
					t.Fatal(err)
				}
				z := a.Zone("example.com")
				z.replace(small(t).records.Load())
				err := a.secondaries["example.com."].refresh(ctx, nw)
				serial, _ := z.Serial()
				if c.err == "" {
					if err != nil || serial != 11 {
						t.Errorf("serial %d, %v", serial, err)
					}
				} else if err == nil || !strings.Contains(err.Error(), c.err) || serial != 10 {
					t.Errorf("serial %d, error %v, not %s", serial, err, c.err)
				}
				cancel()
				ln.Close()
			})
		})
	}
}

// recite says messages to the first who connects, each when it is its turn: the
// first to the first query, all others to the second.
func recite(t *testing.T, ln net.Listener, messages [][]string) {
	conn, err := ln.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	c := &dns.Conn{Conn: conn}
	var query *dns.Msg
	for i, answer := range messages {
		if i < 2 {
			if query, err = c.ReadMsg(); err != nil {
				return
			}
		}
		reply := new(dns.Msg).SetReply(query)
		reply.Authoritative = true
		for _, text := range answer {
			reply.Answer = append(reply.Answer, record(t, text))
		}
		if c.WriteMsg(reply) != nil {
			return
		}
	}
	if len(messages) < 2 {
		c.ReadMsg() // hang up on the next query
	}
}
