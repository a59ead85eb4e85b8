package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/world"
)

// worldOptions are the flags that say which world to start, or to look for.
type worldOptions struct {
	file   string
	name   string
	faults []string
	seed   uint64
	level  string
	attach []string

	keep  bool   // what is to outlive the world, in a folder:
	state string // "": the usual one
}

func (o *worldOptions) flags(a *app, c *cobra.Command) {
	c.Flags().StringVar(&o.file, "world", "", a.say("flag.world"))
	c.Flags().StringVar(&o.name, "name", "", a.say("flag.name"))
	c.Flags().StringArrayVar(&o.faults, "fault", nil, a.say("flag.fault"))
	c.Flags().Uint64Var(&o.seed, "seed", 0, a.say("flag.seed"))
	c.Flags().StringVar(&o.level, "log", "warn", a.say("flag.log"))
	c.Flags().StringArrayVar(&o.attach, "attach", nil, a.say("flag.attach"))
}

// own reports whether a flag asks for a world that is not the running one.
func (o *worldOptions) own() bool {
	return o.file != "" || len(o.faults) > 0 || o.seed != 0 || len(o.attach) > 0
}

// start starts the world that the flags describe, on that clock, and waits until
// its servers are up.
func (o *worldOptions) start(ctx context.Context, a *app, c *clock.Movable) (*world.World, error) {
	w, err := o.launch(ctx, a, c, nil)
	if err != nil {
		return nil, err
	}
	if err := w.Ready(ctx); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// launch starts the world that the flags describe, on that clock, with a guest
// unless that is nil.
func (o *worldOptions) launch(ctx context.Context, a *app, c *clock.Movable, g *world.Newcomer) (*world.World, error) {
	options, err := o.options(a)
	if err != nil {
		return nil, err
	}
	options.Clock, options.Guest = c, g
	plan, err := loadWorld(o.file)
	if err != nil {
		return nil, err
	}
	if o.keep {
		options.State, err = o.openState(plan.Name)
		switch {
		case err != nil && o.state != "":
			return nil, err
		case err != nil: // such as a user without a home
			options.Log.Warn("leases will be forgotten", "error", err)
		}
	}
	w, err := world.Start(ctx, plan, options)
	if errors.Is(err, world.ErrNoLink) {
		return nil, usageError{err}
	}
	if err != nil {
		return nil, err
	}
	c.OnSettle(w.Internet.Settle)
	return w, nil
}

func (o *worldOptions) options(a *app) (world.Options, error) {
	log, err := a.logger(o.level)
	if err != nil {
		return world.Options{}, err
	}
	if o.seed == 0 {
		o.seed = 1 + rand.Uint64N(999_999) // short enough to be typed
	}
	options := world.Options{Seed: o.seed, Log: log}
	if options.Faults, err = parseFaults(o.faults); err != nil {
		return options, usageError{err}
	}
	for _, text := range o.attach {
		attachment, err := world.ParseAttachment(text)
		if err != nil {
			return options, usageError{fmt.Errorf("--attach %s: %w", text, err)}
		}
		options.Attach = append(options.Attach, attachment)
	}
	return options, nil
}

// parseFaults reads the values of --fault: LINK:loss=0.3,delay=100ms.
func parseFaults(texts []string) (map[string]internet.Faults, error) {
	faults := make(map[string]internet.Faults)
	for _, text := range texts {
		link, what, ok := strings.Cut(text, ":")
		if !ok || link == "" {
			return nil, fmt.Errorf("--fault %s: write the name of a link, a colon, and what is wrong with it: gw-core:loss=0.3", text)
		}
		f, err := internet.ParseFaults(what)
		if err != nil {
			return nil, fmt.Errorf("--fault %s: %w", text, err)
		}
		faults[link] = f
	}
	return faults, nil
}
