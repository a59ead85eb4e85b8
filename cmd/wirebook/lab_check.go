package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/report"
)

func init() {
	example("lab.check",
		"wirebook lab check web-server -- python3 web_server.py",
		"wirebook lab check web-server --only two-segments --seed 7 -- python3 web_server.py",
		"wirebook lab check tftp-client --watch -- go run tftp_client.go",
		"wirebook lab check udp-pinger --gradescope results.json -- ./pinger")
}

// labCheckOptions are the flags of `lab check`.
type labCheckOptions struct {
	asJSON     bool
	gradescope string
	only       string
	seed       uint64
	watch      bool
	loopback   bool
}

func labCheckCommand(a *app) *cobra.Command {
	var o labCheckOptions
	c := a.command("check NAME [flags] -- PROGRAM [ARG…]", "lab.check", func(c *cobra.Command, args []string) error {
		lab, err := a.findLab(args[0])
		if err != nil {
			return err
		}
		if len(args) < 2 {
			return usageError{errors.New(a.say("lab.check.noprogram", "Name", lab.Name))}
		}
		if !c.Flags().Changed("seed") {
			o.seed = 1 + rand.Uint64N(999_999)
		}
		return a.labCheck(c.Context(), lab, o, args[1:])
	})
	c.Args = arguments(cobra.MinimumNArgs(1))
	c.ValidArgsFunction = completeLab
	c.Flags().BoolVar(&o.asJSON, "json", false, a.say("flag.json"))
	c.Flags().StringVar(&o.gradescope, "gradescope", "", a.say("flag.gradescope"))
	c.Flags().StringVar(&o.only, "only", "", a.say("flag.only"))
	c.Flags().Uint64Var(&o.seed, "seed", 0, a.say("flag.labseed"))
	c.Flags().BoolVar(&o.watch, "watch", false, a.say("flag.labwatch"))
	c.Flags().BoolVar(&o.loopback, "loopback", false, a.say("flag.loopback"))
	return c
}

func (a *app) labCheck(ctx context.Context, lab *check.Lab, o labCheckOptions, command []string) error {
	if o.only != "" && lab.Case(o.only) == nil {
		return usageError{errors.New(a.say("lab.check.nocase", "Name", lab.Name, "Case", o.only, "Cases", strings.Join(caseNames(lab), ", ")))}
	}
	for {
		dir, err := os.Getwd()
		if err != nil {
			return err
		}
		before := newest(dir)
		passed, err := a.labCheckOnce(ctx, lab, o, command, dir)
		if !o.watch || ctx.Err() != nil {
			if err == nil && !passed {
				err = exitStatus(exitFailure)
			}
			return err
		}
		if err != nil {
			fmt.Fprintf(a.err, "wirebook: %v\n", err)
		}
		a.println("lab.check.watching")
		if err := awaitChange(ctx, dir, before); err != nil {
			return err
		}
	}
}

func caseNames(lab *check.Lab) (names []string) {
	for _, c := range lab.Cases {
		names = append(names, c.Name)
	}
	return names
}

func (a *app) labCheckOnce(ctx context.Context, lab *check.Lab, o labCheckOptions, command []string, dir string) (bool, error) {
	text := report.Text{Lang: a.lang, Width: width(a.out), Color: color(a.out), Again: func(c *check.Result) string {
		return fmt.Sprintf("wirebook lab check %s --only %s --seed %d -- %s", lab.Name, c.Case, o.seed, strings.Join(command, " "))
	}}
	progress := &labProgress{app: a, lab: lab, text: text, quiet: o.asJSON}
	if guest.Supported() != nil && !o.loopback {
		fmt.Fprintln(a.err, "wirebook:", a.say("lab.check.loopback", "Reason", guest.Supported()))
	}
	r, err := check.Run(ctx, lab, check.Options{
		Command: command, Dir: dir, Seed: o.seed, Only: o.only, Loopback: o.loopback, Begun: progress.begun, Ended: progress.ended,
	})
	progress.clear()
	if err != nil {
		return false, err
	}
	if o.gradescope != "" {
		if err := writeGradescope(o.gradescope, text, r); err != nil {
			return false, err
		}
	}
	passed := r.Passed()
	if o.only != "" {
		passed = r.Results[0].Verdict == check.Pass
	}
	if o.asJSON {
		return passed, text.JSON(a.out, r)
	}
	return passed, text.Write(a.out, r)
}

func writeGradescope(name string, text report.Text, r *check.Report) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(text.Gradescope(f, r), f.Close())
}

// labProgress prints each case as it ends, and on a terminal which are still
// going on.
type labProgress struct {
	app     *app
	lab     *check.Lab
	text    report.Text
	quiet   bool
	running []string
	shown   bool
}

func (p *labProgress) begun(c *check.Case) {
	p.running = append(p.running, c.Name)
	p.line()
}

func (p *labProgress) ended(c *check.Case, r *check.Result) {
	if i := slices.Index(p.running, c.Name); i >= 0 {
		p.running = slices.Delete(p.running, i, i+1)
	}
	p.clear()
	if !p.quiet {
		fmt.Fprintln(p.app.out, p.text.Line(p.lab, r))
	}
	p.line()
}

func (p *labProgress) line() {
	if p.quiet || !isTerminal(p.app.err) || len(p.running) == 0 {
		return
	}
	p.clear()
	fmt.Fprintf(p.app.err, "  … %s", strings.Join(p.running, ", "))
	p.shown = true
}

func (p *labProgress) clear() {
	if p.shown {
		fmt.Fprint(p.app.err, lineErase)
		p.shown = false
	}
}

// newest is when something in a folder was last changed; what a program writes
// there itself is below its copy, and not seen here.
func newest(dir string) (last time.Time) {
	_ = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if e.IsDir() && strings.HasPrefix(e.Name(), ".") && path != dir {
			return filepath.SkipDir
		}
		if info, err := e.Info(); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
		return nil
	})
	return last
}

// awaitChange returns when something in the folder has been saved.
func awaitChange(ctx context.Context, dir string, before time.Time) error {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if newest(dir).After(before) {
				return nil
			}
		}
	}
}
