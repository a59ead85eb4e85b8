// Package names has the order of the names of the DNS, which is that of a tree whose
// root is at the right: www.example.com. is below example.com., that below com., and
// that below the root, which is written as a dot (RFC 1034 §3.1).
package names

import (
	"iter"
	"slices"

	"github.com/miekg/dns"
)

// Parent is a name without its first label; that of the root is the root.
func Parent(name string) string {
	at, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[at:]
}

// Up is a name and every name above it, up to the root.
func Up(name string) iter.Seq[string] {
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

// Compare orders names as a tree is read: a parent before what is below it, siblings
// by their label (RFC 4034 §6.1). Both are in small letters.
func Compare(a, b string) int {
	x, y := dns.SplitDomainName(a), dns.SplitDomainName(b)
	slices.Reverse(x)
	slices.Reverse(y)
	return slices.Compare(x, y)
}
