package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/explain"
)

func init() {
	example("explain",
		"wirebook explain 304",
		"wirebook explain If-Modified-Since",
		"wirebook explain port 69",
		"wirebook explain --lang zh TIME-WAIT")
}

func explainCommand(a *app) *cobra.Command {
	var asJSON bool
	c := a.command("explain WORD…", "explain", func(_ *cobra.Command, args []string) error {
		return a.explain(args, asJSON)
	})
	c.GroupID = "learn"
	c.Args = arguments(cobra.MinimumNArgs(1))
	c.Flags().BoolVar(&asJSON, "json", false, a.say("flag.json"))
	return c
}

// mostExplained is how many entries are printed whole; of further ones only
// the names are.
const mostExplained = 4

func (a *app) explain(query []string, asJSON bool) error {
	entries := a.lang.Lookup(query...)
	if len(entries) == 0 {
		return a.notExplained(strings.Join(query, " "))
	}
	if asJSON {
		return a.writeJSON(entries)
	}
	for i, entry := range entries[:min(len(entries), mostExplained)] {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		if err := a.lang.Print(a.out, entry, width(a.out)); err != nil {
			return err
		}
	}
	if len(entries) > mostExplained {
		fmt.Fprintln(a.out)
		a.println("explain.more", "Names", names(entries[mostExplained:]))
	}
	return nil
}

func (a *app) notExplained(query string) error {
	text := a.say("explain.none", "Query", query)
	if near := explain.Suggest(query); len(near) > 0 {
		text += " " + a.say("explain.suggest", "Names", strings.Join(near, ", "))
	}
	fmt.Fprintln(a.err, text)
	return exitStatus(exitFailure)
}

func names(entries []explain.Entry) string {
	const most = 12
	var all []string
	for _, e := range entries[:min(len(entries), most)] {
		all = append(all, e.Name)
	}
	if len(entries) > most {
		all = append(all, "…")
	}
	return strings.Join(all, ", ")
}
