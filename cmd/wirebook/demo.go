package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/cmd/wirebook/playbill"
	"github.com/wirebook/wirebook/demos"
	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/world"
)

func init() {
	example("demo",
		"wirebook demo",
		"wirebook demo page-load",
		"wirebook demo tcp --explain",
		"wirebook demo dns --auto --pause 4s",
		"wirebook demo my-demo.yaml --world my-world.yaml")
}

// demoOptions are the flags of demo.
type demoOptions struct {
	worldOptions
	auto    bool
	pause   time.Duration
	explain bool
	json    bool
}

func demoCommand(a *app) *cobra.Command {
	var o demoOptions
	c := a.command("demo [NAME|FILE] [flags]", "demo", func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return a.demoList(o.json)
		}
		return a.demo(c.Context(), o, args[0])
	})
	c.GroupID = "learn"
	c.Args = arguments(cobra.MaximumNArgs(1))
	c.ValidArgsFunction = completeDemo
	f := c.Flags()
	f.BoolVar(&o.auto, "auto", false, a.say("flag.auto"))
	f.DurationVar(&o.pause, "pause", 0, a.say("flag.pause"))
	f.BoolVar(&o.explain, "explain", false, a.say("flag.explain"))
	f.StringVar(&o.file, "world", "", a.say("flag.world.demo"))
	f.Uint64Var(&o.seed, "seed", 0, a.say("flag.seed"))
	f.StringVar(&o.level, "log", "error", a.say("flag.log"))
	f.BoolVar(&o.json, "json", false, a.say("flag.json"))
	return c
}

func completeDemo(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	all, _ := demos.All()
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
	}
	return names, cobra.ShellCompDirectiveDefault
}

func (a *app) demoList(asJSON bool) error {
	all, err := demos.All()
	if err != nil {
		return err
	}
	if asJSON {
		return a.writeJSON(all)
	}
	var list table
	for _, d := range all {
		list.row("%2d\t%s\t%s\t%s", d.Number, d.Name, d.Book, d.Summary.In(a.lang))
	}
	if err := list.print(a.out, ""); err != nil {
		return err
	}
	fmt.Fprintln(a.out, a.lang.Say("demo.list.next", nil))
	return nil
}

// findDemo is the demo of that name, or that of a file, and the folder that it is
// in.
func (a *app) findDemo(name string) (*demos.Demo, fs.FS, error) {
	if ext := filepath.Ext(name); ext == ".yaml" || ext == ".yml" || strings.ContainsAny(name, `/\`) {
		return a.demoFile(name)
	}
	all, err := demos.All()
	if err != nil {
		return nil, nil, err
	}
	var near []string
	for _, d := range all {
		if d.Name == name || fmt.Sprint(d.Number) == name {
			return d, demos.Library(), nil
		}
		if strings.Contains(d.Name, name) || strings.Contains(name, d.Name) {
			near = append(near, d.Name)
		}
	}
	text := a.lang.Say("demo.unknown", map[string]any{"Name": name})
	if len(near) > 0 {
		text += " " + a.say("explain.suggest", "Names", strings.Join(near, ", "))
	}
	return nil, nil, usageError{errors.New(text)}
}

func (a *app) demoFile(name string) (*demos.Demo, fs.FS, error) {
	dir, base := filepath.Split(name)
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	files := root.FS() // it stays open: the sites of a world are served from it
	d, err := demos.Load(files, base)
	return d, files, err
}

// demo plays one, on a world of its own.
func (a *app) demo(ctx context.Context, o demoOptions, name string) error {
	d, files, err := a.findDemo(name)
	if err != nil {
		return err
	}
	plan, err := d.Plan(files)
	if o.file != "" {
		plan, err = loadWorld(o.file)
	}
	if err != nil {
		return err
	}
	if err := d.Check(plan); err != nil { // before anything is started
		return err
	}
	w, err := o.startPlan(ctx, a, plan)
	if err != nil {
		return err
	}
	defer w.Close()
	screen := a.newDemoScreen(d, o)
	screen.title()
	err = d.Play(ctx, demos.Options{
		World: w, Clients: commandLine{w}, Language: func() explain.Language { return a.lang }, Tell: screen.show, Wait: screen.wait(),
	})
	screen.end(err)
	switch {
	case errors.Is(err, errEnough):
		return nil
	case errors.Is(err, demos.ErrMissing): // each has been said where it was missing
		return exitStatus(exitFailure)
	}
	return err
}

// startPlan starts the world of a demo, and waits until it is ready.
func (o *demoOptions) startPlan(ctx context.Context, a *app, plan *world.Plan) (*world.World, error) {
	options, err := o.options(a)
	if err != nil {
		return nil, err
	}
	c := clock.NewMovable()
	options.Clock = c
	w, err := world.Start(ctx, plan, options)
	if err != nil {
		return nil, err
	}
	c.OnSettle(w.Internet.Settle)
	if err := w.Ready(ctx); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// playbill are the demos that the page offers, each in a world of its own: those that
// come with us, and those of files.
func (a *app) playbill(own []string) (*playbill.Playbill, error) {
	all, err := demos.All()
	if err != nil {
		return nil, err
	}
	b := &playbill.Playbill{
		Start: func(ctx context.Context, plan *world.Plan) (*world.World, error) {
			o := demoOptions{worldOptions: worldOptions{level: "error"}}
			return o.startPlan(ctx, a, plan)
		},
		Clients: func(w *world.World) world.CommandLine { return commandLine{w} },
	}
	b.Add(demos.Library(), all...)
	for _, name := range own {
		d, files, err := a.demoFile(name)
		if err != nil {
			return nil, err
		}
		if err := playbill.Check(files, d); err != nil {
			return nil, err
		}
		b.Add(files, d)
	}
	return b, nil
}
