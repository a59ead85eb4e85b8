package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"

	"github.com/wirebook/wirebook/guest"
)

// Options say how a lab is checked.
type Options struct {
	Command  []string // the student's program, as it is started from Dir
	Dir      string   // the student's folder
	Seed     uint64
	Only     string // the one case to judge; "" for all
	Parallel int    // how many cases at once; 0: 4
	Loopback bool   // do without a miniature Internet, even where there could be one

	// Begun and Ended, if they are set, are called as cases begin and end, in any
	// order, one at a time.
	Begun func(*Case)
	Ended func(*Case, *Result)
}

// ErrNoCase is returned for a case that the lab does not have.
var ErrNoCase = errors.New("there is no such case")

// setup is what all cases of a check share.
type setup struct {
	Options
	lab       *Lab
	kind      Kind // the lab's, or for Either, what the program turned out to be
	manifest  Manifest
	command   []string // what is run: the command, or what was built of it
	arguments []string // further ones, with places
	manner    string   // of the lab's
	dir       string
	builder   builder
	said      string  // what it printed at its last try
	sought    bool    // at its last try it asked the system for a name that does not exist
	noStart   *Result // what is wrong with a program that never gets anywhere
	miniature bool    // programs run on a miniature Internet, and not on this machine's loopback
}

// Run checks a program: every case, also when others fail. Its error is that the
// check could not be made at all.
func Run(ctx context.Context, lab *Lab, o Options) (*Report, error) {
	s := &setup{Options: o, lab: lab, kind: lab.Kind, miniature: !o.Loopback && guest.Supported() == nil}
	if o.Only != "" && lab.Case(o.Only) == nil {
		return nil, ErrNoCase
	}
	var err error
	if s.dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if s.dir, err = filepath.EvalSymlinks(s.dir); err != nil {
		return nil, err
	}
	if s.manifest, err = ReadManifest(s.dir); err != nil {
		return nil, err
	}
	report := &Report{Lab: lab, Name: lab.Name, Seed: o.Seed, Program: o.Command}
	defer s.builder.remove()
	s.command, err = s.builder.build(s.manifest, o.Command, s.dir)
	var unbuilt *buildError
	switch {
	case errors.As(err, &unbuilt):
		s.noStart = &Result{Verdict: NoStart, Output: tail(unbuilt.said, 20), Mistake: &Words{Key: "mistake.build", Args: map[string]any{"Command": unbuilt.command}}}
	case err != nil:
		return nil, err
	default:
		s.findArguments(ctx)
		s.findManner(ctx)
	}
	report.Results = s.judge(ctx)
	return report, context.Cause(ctx)
}

// judge runs the cases, some at a time, and returns their results in order.
func (s *setup) judge(ctx context.Context) []Result {
	cases := s.cases()
	parallel := s.Parallel
	if parallel <= 0 {
		parallel = 4
	}
	if !s.miniature {
		parallel = 1 // all have the same ports
	}
	results := make([]Result, len(cases))
	free := make(chan struct{}, parallel)
	var all sync.WaitGroup
	var telling sync.Mutex
	for _, i := range longestFirst(cases) {
		free <- struct{}{}
		if ctx.Err() != nil {
			<-free
			results[i] = Result{Case: cases[i].Name, Level: cases[i].Level, Verdict: Skipped, Mistake: &Words{Key: "mistake.interrupted"}}
			continue
		}
		all.Go(func() {
			defer func() { <-free }()
			s.tell(&telling, func() {
				if s.Begun != nil {
					s.Begun(&cases[i])
				}
			})
			results[i] = s.one(ctx, &cases[i])
			s.tell(&telling, func() {
				if s.Ended != nil {
					s.Ended(&cases[i], &results[i])
				}
			})
		})
	}
	all.Wait()
	return results
}

// longestFirst are the cases' places, those first that may take longest: then no long
// one begins when all others have ended.
func longestFirst(cases []Case) []int {
	places := make([]int, len(cases))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(cases[b].limit(), cases[a].limit()) })
	return places
}

// cases are those to judge.
func (s *setup) cases() []Case {
	if s.Only != "" {
		return []Case{*s.lab.Case(s.Only)}
	}
	if s.lab.Kind != Either {
		return s.lab.Cases
	}
	return slices.DeleteFunc(slices.Clone(s.lab.Cases), func(c Case) bool { return c.Of != s.kind })
}

func (s *setup) tell(mu *sync.Mutex, f func()) {
	mu.Lock()
	defer mu.Unlock()
	f()
}

// one judges one case.
func (s *setup) one(ctx context.Context, c *Case) Result {
	switch {
	case s.noStart != nil:
		r := *s.noStart
		r.Case, r.Level = c.Name, c.Level
		return r
	case c.Miniature && !s.miniature:
		return Result{Case: c.Name, Level: c.Level, Verdict: Skipped, Mistake: &Words{Key: "mistake.no-miniature"}}
	}
	t := s.newT(c)
	return t.run(ctx)
}

func (s *setup) newT(c *Case) *T {
	t := &T{lab: s.lab, which: c, setup: s}
	t.Rand = rand.New(rand.NewPCG(s.Seed, t.seed()))
	return t
}

// seed is the case's own, so that one case alone draws what it drew among others.
func (t *T) seed() uint64 {
	sum := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(t.lab.Name + "/" + t.which.Name) {
		sum = (sum ^ uint64(b)) * 1099511628211
	}
	return sum ^ t.setup.Seed
}

func (s *setup) newGround(seed uint64) (ground, *lan, error) {
	if !s.miniature {
		g, err := newMachine(s)
		return g, nil, err
	}
	l, err := newLAN(seed)
	if err != nil {
		return nil, nil, fmt.Errorf("make a miniature Internet: %w", err)
	}
	return l, l, nil
}
