package demos

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire/filter"
	"github.com/wirebook/wirebook/world"
)

// Check finds what a demo needs and the world does not have: hosts, links, routers.
// The error is world.Problems.
func (d *Demo) Check(plan *world.Plan) error {
	c := &checker{file: d.File}
	for _, h := range plan.Hosts {
		c.hosts = append(c.hosts, h.Name)
		c.links = append(c.links, h.Name)
	}
	for _, r := range plan.Routers {
		c.routers = append(c.routers, r.Name)
		for _, card := range r.Cards {
			c.links = append(c.links, r.Name+"-"+card.Network)
		}
	}
	c.at = 1
	c.columns(d.hosts)
	c.filter(d.only)
	for i := range d.Steps {
		d.Steps[i].check(c)
	}
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b world.Problem) int { return cmp.Compare(a.Line, b.Line) })
		return c.problems
	}
	return nil
}

func (s *Step) check(c *checker) {
	c.at = s.Line
	c.columns(s.hosts)
	if s.do != nil {
		s.do.check(c)
	}
	for _, l := range slices.Concat(s.expect, s.never, []*line{s.only}) {
		c.filter(l)
	}
	for _, show := range slices.Concat(s.show, s.until) {
		show.check(c)
	}
}

// checker knows the names of a world.
type checker struct {
	file                  string
	at                    int // the line of the step
	hosts, routers, links []string
	problems              world.Problems
}

func (c *checker) one(what, name string, known []string) {
	if slices.Contains(known, name) {
		return
	}
	c.problems = append(c.problems, world.Problem{
		File: c.file, Line: c.at, What: "the world has no " + what + " " + name, Instead: "it has " + strings.Join(known, ", "),
	})
}

// host is one whose stack we have: a host or a router.
func (c *checker) host(name string)   { c.one("host", name, slices.Concat(c.hosts, c.routers)) }
func (c *checker) router(name string) { c.one("router", name, c.routers) }
func (c *checker) link(name string)   { c.one("link", name, c.links) }

func (c *checker) columns(hosts []string) {
	for _, name := range hosts {
		c.host(name)
	}
}

// filter sees whether the hosts exist that a filter speaks of.
func (c *checker) filter(l *line) {
	if l == nil {
		return
	}
	if _, err := filter.Parse(l.String(), slices.Concat(c.hosts, c.routers)...); err != nil {
		c.problems = append(c.problems, world.Problem{File: c.file, Line: l.at, What: err.Error()})
	}
}
