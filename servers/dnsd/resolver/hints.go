package resolver

import (
	"fmt"
	"io"
	"net/netip"
	"slices"

	"github.com/miekg/dns"
)

// Hint is a root server: what a resolver must know before it can ask anything
// (the SBELT of RFC 1034 §5.3.2).
type Hint struct {
	Name  string // such as "a.root-servers.net."
	Addrs []netip.Addr
}

// ReadHints reads a root hints file: a zone file with the NS records of the
// root and the addresses of the servers that these name. name is the file's,
// for errors.
func ReadHints(file io.Reader, name string) ([]Hint, error) {
	var hints []Hint
	addrs := map[string][]netip.Addr{}
	records := dns.NewZoneParser(file, ".", name)
	for rr, ok := records.Next(); ok; rr, ok = records.Next() {
		owner := dns.CanonicalName(rr.Header().Name)
		if ns, isNS := rr.(*dns.NS); isNS && owner == "." {
			hints = append(hints, Hint{Name: dns.CanonicalName(ns.Ns)})
		}
		if addr, isAddr := address(rr); isAddr {
			addrs[owner] = append(addrs[owner], addr)
		}
	}
	if err := records.Err(); err != nil {
		return nil, err
	}
	for i := range hints {
		hints[i].Addrs = addrs[hints[i].Name]
	}
	hints = slices.DeleteFunc(hints, func(h Hint) bool { return len(h.Addrs) == 0 })
	if len(hints) == 0 {
		return nil, fmt.Errorf("%s: no root server with an address in it", name)
	}
	return hints, nil
}
