package classroom

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/supervise"
	"github.com/wirebook/wirebook/world"
)

// switchless is a hub of the class home, as far as it needs no kernel.
func switchless(t *testing.T) *Hub {
	t.Helper()
	plan, err := world.Parse(files(), "world.yaml", []byte(strings.Replace(home, "nas: {", "nas: {fqdn: files.home.arpa, ", 1)))
	if err != nil {
		t.Fatal(err)
	}
	return &Hub{plan: plan, members: make(map[string]*attached), changed: make(chan struct{})}
}

// A name that somebody has, also in the DNS, becomes another; what is no name is refused.
func TestNewcomersNames(t *testing.T) {
	h := switchless(t)
	for _, c := range []struct{ asked, got, wrong string }{
		{"student", "student", ""},
		{"student", "student-2", ""},
		{"", "guest", ""},
		{"nas", "nas-2", ""},
		{"files", "files-2", ""},
		{"lan", "lan-2", ""},
		{"*", "", "cannot be a name"},
		{"a.b", "", "cannot be a name"},
		{strings.Repeat("x", 64), "", "cannot be a name"},
	} {
		a, err := h.admit(hello{c.asked, true}, nil)
		switch {
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%q: %v", c.asked, err)
		case c.wrong == "" && (err != nil || a.Name != c.got):
			t.Errorf("%q: %v, %v, want %s", c.asked, a, err, c.got)
		}
	}
	var err error
	for n := 0; n < 100 && err == nil; n++ {
		_, err = h.admit(hello{"one-more", true}, nil)
	}
	if err == nil || !strings.Contains(err.Error(), world.ErrNoPlace.Error()) || len(h.members) != 20 {
		t.Errorf("%d newcomers, %v", len(h.members), err)
	}
}

// A newcomer that says that it has another's address, or servers, is not believed.
func TestWhatNewcomersSayOfThemselves(t *testing.T) {
	h := switchless(t)
	first, err := h.admit(hello{"first", true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.admit(hello{"second", true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	addrs := func(words string) (all []netip.Addr) {
		for word := range strings.FieldsSeq(words) {
			all = append(all, netip.MustParseAddr(word))
		}
		return all
	}
	says := func(a *attached, what, want string) {
		t.Helper()
		www := world.ServerStatus{Status: supervise.Status{Host: "www", Name: "http"}}
		h.hear(a, Report{Addrs: addrs(what), Servers: []world.ServerStatus{www}})
		if got := a.state.Addrs; !slices.Equal(got, addrs(want)) {
			t.Errorf("%s says that it has %s, and is believed %v", a.Name, what, got)
		}
	}
	says(first, "192.168.7.200 2001:db8:7::200", "192.168.7.200 2001:db8:7::200")
	says(second, "192.168.7.80 192.168.7.1 192.168.7.200 203.0.113.80 192.168.7.201 192.168.7.202", "192.168.7.201")
	says(second, "2001:db8:7::80 2001:db8:7::200 2001:db8:7::201 2001:db8:7::202", "2001:db8:7::201")
	if got := h.Status(); len(got) > 0 {
		t.Errorf("newcomers have servers: %v", got)
	}
	if names := h.Names(); names[netip.MustParseAddr("192.168.7.80")] != "nas" {
		t.Errorf("%v", names)
	}
}
