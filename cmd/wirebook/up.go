package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/world"
)

func init() {
	example("up",
		"wirebook up",
		"wirebook up --fault gw-core:loss=0.3,delay=100ms --seed 7",
		"wirebook up --attach mysite:80=127.0.0.1:8000",
		"wirebook up --state none",
		"wirebook up --open",
		"wirebook up --share 0.0.0.0:10001",
		"wirebook up --demo my-demo.yaml",
		"wirebook up --world my-world.yaml")
}

func upCommand(a *app) *cobra.Command {
	var o worldOptions
	var page pageOptions
	c := a.command("up [flags]", "up", func(c *cobra.Command, _ []string) error {
		return a.up(c.Context(), o, page)
	})
	c.GroupID = "world"
	c.Args = arguments(cobra.NoArgs)
	o.flags(a, c)
	o.keep = true
	c.Flags().StringVar(&o.state, "state", "", a.say("flag.state"))
	page.flags(a, c)
	return c
}

func (a *app) up(ctx context.Context, o worldOptions, page pageOptions) error {
	began := time.Now()
	commands, err := control.Listen(o.name)
	if err != nil {
		return err
	}
	c := clock.NewMovable()
	w, err := o.start(ctx, a, c)
	if err != nil {
		return errors.Join(err, commands.Close())
	}
	defer w.Close()
	ways, closeWays := w.OpenGateways(ctx)
	defer closeWays()
	pages, err := a.servePages(page, w, c)
	if err != nil {
		return errors.Join(err, commands.Close())
	}
	defer pages.Close()
	a.announce(w, o, ways, time.Since(began))
	a.announcePage(ctx, pages, page)

	reach := &reach{world: w, clock: c}
	err = control.Serve(ctx, commands, reach.handler())
	if err == nil {
		a.println("up.ended")
	}
	return err
}

// announce says what there is, and what one can do with it.
func (a *app) announce(w *world.World, o worldOptions, ways []world.Way, took time.Duration) {
	servers := 0
	for _, h := range w.Plan.Hosts {
		servers += len(h.Servers)
	}
	for _, r := range w.Plan.Routers {
		servers += len(r.Servers)
	}
	a.println("up.started", "Name", w.Plan.Name, "Hosts", len(w.Plan.Hosts), "Routers", len(w.Plan.Routers),
		"Servers", servers, "Time", took.Round(time.Millisecond), "Seed", o.seed)
	if len(ways) > 0 {
		fmt.Fprintln(a.out)
		a.println("up.gateways")
		var ports table
		for _, way := range ways {
			ports.row("127.0.0.1:%d\t%s\t%s\t%s", way.Port, way.Transport, a.target(w, way), a.tryWay(way))
		}
		ports.print(a.out, "  ")
	}
	for _, attached := range w.Attached() {
		a.println("up.attached", "Name", attached.Name, "FQDN", attached.FQDN, "Port", attached.Port, "Target", attached.Target)
	}
	fmt.Fprintln(a.out)
	a.println("up.hints")
	for _, hint := range hints {
		fmt.Fprintln(a.out, " ", hint)
	}
}

var hints = []string{
	"wirebook run -- dig +trace www.example.com",
	"wirebook run --ladder -- curl http://www.example.com/",
	"wirebook exec alice dns www.example.com",
	"wirebook watch",
	"wirebook ps",
}

func (a *app) target(w *world.World, way world.Way) string {
	if way.Transport == "socks" {
		return a.say("up.everything")
	}
	return fmt.Sprintf("%s:%d", w.FQDN(way.Host), way.To)
}

// tryWay is a command that goes through a gateway, or why it is not open.
func (a *app) tryWay(way world.Way) string {
	switch {
	case way.Err != nil:
		return a.say("up.taken", "Port", way.Port)
	case way.Transport == "socks":
		return fmt.Sprintf("curl --socks5-hostname 127.0.0.1:%d http://www.example.com/", way.Port)
	case way.To == 80:
		return fmt.Sprintf("curl http://127.0.0.1:%d/", way.Port)
	case way.To == 53 && way.Transport == "udp":
		return fmt.Sprintf("dig @127.0.0.1 -p %d www.example.com", way.Port)
	case way.To == 53:
		return fmt.Sprintf("dig @127.0.0.1 -p %d +tcp www.example.com", way.Port)
	}
	return ""
}
