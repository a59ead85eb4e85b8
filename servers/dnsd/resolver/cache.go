package resolver

import (
	"cmp"
	"container/list"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/servers/dnsd/names"
)

// cache keeps sets until they expire, or until room is needed: then those go
// that nobody asked for the longest.
type cache struct {
	mu    sync.Mutex
	limit int // bytes
	size  int
	sets  map[key]*list.Element // of *set
	used  *list.List            // the latest used first
}

func newCache(limit int) *cache {
	return &cache{limit: limit, sets: map[key]*list.Element{}, used: list.New()}
}

// get returns the set under k, if it has not expired.
func (c *cache) get(k key, now time.Time) *set {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live(k, now)
}

func (c *cache) live(k key, now time.Time) *set {
	e := c.sets[k]
	if e == nil {
		return nil
	}
	s := e.Value.(*set)
	if s.expires <= now.Unix() {
		c.drop(e)
		return nil
	}
	c.used.MoveToFront(e)
	return s
}

// lookup answers a question from the cache alone: with the records asked for,
// with the alias that stands in their place, or with the knowledge that there
// is nothing. Glue and referrals answer nobody: they are hearsay, good enough
// to find a server by (RFC 2181 §5.4.1).
func (c *cache) lookup(k key, now time.Time) *set {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range []uint16{k.rrtype, dns.TypeCNAME} {
		s := c.live(key{k.name, t}, now)
		if s == nil || s.rank == glue || s.rank == referral {
			continue
		}
		if t == k.rrtype || s.alias() != "" {
			return s
		}
	}
	// Where there is no name, there is none below it (RFC 8020).
	for name := range names.Up(k.name) {
		if s := c.live(key{name, 0}, now); s != nil {
			return s
		}
	}
	return nil
}

// put keeps s, unless it expires at once or what is there is more credible.
func (c *cache) put(s *set, now time.Time) {
	if s.expires <= now.Unix() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.live(s.key, now); old != nil {
		if old.rank > s.rank {
			return
		}
		if s.rrtype == dns.TypeNS && s.rank >= authority && old.rank > failure && old.expires < s.expires {
			// A zone may not lengthen its own lease of life: when the
			// parent's delegation expires, the parent is asked again. Else
			// a name taken from its owner could live on for ever.
			shortened := *s
			shortened.expires = old.expires
			s = &shortened
		}
		c.drop(c.sets[s.key])
	}
	c.sets[s.key] = c.used.PushFront(s)
	c.size += s.size()
	for c.size > c.limit {
		c.drop(c.used.Back())
	}
}

func (c *cache) drop(e *list.Element) {
	s := c.used.Remove(e).(*set)
	delete(c.sets, s.key)
	c.size -= s.size()
}

func (c *cache) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.sets)
	c.used.Init()
	c.size = 0
}

// Entry is one line of the cache, for people to look at.
type Entry struct {
	Name string        // in lower case, with the final dot
	Type string        // such as "A"; empty for a name that does not exist
	Data []string      // each record's data; or "NXDOMAIN", "NODATA" or "SERVFAIL"
	TTL  time.Duration // what is left
	Rank string        // "answer", "authority", "referral", "glue" or "failure": RFC 2181 §5.4.1
}

func (c *cache) entries(now time.Time) []Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Entry
	for e := c.used.Front(); e != nil; e = e.Next() {
		s := e.Value.(*set)
		if s.expires <= now.Unix() {
			continue
		}
		entry := Entry{Name: s.name, Data: s.data(), TTL: time.Duration(s.ttl(now)) * time.Second, Rank: s.rank.String()}
		if s.rrtype != 0 {
			entry.Type = dns.Type(s.rrtype).String()
		}
		all = append(all, entry)
	}
	slices.SortFunc(all, func(a, b Entry) int {
		return cmp.Or(names.Compare(a.Name, b.Name), strings.Compare(a.Type, b.Type))
	})
	return all
}
