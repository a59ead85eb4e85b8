package dnsd

import (
	"sort"

	"github.com/miekg/dns"
)

// fit packs reply, with opt last if there is one, into at most limit bytes.
// When that is too little it leaves out whole RRsets, from the end: those of
// the additional section first, which nobody will miss (RFC 2181 §9), then of
// authority and answer, which sets TC: the asker comes again over TCP.
func fit(reply *dns.Msg, opt *dns.OPT, limit int) ([]byte, error) {
	whole := *reply
	whole.Extra = withOPT(reply.Extra, opt)
	packed, err := whole.Pack()
	if err != nil || len(packed) <= limit {
		return packed, err
	}
	sets := setEnds(reply)
	kept := sort.Search(len(sets), func(n int) bool {
		part := cut(reply, sets, n)
		part.Extra = withOPT(part.Extra, opt)
		return part.Len() > limit
	})
	// Search found the first n that is too long; n sets with n one less fit.
	part := cut(reply, sets, max(kept-1, 0))
	part.Truncated = truncated(reply, part)
	part.Extra = withOPT(part.Extra, opt)
	return part.Pack()
}

// setEnds lists where each RRset of the three sections ends, counted in
// records from the start of the answer section.
func setEnds(m *dns.Msg) []int {
	var ends []int
	at := 0
	for _, section := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
		for i, rr := range section {
			at++
			if i+1 == len(section) || !sameSet(rr, section[i+1]) {
				ends = append(ends, at)
			}
		}
	}
	return ends
}

func sameSet(a, b dns.RR) bool {
	return a.Header().Rrtype == b.Header().Rrtype && a.Header().Name == b.Header().Name
}

// cut is m with no more than its first n RRsets.
func cut(m *dns.Msg, ends []int, n int) *dns.Msg {
	records := 0
	if n > 0 {
		records = ends[n-1]
	}
	part := *m
	for _, section := range []*[]dns.RR{&part.Answer, &part.Ns, &part.Extra} {
		take := min(records, len(*section))
		*section = (*section)[:take:take]
		records -= take
	}
	return &part
}

// truncated reports whether part lacks something that the asker needs: any
// answer or authority, or in a referral a glue record, without which nobody can
// go on from here (RFC 9471 §3).
func truncated(whole, part *dns.Msg) bool {
	if len(part.Answer) < len(whole.Answer) || len(part.Ns) < len(whole.Ns) {
		return true
	}
	if whole.Authoritative || len(whole.Answer) > 0 || len(whole.Ns) == 0 {
		return false
	}
	below := whole.Ns[0].Header().Name
	for _, rr := range whole.Extra[len(part.Extra):] {
		if dns.IsSubDomain(below, rr.Header().Name) {
			return true
		}
	}
	return false
}

func withOPT(extra []dns.RR, opt *dns.OPT) []dns.RR {
	if opt == nil {
		return extra
	}
	return append(extra[:len(extra):len(extra)], opt)
}
