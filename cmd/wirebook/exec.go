package main

import (
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
var clients = []func(*app, func() place) *cobra.Command{dnsClient, httpClient}

func dnsCommand(a *app) *cobra.Command  { return dnsClient(a, here) }
func httpCommand(a *app) *cobra.Command { return httpClient(a, here) }

func execCommand(a *app) *cobra.Command {
	var name string
	c := a.command("exec HOST CLIENT [ARG…]", "exec", func(c *cobra.Command, args []string) error {
		r, err := a.findRunning(name)
		if err != nil {
			return err
		}
		defer r.Close()
		return a.exec(c, r, args)
	})
	c.GroupID = "world"
	c.Args = arguments(cobra.MinimumNArgs(2))
	c.Flags().SetInterspersed(false)
	c.Flags().StringVar(&name, "name", "", a.say("flag.name"))
	return c
}

// exec runs a client whose sockets are those of a host in the running world.
func (a *app) exec(c *cobra.Command, r *running, args []string) error {
	where := func() place { return r.on(args[0]) }
	verbs := &cobra.Command{Use: "wirebook exec " + args[0], SilenceErrors: true, SilenceUsage: true}
	verbs.SetUsageTemplate(c.UsageTemplate())
	verbs.SetFlagErrorFunc(c.FlagErrorFunc())
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
	verbs.SetArgs(args[1:])
	return verbs.ExecuteContext(c.Context())
}
