package classroom

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
)

func TestClass(t *testing.T) {
	if !inside(t) {
		return
	}
	c := startClass(t, home)
	c.start("nat", "machines")
	for _, do := range []func(cable string) error{c.hub.Unplug, c.hub.Plug} {
		if err := do("www"); err != nil {
			t.Errorf("the cable of who has not come yet: %v", err)
		}
	}
	nas, www := c.start("nas", "machines"), c.start("www", "machines")
	until(t, "all are there", c.whole)
	visitor := c.start("visitor", "newcomers")
	until(t, "the newcomer has an address", func() bool { return len(c.addresses("visitor")) > 0 })
	var frames seen
	defer c.hub.Tap(&frames)()

	const outside, forwarded = "http://203.0.113.80/", "http://203.0.113.7:8080/"
	answers := func(m *machine, url, want string) {
		t.Helper()
		until(t, url+" answers "+want, func() bool { return strings.HasPrefix(m.get(url), want) })
	}
	t.Log("through the NAT, from inside, over both protocols; and by a forwarded port")
	answers(nas, outside, page)
	if _, err := os.Stat("/proc/sys/net/ipv6"); err == nil { // else it is switched off
		until(t, "the newcomer has IPv6", func() bool { return len(c.addresses("visitor")) > 1 })
		answers(visitor, "http://[2001:db8:3::80]/", page)
	}
	answers(www, forwarded, page)
	until(t, "a packet on two cables is the same", func() bool {
		return frames.any(func(f frame.Frame) bool { return f.ID != 0 && f.Hop > 0 && f.Link.Name == "www" })
	})

	t.Log("what machines hold")
	p := c.panels("www")
	listens := slices.ContainsFunc(p.Sockets, func(s internet.Socket) bool { return s.State == "LISTEN" && s.Local.Port() == 80 })
	if len(p.Servers) != 1 || !listens || len(p.Routes) == 0 {
		t.Errorf("www: %+v", p)
	}
	if p := c.panels("nat"); p.NAT == nil || !p.NAT.On || !p.NAT.Helper || len(p.NAT.Mappings) == 0 || len(p.Leases) != 1 {
		t.Errorf("nat: %+v", p)
	}
	if text, err := c.hub.Tell(t.Context(), "lan"); err != nil || !strings.Contains(string(text), `"link":"nas"`) {
		t.Errorf("the switch: %s, %v", text, err)
	}

	t.Log("the lease is renewed, and the address stays")
	first := c.panels("visitor").Address
	until(t, "it is renewed", func() bool {
		now := c.panels("visitor").Address
		if now.Addr != first.Addr {
			t.Fatalf("the address was %v, and is %v: %v", first.Addr, now.Addr, now.State)
		}
		return now.Since.After(first.Since)
	})

	t.Log("what fails")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.hub.StopServer("www", "http"))
	answers(nas, outside, "error")
	must(c.hub.StartServer(t.Context(), "www", "http"))
	answers(nas, outside, page)
	must(c.hub.Unplug("www"))
	answers(nas, outside, "error")
	must(c.hub.Plug("www"))
	answers(nas, outside, page)
	must(c.hub.SetNAT("nat", false))
	answers(www, forwarded, "error")
	if p := c.panels("nat"); p.NAT.On {
		t.Error("the NAT is on")
	}
	must(c.hub.SetNAT("nat", true))
	answers(www, forwarded, page)
	c.loses(nas, outside, &frames)
	answers(nas, outside, page)

	t.Log("a machine dies, and comes back")
	www.end()
	until(t, "it is missed", func() bool { return c.hub.Absent()["www"] != "" })
	c.start("www", "machines")
	until(t, "it is back", c.whole)
	answers(nas, outside, page)
	if names := c.hub.Names(); names[netip.MustParseAddr("203.0.113.80")] != "www" {
		t.Errorf("the names: %v", names)
	}
}

// loses has a cable lose everything, which is told.
func (c *class) loses(m *machine, url string, frames *seen) {
	err := c.hub.SetFaults("www", parse(c.t, "loss=1"))
	if err != nil {
		c.t.Logf("not here: %v", err) // a kernel without nf_tables for bridges
		return
	}
	if reply := m.get(url); !strings.HasPrefix(reply, "error") {
		c.t.Errorf("by a cable that loses everything: %s", reply)
	}
	until(c.t, "a frame is seen as lost", func() bool {
		return frames.any(func(f frame.Frame) bool { return f.Fate == frame.Lost && f.Link.Name == "www" && f.ID != 0 })
	})
	if err := c.hub.SetFaults("www", parse(c.t, "")); err != nil {
		c.t.Error(err)
	}
	if err := c.hub.SetFaults("www", parse(c.t, "drop=3")); err == nil {
		c.t.Error("a kernel counts frames")
	}
}

// Who comes by the newcomers' way is no machine of the plan, whatever it says.
func TestNewcomerIsNobodyElse(t *testing.T) {
	if !inside(t) {
		return
	}
	c := startClass(t, home)
	c.start("www", "newcomers")
	until(t, "somebody is there", func() bool { return len(c.hub.State(t.Context(), 0).Machines) > len(c.plan.Machines()) })
	if why := c.hub.Absent()["www"]; why == "" {
		t.Error("a newcomer was let in as www")
	}
}
