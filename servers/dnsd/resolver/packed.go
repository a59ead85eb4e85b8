package resolver

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/servers/dnsd"
)

var (
	_ dnsd.Role     = (*Resolver)(nil)
	_ dnsd.Runner   = (*Resolver)(nil)
	_ dnsd.FastRole = (*Resolver)(nil)
)

// AppendReply answers q with a reply that was given before and has not
// expired, its TTLs counted down, without taking query or reply apart.
func (r *Resolver) AppendReply(buf []byte, q *dnsd.PlainQuery, from netip.AddrPort) []byte {
	r.prepare()
	if !r.allowed(from.Addr()) {
		return nil
	}
	now := r.clock.Now()
	p := r.packed.find(q.Key(), now)
	if p == nil {
		return nil
	}
	reply := q.AppendReply(buf, p.bytes)
	if reply == nil {
		return nil
	}
	age := uint32(now.Unix() - p.made)
	for _, at := range p.ttls {
		field := reply[len(buf)+at:]
		binary.BigEndian.PutUint32(field, binary.BigEndian.Uint32(field)-age)
	}
	return reply
}

// packedReplies are replies as they go onto the wire, by question.
type packedReplies struct {
	mu      sync.RWMutex
	limit   int // bytes
	size    int
	replies map[string]*packedReply
}

type packedReply struct {
	bytes         []byte
	ttls          []int // where its TTLs are
	made, expires int64 // Unix seconds
}

// longestPacked is the longest reply kept packed; longer ones are rare.
const longestPacked = 4096

// find returns the reply to the question (the name in lower case, the type and
// the class, as on the wire), if it has not expired.
func (c *packedReplies) find(question []byte, now time.Time) *packedReply {
	c.mu.RLock()
	p := c.replies[string(question)]
	c.mu.RUnlock()
	if p == nil || p.expires <= now.Unix() {
		return nil
	}
	return p
}

// keep packs reply, which says what chain says, for the next who asks. It is
// good until the first set of the chain expires.
func (c *packedReplies) keep(reply *dns.Msg, chain []*set, now time.Time) {
	expires := chain[0].expires
	for _, s := range chain {
		expires = min(expires, s.expires)
	}
	if expires <= now.Unix() {
		return
	}
	whole := *reply
	whole.Compress = true
	packet, err := whole.Pack()
	if err != nil || len(packet) > longestPacked {
		return
	}
	question, ttls := layout(packet)
	c.put(question, &packedReply{bytes: packet, ttls: ttls, made: now.Unix(), expires: expires})
}

func (c *packedReplies) put(question string, p *packedReply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.replies == nil {
		c.replies = map[string]*packedReply{}
	}
	if old := c.replies[question]; old != nil {
		c.size -= old.cost()
	}
	c.replies[question] = p
	c.size += p.cost()
	for victim, old := range c.replies { // a map's order is a lot drawn
		if c.size <= c.limit {
			return
		}
		delete(c.replies, victim)
		c.size -= old.cost()
	}
}

func (c *packedReplies) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replies, c.size = nil, 0
}

func (p *packedReply) cost() int { return 256 + len(p.bytes) + 8*len(p.ttls) }

// layout finds two things in packet, which we packed ourselves: the question,
// its name in lower case, and the places of the records' TTLs (RFC 1035 §4.1.3).
func layout(packet []byte) (question string, ttls []int) {
	const header = 12
	end := skipName(packet, header) + 4
	folded := append([]byte(nil), packet[header:end]...)
	for i := range folded[:len(folded)-4] {
		// A length is at most 63, and so never taken for a letter.
		if c := folded[i]; 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	for at := end; at < len(packet); {
		at = skipName(packet, at)
		ttls = append(ttls, at+4)
		at += 10 + int(binary.BigEndian.Uint16(packet[at+8:]))
	}
	return string(folded), ttls
}

// skipName is where the name at ends.
func skipName(packet []byte, at int) int {
	for {
		switch length := int(packet[at]); {
		case length == 0:
			return at + 1
		case length >= 0xc0: // a pointer ends it
			return at + 2
		default:
			at += 1 + length
		}
	}
}
