package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func init() {
	example("exec",
		"wirebook exec alice dns www.example.com",
		"wirebook exec alice dns --iterate www.example.com",
		"wirebook exec bob http get -v http://www.example.com/plain.html",
		"wirebook exec bob http page http://www.example.com/")
}

// clients are the verbs that run on this machine's network as they are, and on
// a host of the running world under exec.
var clients = []func(*app, func() place) *cobra.Command{dnsClient, httpClient, ftpClient, mailClient, tftpClient, dhcpClient}

func dnsCommand(a *app) *cobra.Command  { return dnsClient(a, here) }
func httpCommand(a *app) *cobra.Command { return httpClient(a, here) }
func tftpCommand(a *app) *cobra.Command { return tftpClient(a, here) }

func execCommand(a *app) *cobra.Command {
	c := a.onRunning("exec HOST CLIENT [ARG…]", "exec", a.exec)
	c.Args = arguments(cobra.MinimumNArgs(2))
	c.Flags().SetInterspersed(false)
	return c
}

// exec runs a client whose sockets are those of a host in the running world.
func (a *app) exec(ctx context.Context, r *running, args []string) error {
	verbs := a.clientVerbs(args[0], func() place { return r.on(args[0]) })
	verbs.SetArgs(args[1:])
	return verbs.ExecuteContext(ctx)
}

// clientVerbs is the command line of the clients on a host.
func (a *app) clientVerbs(host string, where func() place) *cobra.Command {
	verbs := &cobra.Command{Use: "wirebook exec " + host, SilenceErrors: true, SilenceUsage: true}
	verbs.SetUsageTemplate(a.usageTemplate())
	verbs.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	verbs.SetOut(a.out)
	verbs.SetErr(a.err)
	verbs.CompletionOptions.DisableDefaultCmd = true
	var known []string
	for _, build := range clients {
		verb := build(a, where)
		verb.GroupID = ""
		known = append(known, verb.Name())
		verbs.AddCommand(verb)
	}
	verbs.Args = func(_ *cobra.Command, rest []string) error {
		return usageError{fmt.Errorf("%q is not a client: there is %s", strings.Join(rest, " "), strings.Join(known, ", "))}
	}
	verbs.RunE = func(*cobra.Command, []string) error { return nil }
	a.translateHelp(verbs)
	return verbs
}
