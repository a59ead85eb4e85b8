package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/guest"
)

func init() {
	example("run",
		"wirebook run -- dig +trace www.example.com",
		"wirebook run --ladder -- curl -s http://www.example.com/",
		"wirebook run --pcap page.pcapng -- wget -q -p http://www.example.com/",
		"wirebook run --fault gw-core:loss=0.3 --seed 7 -- ping -c 5 www.example.com",
		"wirebook run --host alice -- python3 my_client.py")
	example("shell",
		"wirebook shell",
		"wirebook shell --host alice")
}

func runCommand(a *app) *cobra.Command {
	var o runOptions
	c := a.command("run [flags] -- PROGRAM [ARG…]", "run", func(c *cobra.Command, args []string) error {
		return a.run(c.Context(), o, args)
	})
	c.GroupID = "world"
	c.Args = arguments(cobra.MinimumNArgs(1))
	c.Flags().SetInterspersed(false) // the program's flags are its own
	o.flags(a, c)
	return c
}

func shellCommand(a *app) *cobra.Command {
	var o runOptions
	c := a.command("shell [flags]", "shell", func(c *cobra.Command, _ []string) error {
		shell := os.Getenv("SHELL")
		if shell == "" {
			shell = "/bin/sh"
		}
		o.job = true
		return a.run(c.Context(), o, []string{shell})
	})
	c.GroupID = "world"
	c.Args = arguments(cobra.NoArgs)
	o.flags(a, c)
	return c
}

// runOptions are the flags of run and shell.
type runOptions struct {
	worldOptions
	host    string
	pcap    string
	ladder  string
	packets bool
	explain bool
	job     bool
}

func (o *runOptions) flags(a *app, c *cobra.Command) {
	o.worldOptions.flags(a, c)
	c.Flags().StringVar(&o.host, "host", "", a.say("flag.host"))
	c.Flags().StringVar(&o.pcap, "pcap", "", a.say("flag.pcap"))
	c.Flags().StringVar(&o.ladder, "ladder", "", a.say("flag.ladder"))
	c.Flags().Lookup("ladder").NoOptDefVal = ladderOwn
	c.Flags().BoolVar(&o.packets, "packets", false, a.say("flag.packets"))
	c.Flags().BoolVar(&o.explain, "explain", false, a.say("flag.explain"))
	c.Annotations = map[string]string{signalsOf: theProgram}
}

// lan is where a guest is put: in a world of this process, or of another.
type lan interface {
	// host says as what the guest is known.
	host() guest.Host

	// plug connects the far end of the guest's card. It is called once.
	plug(*guest.Tap) error

	observer
	close()
}

func (a *app) run(ctx context.Context, o runOptions, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := guest.Supported(); err != nil {
		return err
	}
	place, err := a.findLAN(ctx, o)
	if err != nil {
		return err
	}
	defer place.close()
	view, err := a.newView(place, place.host().Name, o)
	if err != nil {
		return err
	}
	status, err := a.runOn(ctx, place, o, args)
	if shown := view.finish(); err == nil {
		err = shown
	}
	if err != nil {
		return err
	}
	if code := status.ExitCode(); code != 0 {
		return exitStatus(code)
	}
	return nil
}

// runOn runs the program to its end.
func (a *app) runOn(ctx context.Context, place lan, o runOptions, args []string) (guest.Status, error) {
	g, err := guest.Start(ctx, guest.Config{
		Host:       place.host(),
		Args:       args,
		Stdin:      a.in,
		Stdout:     a.out,
		Stderr:     a.err,
		Foreground: true,
		Job:        o.job,
	}, place.plug)
	var program *guest.ProgramError
	if errors.As(err, &program) {
		fmt.Fprintf(a.err, "wirebook: %v\n", program)
		return guest.Status{Code: program.Code}, nil
	}
	if err != nil {
		return guest.Status{}, err
	}
	return g.Wait()
}

// findLAN joins the running world, or starts one for this program alone. What
// makes a world different needs a world of its own.
func (a *app) findLAN(ctx context.Context, o runOptions) (lan, error) {
	if !o.own() {
		place, err := a.joinRunning(ctx, o.name, o.host)
		if err == nil || !errors.Is(err, control.ErrNoWorld) || o.name != "" {
			return place, err
		}
	}
	return a.startOwn(ctx, o)
}

// check finds mistakes in the flags that the world need not be started for.
func (o *runOptions) check() error {
	if o.ladder != "" && o.ladder != ladderOwn && o.ladder != ladderAll {
		return usageError{fmt.Errorf("--ladder=%s: write --ladder, or --ladder=%s for the messages of all hosts", o.ladder, ladderAll)}
	}
	if runtime.GOOS != "linux" {
		return guest.Supported()
	}
	return nil
}
