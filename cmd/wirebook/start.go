package main

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"
)

func init() {
	example("stop", "wirebook stop mail-com/smtp")
	example("start", "wirebook start mail-org/smtp")
}

func stopCommand(a *app) *cobra.Command  { return a.serverCommand("stop") }
func startCommand(a *app) *cobra.Command { return a.serverCommand("start") }

// serverCommand is a verb that does something to a server of the running world.
func (a *app) serverCommand(verb string) *cobra.Command {
	c := a.onRunning(verb+" HOST/SERVER", verb, func(ctx context.Context, r *running, args []string) error {
		server, err := serverNamed(args[0])
		if err != nil {
			return err
		}
		if err := r.Call(ctx, http.MethodPost, "/"+verb, server, nil); err != nil {
			return err
		}
		a.println(verb+".done", "Server", args[0])
		return nil
	})
	c.Args = arguments(cobra.ExactArgs(1))
	return c
}
