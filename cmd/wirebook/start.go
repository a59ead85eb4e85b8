package main

import (
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
	var name string
	c := a.command(verb+" HOST/SERVER", verb, func(c *cobra.Command, args []string) error {
		server, err := serverNamed(args[0])
		if err != nil {
			return err
		}
		r, err := a.findRunning(name)
		if err != nil {
			return err
		}
		defer r.Close()
		if err := r.Call(c.Context(), http.MethodPost, "/"+verb, server, nil); err != nil {
			return err
		}
		a.println(verb+".done", "Server", args[0])
		return nil
	})
	c.GroupID = "world"
	c.Args = arguments(cobra.ExactArgs(1))
	c.Flags().StringVar(&name, "name", "", a.say("flag.name"))
	return c
}
