package dnsd

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/servers/dnsd/names"
)

// manyQuestions asks for all that is in the test zones and around it, in a
// random mix of upper and lower case.
func manyQuestions(t testing.TB) []*dns.Msg {
	types := []uint16{
		dns.TypeA, dns.TypeAAAA, dns.TypeNS, dns.TypeMX, dns.TypeSOA, dns.TypeTXT, dns.TypeCNAME,
		dns.TypeSRV, dns.TypePTR, dns.TypeDS, dns.TypeCAA, dns.TypeDNAME, 65280,
	}
	asked := map[string]bool{"example.net.": true, "com.": true, ".": true}
	for _, zone := range testZones {
		for _, rr := range loadZone(t, zone).Records() {
			owner := rr.Header().Name
			asked[owner] = true
			asked[names.Parent(owner)] = true
			asked["beside."+names.Parent(owner)] = true
			asked["below."+owner] = true
			asked["far.below."+owner] = true
			asked["*."+owner] = true
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	var all []*dns.Msg
	for name := range asked {
		for _, qtype := range types {
			all = append(all, question(shout(random, name), qtype))
		}
	}
	slices.SortFunc(all, func(a, b *dns.Msg) int {
		return strings.Compare(a.Question[0].String(), b.Question[0].String())
	})
	return all
}

// shout writes about half of the letters in upper case.
func shout(random *rand.Rand, name string) string {
	letters := []byte(name)
	for i, c := range letters {
		if 'a' <= c && c <= 'z' && random.IntN(2) == 0 {
			letters[i] = c - 'a' + 'A'
		}
	}
	return string(letters)
}

// meaning is what a reply says, whatever the order of records and the case of
// letters, and however often it says it: BIND goes round a loop of aliases
// until it is tired.
func meaning(m *dns.Msg) string {
	var out strings.Builder
	out.WriteString(dns.RcodeToString[m.Rcode])
	if m.Authoritative {
		out.WriteString(" aa")
	}
	if m.Truncated {
		out.WriteString(" tc")
	}
	out.WriteString("\n")
	for i, section := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
		var lines []string
		for _, rr := range section {
			if rr.Header().Rrtype != dns.TypeOPT {
				lines = append(lines, strings.ToLower(rr.String()))
			}
		}
		slices.Sort(lines)
		for _, line := range slices.Compact(lines) {
			out.WriteString([]string{"answer", "authority", "additional"}[i] + " " + line + "\n")
		}
	}
	return out.String()
}
