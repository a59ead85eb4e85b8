package dnsd

import (
	"cmp"
	"iter"
	"strings"

	"github.com/miekg/dns"
)

// canonical is name as the zone's maps have it: absolute, in lower case, every
// character written in the one way that the wire's reader would write it, so
// that "\097" and "A" are "a".
func canonical(name string) string {
	name = dns.Fqdn(name)
	if strings.Contains(name, `\`) {
		var wire [maxName + 1]byte
		if n, err := dns.PackDomainName(name, wire[:], 0, nil, false); err == nil {
			if written, _, err := dns.UnpackDomainName(wire[:n], 0); err == nil {
				name = written
			}
		}
	}
	return dns.CanonicalName(name)
}

// isName reports whether name can be written in a message: its labels in 63
// bytes each, all of it in 255 (RFC 1035 §2.3.4).
func isName(name string) bool {
	var wire [maxName]byte
	_, err := dns.PackDomainName(name, wire[:], 0, nil, false)
	return err == nil
}

// parent is name without its first label.
func parent(name string) string {
	at, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[at:]
}

// ancestors is name and every name above it, up to the root.
func ancestors(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for at, end := 0, false; !end; at, end = dns.NextLabel(name, at) {
			if !yield(name[at:]) {
				return
			}
		}
		if name != "." {
			yield(".")
		}
	}
}

// compareNames orders names as a zone is read: a parent before what is below it,
// siblings by their label (RFC 4034 §6.1).
func compareNames(a, b string) int {
	as, bs := dns.SplitDomainName(a), dns.SplitDomainName(b)
	for i, j := len(as)-1, len(bs)-1; i >= 0 && j >= 0; i, j = i-1, j-1 {
		if c := strings.Compare(as[i], bs[j]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}

// newer reports whether serial a comes after b in the arithmetic of serial
// numbers, which go round (RFC 1982 §3.2).
func newer(a, b uint32) bool { return int32(a-b) > 0 }

// nextSerial follows serial, leaving out 0, which some take for "none".
func nextSerial(serial uint32) uint32 { return max(serial+1, 1) }
