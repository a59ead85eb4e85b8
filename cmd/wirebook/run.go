package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

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
		"wirebook run --host alice -- python3 my_client.py",
		"wirebook run --no-address --ladder -- dhclient -v -1 eth0")
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
	bare    bool // no address by DHCP
	pcap    string
	ladder  string
	packets bool
	explain bool
	fields  bool
	secrets bool
	story   string
	job     bool
}

func (o *runOptions) flags(a *app, c *cobra.Command) {
	o.worldOptions.flags(a, c)
	c.Flags().StringVar(&o.host, "host", "", a.say("flag.host"))
	c.Flags().BoolVar(&o.bare, "no-address", false, a.say("flag.noaddress"))
	c.Flags().StringVar(&o.pcap, "pcap", "", a.say("flag.pcap"))
	c.Flags().StringVar(&o.ladder, "ladder", "", a.say("flag.ladder"))
	c.Flags().Lookup("ladder").NoOptDefVal = ladderOwn
	o.showFlags(a, c)
	c.Annotations = map[string]string{signalsOf: theProgram}
}

// showFlags say how much of each message is shown, and of which.
func (o *runOptions) showFlags(a *app, c *cobra.Command) {
	c.Flags().BoolVar(&o.packets, "packets", false, a.say("flag.packets"))
	c.Flags().BoolVar(&o.explain, "explain", false, a.say("flag.explain"))
	c.Flags().BoolVar(&o.fields, "fields", false, a.say("flag.fields"))
	c.Flags().StringVar(&o.story, "story", "", a.say("flag.story"))
	c.Flags().BoolVar(&o.secrets, "secrets", false, a.say("flag.secrets"))
}

// lan is where a guest is put: in a world of this process, or of another.
type lan interface {
	// host says as what the guest is known.
	host() guest.Host

	// plug connects the far end of the guest's card, waits until the guest has
	// an address, and configures the card with it, and with every later one.
	// It is called once.
	plug(context.Context, *guest.Guest, *guest.Tap) error

	observer
	close()
}

// visit is one program's run on a LAN.
type visit struct {
	app   *app
	o     runOptions
	place lan   // once it is found
	view  *view // once the guest has its address: what is shown begins with the program
}

func (a *app) run(ctx context.Context, o runOptions, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	v := &visit{app: a, o: o}
	status, err := v.run(ctx, args)
	if v.view != nil {
		if shown := v.view.finish(); err == nil {
			err = shown
		}
	}
	if v.place != nil {
		v.place.close()
	}
	if err != nil {
		return err
	}
	if code := status.ExitCode(); code != 0 {
		return exitStatus(code)
	}
	return nil
}

// run runs the program to its end.
func (v *visit) run(ctx context.Context, args []string) (guest.Status, error) {
	a := v.app
	g, err := guest.Start(ctx, guest.Config{
		Join:       v.join,
		Args:       args,
		Stdin:      a.in,
		Stdout:     a.out,
		Stderr:     a.err,
		Foreground: true,
		Job:        v.o.job,
	}, func(g *guest.Guest, tap *guest.Tap) error { return v.plug(ctx, g, tap) })
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

func (v *visit) join(ctx context.Context) (h guest.Host, err error) {
	if v.place, err = v.app.findLAN(ctx, v.o); err != nil {
		return h, err
	}
	return v.place.host(), nil
}

func (v *visit) plug(ctx context.Context, g *guest.Guest, tap *guest.Tap) (err error) {
	const soon = 3 * time.Second
	asking := time.AfterFunc(soon, func() { fmt.Fprintln(v.app.err, "wirebook:", v.app.say("run.asking")) })
	defer asking.Stop()
	if err := v.place.plug(ctx, g, tap); err != nil {
		return err
	}
	v.view, err = v.app.newView(v.place, v.place.host().Name, v.o)
	return err
}

// findLAN joins the running world, or starts one for this program alone. What
// makes a world different needs a world of its own.
func (a *app) findLAN(ctx context.Context, o runOptions) (lan, error) {
	if !o.own() {
		place, err := a.joinRunning(ctx, o)
		if err == nil || !errors.Is(err, control.ErrNoWorld) || o.name != "" {
			return place, err
		}
	}
	return a.startOwn(ctx, o)
}

func (o *runOptions) joinRequest() joinRequest { return joinRequest{Name: o.host, NoAddress: o.bare} }

// check finds mistakes in the flags that the world need not be started for.
func (o *runOptions) check() error {
	if o.story != "" && o.ladder == "" {
		o.ladder = ladderAll // a mail goes from host to host
	}
	if o.ladder != "" && o.ladder != ladderOwn && o.ladder != ladderAll {
		return usageError{fmt.Errorf("--ladder=%s: write --ladder, or --ladder=%s for the messages of all hosts", o.ladder, ladderAll)}
	}
	if runtime.GOOS != "linux" {
		return guest.Supported()
	}
	return nil
}
