package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func init() { example("ca", "wirebook ca > authority.pem") }

// caCommand prints the certificate of the authority that has signed those of the
// running world's servers.
func caCommand(a *app) *cobra.Command {
	var name string
	c := a.command("ca [flags]", "ca", func(c *cobra.Command, _ []string) error {
		r, err := a.findRunning(name)
		if err != nil {
			return err
		}
		defer r.Close()
		var pem string
		if err := r.Call(c.Context(), http.MethodGet, "/authority", nil, &pem); err != nil {
			return err
		}
		fmt.Fprint(a.out, pem)
		return nil
	})
	c.GroupID = "world"
	c.Args = arguments(cobra.NoArgs)
	c.Flags().StringVar(&name, "name", "", a.say("flag.name"))
	return c
}
