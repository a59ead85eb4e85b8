package forward

import (
	"fmt"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// The table of the book's §4.2.1, with the addresses written out.
func TestLongestPrefixWins(t *testing.T) {
	table := NewTable([]Route{
		{Prefix: netip.MustParsePrefix("200.23.16.0/21"), Out: 0},
		{Prefix: netip.MustParsePrefix("200.23.24.0/24"), Out: 1},
		{Prefix: netip.MustParsePrefix("200.23.24.0/21"), Out: 2},
		{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Out: 3},
		{Prefix: netip.MustParsePrefix("2001:db8::/32"), Out: 4},
		{Prefix: netip.MustParsePrefix("2001:db8:1::/48"), Out: 5},
		{Prefix: netip.MustParsePrefix("2001:db8:1::7/128"), Out: 6},
	})
	for dst, out := range map[string]int{
		"200.23.22.161":   0,
		"200.23.24.170":   1,
		"200.23.25.170":   2,
		"200.23.31.255":   2,
		"200.23.32.0":     3,
		"2001:db8:9::1":   4,
		"2001:db8:1::1":   5,
		"2001:db8:1::7":   6,
		"255.255.255.255": 3,
	} {
		route, ok := table.Lookup(addr(dst))
		if !ok || route.Out != out {
			t.Errorf("Lookup(%s) = %v, %v; want interface %d", dst, route, ok, out)
		}
	}
	if route, ok := table.Lookup(addr("2001:db9::1")); ok {
		t.Errorf("there is no IPv6 default route, but Lookup found %v", route)
	}
}

func TestFirstOfTwoEqualRoutesCounts(t *testing.T) {
	table := NewTable([]Route{
		{Prefix: netip.MustParsePrefix("10.0.0.1/8"), Out: 1}, // the same prefix, written carelessly
		{Prefix: netip.MustParsePrefix("10.0.0.0/8"), Out: 2},
		{}, // no prefix at all
	})
	if route, ok := table.Lookup(addr("10.9.9.9")); !ok || route.Out != 1 {
		t.Errorf("got %v, %v", route, ok)
	}
}

func TestNoTable(t *testing.T) {
	var table *Table
	if _, ok := table.Lookup(addr("10.0.0.1")); ok {
		t.Error("the nil table knows a route")
	}
}

// naive is the definition: look at all routes, take the longest that matches.
func naive(routes []Route, dst netip.Addr) (best Route, ok bool) {
	for _, r := range routes {
		if r.Prefix.Contains(dst) && (!ok || r.Prefix.Bits() > best.Prefix.Bits()) {
			best, ok = r, true
		}
	}
	return best, ok
}

func TestLookupEqualsItsDefinition(t *testing.T) {
	// Few distinct bits, so that prefixes overlap often.
	bytes := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x80, 0xff}), 4, 4)
	address := rapid.Custom(func(t *rapid.T) netip.Addr {
		four := [4]byte(bytes.Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "v6") {
			return netip.AddrFrom16([16]byte{0: four[0], 1: four[1], 7: four[2], 15: four[3]})
		}
		return netip.AddrFrom4(four)
	})
	rapid.Check(t, func(t *rapid.T) {
		var routes []Route
		for i := range rapid.IntRange(0, 30).Draw(t, "routes") {
			a := address.Draw(t, "network")
			prefix, _ := a.Prefix(rapid.IntRange(0, a.BitLen()).Draw(t, "bits"))
			routes = append(routes, Route{Prefix: prefix, Out: i})
		}
		table := NewTable(routes)
		for range 10 {
			dst := address.Draw(t, "destination")
			want, wantOK := naive(routes, dst)
			if got, ok := table.Lookup(dst); got != want || ok != wantOK {
				t.Fatalf("Lookup(%v) = %v, %v; want %v, %v", dst, got, ok, want, wantOK)
			}
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{4, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			routes := []Route{{Prefix: netip.MustParsePrefix("0.0.0.0/0")}}
			for i := range n - 1 {
				routes = append(routes, Route{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24-i%2*8)})
			}
			table := NewTable(routes)
			dst := addr("10.0.2.20")
			b.ReportAllocs()
			for b.Loop() {
				table.Lookup(dst)
			}
		})
	}
}
