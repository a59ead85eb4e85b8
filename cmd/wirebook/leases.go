package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/world"
)

func init() {
	example("leases", "wirebook leases", "wirebook leases alice", "wirebook leases --json")
}

func leasesCommand(a *app) *cobra.Command {
	var asJSON bool
	c := a.onRunning("leases [HOST] [flags]", "leases", func(ctx context.Context, r *running, args []string) error {
		return a.leases(ctx, r, args, asJSON)
	})
	c.Args = arguments(cobra.MaximumNArgs(1))
	c.Flags().BoolVar(&asJSON, "json", false, a.say("flag.json"))
	return c
}

// leases lists what the DHCP servers of the running world have lent, to all or to
// the hosts named.
func (a *app) leases(ctx context.Context, r *running, hosts []string, asJSON bool) error {
	rows := []world.Lease{}
	if err := r.Call(ctx, http.MethodGet, "/leases", nil, &rows); err != nil {
		return err
	}
	if len(hosts) > 0 {
		rows = slices.DeleteFunc(rows, func(l world.Lease) bool { return !slices.Contains(hosts, l.Host) })
	}
	if asJSON {
		return a.writeJSON(rows)
	}
	if len(rows) == 0 {
		a.println("leases.none")
		return nil
	}
	var leases table
	leases.row("%s", a.say("leases.header"))
	for _, l := range rows {
		leases.row("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", l.Addr, l.Host, l.MAC, l.State, l.Server,
			timeOf(l.Since), ahead(l.Now, l.T1), ahead(l.Now, l.T2), ahead(l.Now, l.Until))
	}
	return leases.print(a.out, "")
}

// timeOf is a time of day, with its date; "-": never.
func timeOf(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateTime)
}

// ahead is how long it is from now to then; "-": that is past, or does not come.
func ahead(now, then time.Time) string {
	if left := then.Sub(now); !then.IsZero() && left > 0 {
		return fmt.Sprint(left.Round(time.Second))
	}
	return "-"
}
