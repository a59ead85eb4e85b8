package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/world"
)

func init() {
	example("ps", "wirebook ps", "wirebook ps --json")
	example("kill", "wirebook kill www/http", "wirebook kill dns/dns")
}

func psCommand(a *app) *cobra.Command {
	var name string
	var asJSON bool
	c := a.command("ps [flags]", "ps", func(c *cobra.Command, _ []string) error {
		r, err := a.findRunning(name)
		if err != nil {
			return err
		}
		defer r.Close()
		return a.ps(c.Context(), r, asJSON)
	})
	c.GroupID = "world"
	c.Args = arguments(cobra.NoArgs)
	c.Flags().StringVar(&name, "name", "", a.say("flag.name"))
	c.Flags().BoolVar(&asJSON, "json", false, a.say("flag.json"))
	return c
}

func (a *app) ps(ctx context.Context, r *running, asJSON bool) error {
	var rows []world.ServerStatus
	if err := r.Call(ctx, http.MethodGet, "/ps", nil, &rows); err != nil {
		return err
	}
	if asJSON {
		encoder := json.NewEncoder(a.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(rows)
	}
	var servers table
	servers.row("%s", a.say("ps.header"))
	for _, row := range rows {
		servers.row("%s\t%s\t%s\t%s\t%s\t%d\t%d", row.Host, row.Name, row.Address, row.Ports, row.State, row.Restarts, row.Connections)
	}
	return servers.print(a.out, "")
}

func killCommand(a *app) *cobra.Command {
	var name string
	c := a.command("kill HOST/SERVER", "kill", func(c *cobra.Command, args []string) error {
		r, err := a.findRunning(name)
		if err != nil {
			return err
		}
		defer r.Close()
		return a.kill(c.Context(), r, args[0])
	})
	c.GroupID = "world"
	c.Args = arguments(cobra.ExactArgs(1))
	c.Flags().StringVar(&name, "name", "", a.say("flag.name"))
	return c
}

func (a *app) kill(ctx context.Context, r *running, which string) error {
	asked, err := serverNamed(which)
	if err != nil {
		return err
	}
	var reply killReply
	if err := r.Call(ctx, http.MethodPost, "/kill", asked, &reply); err != nil {
		return err
	}
	a.println("kill.back", "Server", which, "Time", reply.Down.Round(time.Millisecond))
	return nil
}

// serverNamed reads www/http.
func serverNamed(which string) (killRequest, error) {
	host, server, ok := strings.Cut(which, "/")
	if !ok {
		return killRequest{}, usageError{fmt.Errorf("%q: write HOST/SERVER, as in www/http; wirebook ps lists them", which)}
	}
	return killRequest{host, server}, nil
}
