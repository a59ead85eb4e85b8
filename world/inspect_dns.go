package world

import (
	"strings"

	"github.com/miekg/dns"
)

// CachedSet is a line of a resolver's cache.
type CachedSet struct {
	Name string   `json:"name"`
	Type string   `json:"type,omitempty"` // empty for a name that does not exist
	Data []string `json:"data"`           // or "NXDOMAIN", "NODATA", "SERVFAIL"
	TTL  int      `json:"ttl"`            // in seconds, what is left
	Rank string   `json:"rank"`           // how it became known: RFC 2181 §5.4.1
}

// ZonePanel is a zone that a name server answers for.
type ZonePanel struct {
	Name    string       `json:"name"`
	Serial  uint32       `json:"serial,omitempty"` // 0: a secondary that has no copy yet
	Records []ZoneRecord `json:"records,omitempty"`
}

// ZoneRecord is a line of a zone.
type ZoneRecord struct {
	Name string `json:"name"`
	TTL  uint32 `json:"ttl"`
	Type string `json:"type"`
	Data string `json:"data"`
}

func (w *World) cache(host string) []CachedSet {
	r := find(&w.insides, &w.insides.resolvers, host)
	if r == nil {
		return nil
	}
	var sets []CachedSet
	for _, e := range r.Entries() {
		sets = append(sets, CachedSet{Name: e.Name, Type: e.Type, Data: e.Data, TTL: int(e.TTL.Seconds()), Rank: e.Rank})
	}
	return sets
}

func (w *World) zonePanels(host string) []ZonePanel {
	a := find(&w.insides, &w.insides.authorities, host)
	if a == nil {
		return nil
	}
	var zones []ZonePanel
	for _, zone := range a.Zones() {
		serial, _ := zone.Serial()
		p := ZonePanel{Name: zone.Name(), Serial: serial}
		for _, rr := range zone.Records() {
			h := rr.Header()
			p.Records = append(p.Records, ZoneRecord{
				Name: h.Name, TTL: h.Ttl, Type: dns.Type(h.Rrtype).String(), Data: strings.TrimPrefix(rr.String(), h.String()),
			})
		}
		zones = append(zones, p)
	}
	return zones
}
