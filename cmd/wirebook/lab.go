package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/labs"
	"github.com/wirebook/wirebook/labs/check"
)

func init() {
	example("lab",
		"wirebook lab list",
		"wirebook lab start web-server",
		"wirebook lab check web-server -- python3 web_server.py")
	example("lab.list", "wirebook lab list", "wirebook lab list --json")
	example("lab.start",
		"wirebook lab start web-server",
		"wirebook lab start udp-pinger pinger --lang-code go")
}

// labCommand is `wirebook lab`: the exercises.
func labCommand(a *app) *cobra.Command {
	c := a.verbs("lab", "lab")
	c.GroupID = "learn"
	c.AddCommand(labListCommand(a), labStartCommand(a), labCheckCommand(a))
	return c
}

func labListCommand(a *app) *cobra.Command {
	var asJSON bool
	c := a.command("list [flags]", "lab.list", func(*cobra.Command, []string) error { return a.labList(asJSON) })
	c.Args = arguments(cobra.NoArgs)
	c.Flags().BoolVar(&asJSON, "json", false, a.say("flag.json"))
	return c
}

// labRow is an exercise in `lab list --json`.
type labRow struct {
	Number  int      `json:"number"`
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Summary string   `json:"summary"`
	Section string   `json:"section"`
	Cases   []string `json:"cases"`
}

func (a *app) labList(asJSON bool) error {
	rows := []labRow{}
	for _, l := range labs.All {
		row := labRow{l.Number, l.Name, a.labSay(l, "title"), a.labSay(l, "summary"), l.Section, []string{}}
		for _, c := range l.Cases {
			row.Cases = append(row.Cases, c.Name)
		}
		rows = append(rows, row)
	}
	if asJSON {
		return a.writeJSON(rows)
	}
	var list table
	for _, r := range rows {
		list.row("%2d\t%s\t%s\t%s", r.Number, r.Name, r.Section, r.Summary)
	}
	if err := list.print(a.out, ""); err != nil {
		return err
	}
	a.println("lab.list.next")
	return nil
}

func (a *app) labSay(l *check.Lab, what string) string {
	return a.lang.Say("lab."+l.Name+"."+what, nil)
}

// findLab is the exercise of that name, or a usage error that says which are
// near.
func (a *app) findLab(name string) (*check.Lab, error) {
	if l := labs.Find(name); l != nil {
		return l, nil
	}
	text := a.say("lab.unknown", "Name", name)
	var near []string
	for _, l := range labs.All {
		if strings.Contains(l.Name, name) || strings.Contains(name, l.Name) || fmt.Sprint(l.Number) == name {
			near = append(near, l.Name)
		}
	}
	if len(near) > 0 {
		text += " " + a.say("explain.suggest", "Names", strings.Join(near, ", "))
	}
	return nil, usageError{errors.New(text)}
}

// completeLab offers the exercises' names to the shell.
func completeLab(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, l := range labs.All {
		names = append(names, l.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// labLanguages are those in which there is something to start with.
var labLanguages = []string{"python", "go"}

func checkLanguage(name string) error {
	if !slices.Contains(labLanguages, name) {
		return usageError{fmt.Errorf("--lang-code %s: write %s", name, strings.Join(labLanguages, " / "))}
	}
	return nil
}
