package world

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/wirebook/wirebook/clients/dnsc"
)

// A name follows its addresses, in ladders and in the DNS, both ways.
func TestNamesFollowAddresses(t *testing.T) {
	w := start(t, Options{})
	stub := &dnsc.Client{Network: w.Host("ns")}
	server := netip.MustParseAddrPort("192.0.2.54:53")
	check := func(want ...netip.Addr) {
		t.Helper()
		got, err := stub.LookupHost(t.Context(), "carol.example.edu", []netip.AddrPort{server}, nil)
		slices.SortFunc(got, netip.Addr.Compare)
		if !slices.Equal(got, want) {
			t.Errorf("carol is %v (%v), want %v", got, err, want)
		}
		for _, addr := range want {
			names, err := stub.LookupAddr(t.Context(), addr, []netip.AddrPort{server})
			if w.NameOf(addr) != "carol" || len(names) != 1 || names[0] != "carol.example.edu." {
				t.Errorf("%v is %q, and %v in the DNS (%v)", addr, w.NameOf(addr), names, err)
			}
		}
	}
	first, second := netip.MustParseAddr("192.0.2.201"), netip.MustParseAddr("192.0.2.202")
	six := netip.MustParseAddr("2001:db8:1::201")
	set := func(addrs ...netip.Addr) { w.setAddresses("carol", "carol.example.edu", addrs) }

	set(first, six)
	check(first, six)
	set(second, six)
	check(second, six)
	if w.NameOf(first) != "" {
		t.Error("carol still has her first address")
	}
	w.setAddresses("dave", "dave.example.edu", []netip.Addr{second}) // carol's lease had ended
	set(six)
	check(six)
	if w.NameOf(second) != "dave" {
		t.Error("carol took dave's address away")
	}
	set()
	check()
}
