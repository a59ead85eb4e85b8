package dnsd

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"
)

// The fast path: replies are kept as they were packed, and the next to ask the
// same gets a copy with its own ID. [Authority.Answer] remains the truth: every
// reply here was made by it, and all are forgotten when any zone changes.

// maxPacked is how many replies are kept in each of two generations, and
// maxPackedSize how long one may be: with both, a flood of names that a wildcard
// answers takes no more than 50 MB.
const (
	maxPacked     = 20_000
	maxPackedSize = defaultUDPSize
)

// AppendReply answers q with a packed reply, making it if this is the first to
// ask.
func (a *Authority) AppendReply(buf []byte, q *PlainQuery, from netip.AddrPort) []byte {
	if q.Class != dns.ClassINET || isMeta(q.Type) && q.Type != dns.TypeANY {
		return nil
	}
	kept := a.packed.current() // before answering: what is forgotten meanwhile stays so
	reply := kept.get(q.Key())
	if reply == nil {
		if reply = a.pack(q, from); reply == nil {
			return nil
		}
		kept.put(q.Key(), reply)
	}
	return q.AppendReply(buf, reply)
}

// pack asks Answer, and returns its reply as PlainQuery.AppendReply wants it.
func (a *Authority) pack(q *PlainQuery, from netip.AddrPort) []byte {
	name, _, err := dns.UnpackDomainName(q.Key(), 0)
	if err != nil {
		return nil
	}
	query := &dns.Msg{Question: []dns.Question{{Name: name, Qtype: q.Type, Qclass: q.Class}}}
	reply := a.Answer(context.Background(), query, from)
	reply.Response = true
	reply.Question = query.Question
	reply.Compress = true
	packed, err := reply.Pack()
	if err != nil || len(packed) > maxPackedSize {
		return nil
	}
	return packed
}

// packedReplies holds the replies to what was asked lately. The zero value is
// ready.
type packedReplies struct {
	now atomic.Pointer[generations]
}

// generations are two maps: what is asked goes into the young one; when that is
// full it becomes the old one, and what was not asked for since is gone.
type generations struct {
	mu         sync.RWMutex
	young, old map[string][]byte
}

func (p *packedReplies) current() *generations {
	for {
		if g := p.now.Load(); g != nil {
			return g
		}
		p.now.CompareAndSwap(nil, &generations{young: make(map[string][]byte)})
	}
}

// forget drops all replies. Those being made now go where nobody looks.
func (p *packedReplies) forget() { p.now.Store(nil) }

func (g *generations) get(key []byte) []byte {
	g.mu.RLock()
	reply := g.young[string(key)]
	var aging []byte
	if reply == nil {
		aging = g.old[string(key)]
	}
	g.mu.RUnlock()
	if aging != nil {
		g.put(key, aging)
		return aging
	}
	return reply
}

func (g *generations) put(key, reply []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.young) >= maxPacked {
		g.old, g.young = g.young, make(map[string][]byte)
	}
	g.young[string(key)] = reply
}
