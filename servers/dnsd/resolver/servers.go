package resolver

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// servers is what is known about the servers met so far: how long each takes
// to answer, and how long to wait for it therefore. The estimate is TCP's (RFC
// 6298; Kurose & Ross §3.5.3): a smoothed round-trip time and its variation.
type servers struct {
	mu    sync.Mutex
	known map[netip.Addr]*server
}

type server struct {
	srtt, rttvar time.Duration
	wait         time.Duration // until a query to it is given up
	noEDNS       bool          // it answered EDNS with FORMERR
	seen         time.Time
}

const (
	firstWait    = 800 * time.Millisecond
	leastWait    = 200 * time.Millisecond
	longestWait  = 4 * time.Second
	memory       = 10 * time.Minute // after which a server is a stranger again, and gets another chance
	mostKnown    = 10_000
	failurePrice = time.Second // what a useless answer adds to the round-trip time
)

// sort puts addrs in the order in which to ask them: strangers first, as they
// stand, then the quickest.
func (s *servers) sort(addrs []netip.Addr, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int {
		return cmp.Compare(s.rtt(a, now), s.rtt(b, now))
	})
}

func (s *servers) rtt(addr netip.Addr, now time.Time) time.Duration {
	if known := s.known[addr]; known != nil && now.Sub(known.seen) < memory {
		return known.srtt
	}
	return 0
}

// find returns what is known about addr; the caller holds the lock.
func (s *servers) find(addr netip.Addr, now time.Time) *server {
	known := s.known[addr]
	if known != nil && now.Sub(known.seen) < memory {
		return known
	}
	if s.known == nil || len(s.known) >= mostKnown {
		s.known = map[netip.Addr]*server{}
	}
	known = &server{wait: firstWait, seen: now}
	s.known[addr] = known
	return known
}

// approach says how to ask addr: how long to wait, and whether with EDNS.
func (s *servers) approach(addr netip.Addr, now time.Time) (wait time.Duration, edns bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.find(addr, now)
	return known.wait, !known.noEDNS
}

// answered notes a reply that took rtt.
func (s *servers) answered(addr netip.Addr, rtt time.Duration, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.find(addr, now)
	rtt = max(rtt, time.Microsecond) // 0 is for strangers
	if known.srtt == 0 {
		known.srtt, known.rttvar = rtt, rtt/2
	} else {
		known.rttvar += ((known.srtt - rtt).Abs() - known.rttvar) / 4
		known.srtt += (rtt - known.srtt) / 8
	}
	known.wait = min(max(known.srtt+4*known.rttvar, leastWait), longestWait)
	known.seen = now
}

// silent notes that there was no reply in time: the next wait is twice as
// long, and the others come first.
func (s *servers) silent(addr netip.Addr, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.find(addr, now)
	known.srtt = max(known.srtt, known.wait)
	known.wait = min(2*known.wait, longestWait)
	known.seen = now
}

// useless notes a reply that helped nobody, or that there is no way there.
func (s *servers) useless(addr netip.Addr, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.find(addr, now)
	known.srtt += failurePrice
	known.seen = now
}

// withoutEDNS notes that addr does not know EDNS.
func (s *servers) withoutEDNS(addr netip.Addr, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.find(addr, now).noEDNS = true
}
