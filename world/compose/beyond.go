package compose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/world"
)

// Beyond is something that a world file asks for and that containers do not do, or not
// everywhere.
type Beyond struct {
	What  string   // one of those below
	Names []string // of what is concerned, as in the world file
}

// What can be beyond them.
const (
	Gateways = "gateways" // ports of this machine that lead inside: only the page is published
	Script   = "script"   // faults that say which frame is lost: a kernel does not count them
	Netem    = "netem"    // faults that need the kernel module sch_netem
)

// BeyondOf says, by name, what of a world the containers leave out.
func BeyondOf(plan *world.Plan) []Beyond {
	var all []Beyond
	add := func(what string, names []string) {
		if len(names) > 0 {
			all = append(all, Beyond{what, names})
		}
	}
	var gateways, script, netem []string
	for _, g := range plan.Gateways {
		if g.Transport == "socks" {
			gateways = append(gateways, fmt.Sprintf("%d: socks", g.Port))
		} else {
			gateways = append(gateways, fmt.Sprintf("%d: %s:%d", g.Port, g.Host, g.To))
		}
	}
	for _, link := range slices.Sorted(maps.Keys(plan.Faults)) {
		f := plan.Faults[link]
		switch {
		case len(f.Drop) > 0:
			script = append(script, link+": "+f.String())
		case !onlyLoses(f):
			netem = append(netem, link+": "+f.String())
		}
	}
	add(Gateways, slices.Compact(gateways)) // DNS's is one of each transport
	add(Script, script)
	add(Netem, netem)
	return all
}

// onlyLoses reports whether the faults are loss, and nothing that needs netem.
func onlyLoses(f internet.Faults) bool {
	f.Loss, f.Down = 0, false
	return f.String() == ""
}

var sentences = map[string]string{
	Gateways: "Not open in the class, where only the page is published: the gateways %s.",
	Script:   "Not carried out, since a kernel does not count frames: the faults %s.",
	Netem:    "Carried out only where the kernel has netem (the module sch_netem): the faults %s.",
}

// comments are for the file.
func comments(plan *world.Plan) []string {
	var all []string
	for _, b := range BeyondOf(plan) {
		all = append(all, fmt.Sprintf(sentences[b.What], strings.Join(b.Names, "; ")))
	}
	return all
}
