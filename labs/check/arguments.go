package check

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"sync"
	"time"
)

// Three programs in four take no arguments, and the others each in their own way.
// So before the cases the program is tried: without arguments, and if it ends at
// once and has spoken with nobody, with those that the lab knows, one way after
// the other. The first with which it gets somewhere is the program's.

// findArguments tries the program, and remembers how it is to be started, or
// that it is not.
func (s *setup) findArguments(ctx context.Context) {
	if s.kind == Either {
		s.kind = s.findKind(ctx)
	}
	ways := s.ways()
	var first *Result
	var asking [][]string // the ways in which it asked the system for the name that it was given
	for way, ok := ways.next(); ok; way, ok = ways.next() {
		s.arguments = way
		r, again := s.try(ctx)
		if r == nil {
			return
		}
		if s.sought {
			asking = append(asking, way)
		}
		if first == nil || betterTold(r, first) {
			first = r
		}
		if !again {
			break
		}
		ways.hear(s.lab, s.said)
	}
	if len(asking) > 0 { // in vain, but it has started
		s.arguments = asking[0]
		return
	}
	s.arguments = ways.tried[0]
	s.noStart = first
}

// ways are those in which the program may take its arguments.
type ways struct {
	left, tried [][]string
	heard       int // how many of them the program has asked for itself
}

func (s *setup) ways() *ways {
	switch {
	case s.manifest.hasArgs:
		return &ways{left: [][]string{s.manifest.Args}, heard: mostHeard}
	case len(s.lab.Arguments) == 0:
		return &ways{left: [][]string{nil}}
	}
	return &ways{left: s.lab.Arguments}
}

// mostHeard is how often a program may ask for others: one with commands that take
// arguments of their own asks twice.
const mostHeard = 4

// next is the next way that was not tried; ok is false if there is none.
func (w *ways) next() (way []string, ok bool) {
	for len(w.left) > 0 {
		way, w.left = w.left[0], w.left[1:]
		if !w.has(way) {
			w.tried = append(w.tried, way)
			return way, true
		}
	}
	return nil, false
}

func (w *ways) has(way []string) bool {
	return slices.ContainsFunc(w.tried, func(other []string) bool { return slices.Equal(other, way) })
}

// hear puts the way that the program asks for, if it does, before all others.
func (w *ways) hear(lab *Lab, said string) {
	if way, ok := lab.wayOf(said); ok && w.heard < mostHeard && !w.has(way) {
		w.left = append([][]string{way}, w.left...)
		w.heard++
	}
}

// findManner finds out how the program wants to be spoken to. If it understands
// nothing, it is spoken to in the likeliest manner, and each case tells more.
func (s *setup) findManner(ctx context.Context) {
	if len(s.lab.Manners) == 0 || s.noStart != nil {
		return
	}
	const atOnce = 8 // a program that hangs takes its time about each
	perhaps := ""
	for some := range slices.Chunk(s.lab.Manners, atOnce) {
		for i, how := range s.understood(ctx, some) {
			switch {
			case how == well:
				s.manner = some[i]
				return
			case how == somehow:
				perhaps = cmp.Or(perhaps, some[i])
			}
		}
	}
	s.manner = cmp.Or(perhaps, s.lab.Manners[0])
}

// understanding is how a program understands a manner.
type understanding int

const (
	not understanding = iota
	somehow
	well
)

// Unsure says, in [Lab.Try], that the program understands the manner perhaps: if there
// is one that it understands well, that is its own.
func (t *T) Unsure() { t.unsure = true }

// understood tries some manners.
func (s *setup) understood(ctx context.Context, manners []string) []understanding {
	results := make([]understanding, len(manners))
	var tries sync.WaitGroup
	for i, manner := range manners {
		in := *s
		in.manner = manner
		try := func() {
			c := Case{Name: "manner " + manner, Run: s.lab.Try}
			t := in.newT(&c)
			switch passed := t.run(ctx).Verdict == Pass; {
			case passed && t.unsure:
				results[i] = somehow
			case passed:
				results[i] = well
			}
		}
		if s.miniature {
			tries.Go(try)
		} else {
			try() // all have the same ports
		}
	}
	tries.Wait()
	return results
}

// betterTold prefers a program's own words over a usage line.
func betterTold(r, than *Result) bool {
	return wantsArguments(than.Output) && !wantsArguments(r.Output)
}

// try starts the program and waits until it gets somewhere: nil, or what is
// wrong with it, and whether other arguments may help.
func (s *setup) try(ctx context.Context) (*Result, bool) {
	again := false
	c := Case{Name: "start", Limit: 15 * time.Second, Run: func(t *T) {
		t.ground.serveTCP(func(c net.Conn) {
			t.met.Store(true)
			t.keep(func() { c.Close() })
		})
		t.ground.serveUDP(func(socket net.PacketConn, _ netip.AddrPort) {
			buffer := make([]byte, 2048)
			for {
				if _, _, err := socket.ReadFrom(buffer); err != nil {
					return
				}
				t.met.Store(true)
			}
		})
		for _, value := range t.lab.Places {
			if t.lan != nil {
				t.NoName(value) // or else a file's name could pass for a host's
			}
		}
		p := t.Start(nil)
		for {
			if t.gotSomewhere(p) {
				return
			}
			if end := t.waiting(); end != Done {
				if t.gotSomewhere(p) {
					return
				}
				again = end == Exited // usage lines come in all forms, and many with exit code 0
				t.notUsable(end)
			}
			time.Sleep(poll / 5)
		}
	}}
	t := s.newT(&c)
	r := t.run(ctx)
	s.said = ""
	if p := t.program(); p != nil {
		s.said = p.Output()
	}
	s.sought = t.lab.Protocol == "DNS" && t.lan != nil && t.lan.names.sought
	switch r.Verdict {
	case Pass:
		return nil, false
	case Fault:
		return nil, false // each case will say so for itself
	}
	switch {
	case r.Mistake != nil && r.Mistake.Key == "mistake.instead":
		again = false
	case r.Verdict == Crash || r.Verdict == Wrong || r.Verdict == Hang:
		r.Verdict = NoStart
	}
	return &r, again
}

// gotSomewhere reports whether the program has opened a socket that others
// notice: it listens, or has sent something.
func (t *T) gotSomewhere(p *Program) bool {
	if t.met.Load() || t.setup.kind != Server && (len(t.Tried()) > 0 || t.asked() && p.settled()) {
		return true
	}
	if t.lan != nil && t.lan.strange.hasPinged() {
		return true
	}
	sockets, err := p.process.Sockets()
	if err != nil {
		return false
	}
	for _, s := range sockets {
		bound := s.Network[0] == 'u' && s.Remote.Port() == 0 && s.Local.Port() != 0
		switch {
		case s.State == "LISTEN", s.Network[0] == 'r':
			return true
		case bound && t.setup.kind == Server && (t.lab.Kind != Either || t.lan != nil || !ephemeral(s.Local.Port())):
			return true
		}
	}
	return false
}

// settled reports whether the program has gone as far as it goes: one that has
// looked up a name may still end for want of an argument.
func (p *Program) settled() bool {
	if p.hasEnded() {
		return p.Code() == 0 || !wantsArguments(p.Output())
	}
	return p.idle() > 500*time.Millisecond
}

// asked reports whether the program has looked up a name. If the exercise is to do
// that by hand, the one that it was given, which does not exist, will do.
func (t *T) asked() bool {
	if t.lan == nil {
		return false
	}
	t.lan.names.mu.Lock()
	defer t.lan.names.mu.Unlock()
	return len(t.lan.names.addrs) > 0 || t.lab.Protocol == "DNS" && t.lan.names.sought && !t.program().Crashed()
}

// notUsable ends the try.
func (t *T) notUsable(end End) {
	name := "mistake.silent"
	if t.setup.kind != Client {
		name = "mistake.silent-server"
	}
	t.Await(end, Mistake{Name: name, Args: map[string]any{"Transport": "TCP/UDP"}})
}

var usage = regexp.MustCompile(`(?i)usage|argv|argument|IndexError|参数|用法`)

// ownArguments is a function of the program that is called wrongly: its command
// line has nothing to do with that.
var ownArguments = regexp.MustCompile(`(?m)^TypeError: .*$`)

// wantsArguments reports whether a program says that it was not given enough.
func wantsArguments(output string) bool {
	return usage.MatchString(ownArguments.ReplaceAllString(output, ""))
}
