package main

import (
	"context"
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
	var asJSON bool
	c := a.onRunning("ps [flags]", "ps", func(ctx context.Context, r *running, _ []string) error {
		return a.ps(ctx, r, asJSON)
	})
	c.Args = arguments(cobra.NoArgs)
	c.Flags().BoolVar(&asJSON, "json", false, a.say("flag.json"))
	return c
}

func (a *app) ps(ctx context.Context, r *running, asJSON bool) error {
	var rows []world.ServerStatus
	if err := r.Call(ctx, http.MethodGet, "/ps", nil, &rows); err != nil {
		return err
	}
	if asJSON {
		return a.writeJSON(rows)
	}
	var servers table
	servers.row("%s", a.say("ps.header"))
	for _, row := range rows {
		servers.row("%s\t%s\t%s\t%s\t%s\t%d\t%d", row.Host, row.Name, row.Address, row.Ports, row.State, row.Restarts, row.Connections)
	}
	return servers.print(a.out, "")
}

func killCommand(a *app) *cobra.Command {
	c := a.onRunning("kill HOST/SERVER", "kill", func(ctx context.Context, r *running, args []string) error {
		return a.kill(ctx, r, args[0])
	})
	c.Args = arguments(cobra.ExactArgs(1))
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
func serverNamed(which string) (serverRequest, error) {
	host, server, ok := strings.Cut(which, "/")
	if !ok {
		return serverRequest{}, usageError{fmt.Errorf("%q: write HOST/SERVER, as in www/http; wirebook ps lists them", which)}
	}
	return serverRequest{host, server}, nil
}
