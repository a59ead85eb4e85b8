package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func init() { example("ca", "wirebook ca > authority.pem") }

// caCommand prints the certificate of the authority that has signed those of the
// running world's servers.
func caCommand(a *app) *cobra.Command {
	c := a.onRunning("ca [flags]", "ca", func(ctx context.Context, r *running, _ []string) error {
		var pem string
		if err := r.Call(ctx, http.MethodGet, "/authority", nil, &pem); err != nil {
			return err
		}
		fmt.Fprint(a.out, pem)
		return nil
	})
	c.Args = arguments(cobra.NoArgs)
	return c
}
