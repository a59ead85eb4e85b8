package dnsd

import (
	"maps"
	"slices"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/servers/dnsd/names"
)

// match is where a name leads in a zone.
type match struct {
	// node is what was found: the name's own, a wildcard's, or with renamed
	// that of the DNAME. nil means that the name does not exist.
	node *node

	// name is the delegation's or the DNAME's owner.
	name string

	delegated bool // the name is in a zone that was given to others
	renamed   bool // the name is below a DNAME
}

// match follows name down from the apex, label by label (RFC 1034 §4.3.2 step 3).
// name must be in the zone.
func (r *records) match(name string, qtype uint16) match {
	for _, at := range r.below(name) {
		here := name[at:]
		n, exists := r.nodes[here]
		if !exists {
			return match{node: r.nodes[wildcardOf(names.Parent(here))]}
		}
		// A DS record is the parent's: it says with which key the child is
		// signed (RFC 4035 §3.1.4.1).
		mine := here == name && qtype == dns.TypeDS
		if here != r.apex && len(n.sets[dns.TypeNS]) > 0 && !mine {
			return match{node: n, name: here, delegated: true}
		}
		if here != name && len(n.sets[dns.TypeDNAME]) > 0 {
			return match{node: n, name: here, renamed: true}
		}
	}
	return match{node: r.nodes[name]}
}

// below lists where in name the names start that lie on the way down from the
// apex, which comes first, to name itself.
func (r *records) below(name string) []int {
	starts := dns.Split(name) // of each label, the most specific first
	if r.apex == "." {
		starts = append(starts, len(name)-1)
	} else {
		starts = starts[:len(starts)-dns.CountLabel(r.apex)+1]
	}
	slices.Reverse(starts)
	return starts
}

// wildcardOf is the one wildcard name that a name could match whose closest
// encloser is name: the longest name above it that exists, be it empty
// (RFC 4592 §3.3.1).
func wildcardOf(name string) string {
	if name == "." {
		return "*."
	}
	return "*." + name
}

// any is the reply to a query for ANY type: one of the sets that there are, the
// one with the lowest type, since those who ask for all mostly mean harm to a
// third (RFC 8482 §4.1).
func (n *node) any() []dns.RR {
	if len(n.sets) == 0 {
		return nil
	}
	return n.sets[slices.Min(slices.Collect(maps.Keys(n.sets)))]
}

// labelsFromEnd is where in name its last n labels start.
func labelsFromEnd(name string, n int) int {
	at, short := dns.PrevLabel(name, n)
	if short {
		return 0
	}
	return at
}
