package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// classOptions are the flags of `wirebook serve` by which a container takes a part
// in a class.
type classOptions struct {
	switches bool
	host     string
	newcomer string
	page     bool
	healthy  bool
	whole    bool
	renew    bool

	world  string
	state  string
	user   int
	listen string
	level  string
}

// usualLog is how much a container says, if nobody asks for more or less.
const usualLog = "info"

// classDir is the folder, shared by all containers of a class, in which the sockets
// of the switches are.
func classDir() string { return cmp.Or(os.Getenv("WIREBOOK_CLASS"), "/run/wirebook") }

// cableSocket is where the machines of the world ask to be plugged in.
func cableSocket() string { return filepath.Join(classDir(), "cables") }

// seatSocket is where newcomers do. Its folder is all that they see of the class: they
// are somebody else's, and root in their containers.
func seatSocket() string {
	return filepath.Join(cmp.Or(os.Getenv("WIREBOOK_SEATS"), "/run/seats"), "cables")
}

func (o *classOptions) flags(a *app, c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.host, "host", "", a.say("flag.class.host"))
	f.BoolVar(&o.switches, "switches", false, a.say("flag.class.switches"))
	f.StringVar(&o.newcomer, "newcomer", "", a.say("flag.class.newcomer"))
	f.BoolVar(&o.page, "page", false, a.say("flag.class.page"))
	f.BoolVar(&o.healthy, "healthy", false, a.say("flag.class.healthy"))
	f.BoolVar(&o.whole, "whole", false, a.say("flag.class.whole"))
	f.BoolVar(&o.renew, "renew", false, a.say("flag.class.renew"))
	f.StringVar(&o.world, "world", "", a.say("flag.world"))
	f.StringVar(&o.state, "state", "", a.say("flag.class.state"))
	f.IntVar(&o.user, "user", 0, a.say("flag.class.user"))
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", a.say("flag.class.listen"))
	f.StringVar(&o.level, "log", usualLog, a.say("flag.log"))
	c.MarkFlagsMutuallyExclusive("host", "switches", "newcomer", "page", "healthy", "whole", "renew")
}

// part is what the flags ask for; nil: nothing, and serve is only the name under
// which other verbs are.
func (o *classOptions) part(a *app) func(ctx context.Context, program []string) error {
	switch {
	case o.switches:
		return a.without(o.serveSwitches)
	case o.host != "":
		return a.without(o.serveHost)
	case o.newcomer != "":
		return func(ctx context.Context, program []string) error { return o.serveNewcomer(ctx, a, program) }
	case o.page:
		return a.without(o.servePage)
	case o.healthy:
		return a.without(o.askHealth)
	case o.whole:
		return a.without(o.askWhole)
	case o.renew:
		return a.without(o.askRenewal)
	}
	return nil
}

// without is a part that starts no program.
func (a *app) without(run func(context.Context, *app) error) func(context.Context, []string) error {
	return func(ctx context.Context, program []string) error {
		if len(program) > 0 {
			return usageError{fmt.Errorf("%q: only --newcomer starts a program", program[0])}
		}
		return run(ctx, a)
	}
}

// serveParts makes serve, which otherwise only has verbs under it, take a part.
func (a *app) serveParts(c *cobra.Command) {
	var o classOptions
	o.flags(a, c)
	verbs := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		if run := o.part(a); run != nil {
			return run(c.Context(), args)
		}
		return verbs(c, args)
	}
}

// stateRoot opens --state; nil: nothing is kept.
func (o *classOptions) stateRoot() (*os.Root, error) {
	if o.state == "" {
		return nil, nil
	}
	return os.OpenRoot(o.state)
}
