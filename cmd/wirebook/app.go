package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/explain"
)

// app is what all commands share: the language, and the standard streams.
type app struct {
	lang explain.Language
	in   *os.File
	out  io.Writer
	err  io.Writer

	signalled context.Context // ends with Ctrl-C; nil in commands whose signals are a program's
}

// newApp finds the language before the command line is parsed, since the help
// text is in that language, too.
func newApp(args []string) *app {
	a := &app{lang: explain.FromEnvironment(), in: os.Stdin, out: os.Stdout, err: os.Stderr}
	for i, arg := range args {
		if arg == "--" {
			break
		}
		value, ok := strings.CutPrefix(arg, "--lang=")
		if arg == "--lang" && i+1 < len(args) {
			value, ok = args[i+1], true
		}
		if lang, err := explain.ParseLanguage(value); ok && err == nil {
			a.lang = lang
		}
	}
	return a
}

// say is a sentence of the catalogue's topic cli. Arguments come in pairs.
func (a *app) say(key string, pairs ...any) string {
	return a.lang.Say("cli."+key, placesOf(pairs))
}

func placesOf(pairs []any) map[string]any {
	places := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		places[pairs[i].(string)] = pairs[i+1]
	}
	return places
}

func (a *app) println(key string, pairs ...any) { fmt.Fprintln(a.out, a.say(key, pairs...)) }

// logger is what --log asks for.
func (a *app) logger(level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, usageError{fmt.Errorf("--log %s: write debug, info, warn or error", level)}
	}
	return slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: least})), nil
}

// writeJSON is what --json prints, for people, too: indented, and < as it is.
func (a *app) writeJSON(v any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// root is the whole command line.
func (a *app) root() *cobra.Command {
	cobra.EnableCommandSorting = false
	root := a.verbs("wirebook COMMAND", "root")
	root.Version = version
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().String("lang", string(a.lang), a.say("flag.lang"))
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		_, err := explain.ParseLanguage(c.Flag("lang").Value.String())
		if err != nil {
			return usageError{err}
		}
		if c.Annotations[signalsOf] != theProgram {
			a.signalled, _ = signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			c.SetContext(a.signalled)
		}
		return nil
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.SetUsageTemplate(a.usageTemplate())
	root.SetVersionTemplate("wirebook {{.Version}}\n")
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.AddGroup(
		&cobra.Group{ID: "world", Title: a.say("group.world")},
		&cobra.Group{ID: "client", Title: a.say("group.client")},
		&cobra.Group{ID: "learn", Title: a.say("group.learn")},
	)
	for _, build := range commands {
		root.AddCommand(build(a))
	}
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	root.InitDefaultHelpFlag()
	a.translateHelp(root)
	return root
}

// commands build the verbs, in the order in which help lists them.
var commands = []func(*app) *cobra.Command{
	upCommand, runCommand, shellCommand, psCommand, leasesCommand, killCommand, stopCommand, startCommand, execCommand, watchCommand, clockCommand, caCommand, worldCommand, serveCommand,
	dnsCommand, httpCommand, ftpCommand, mailCommand, tftpCommand, dhcpCommand,
	demoCommand, labCommand, explainCommand,
}

// command makes a command whose words are in the catalogue under its key.
func (a *app) command(use, key string, run func(*cobra.Command, []string) error) *cobra.Command {
	c := &cobra.Command{
		Use:     use,
		Short:   a.say(key + ".short"),
		Long:    a.say(key + ".long"),
		Example: examples[key],
		RunE:    run,
	}
	c.DisableFlagsInUseLine = true
	return c
}

// verbs makes a command that only has others under it. By itself it shows its
// help.
func (a *app) verbs(use, key string) *cobra.Command {
	c := a.command(use, key, func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		text := a.say("unknown", "Command", args[0], "Parent", c.CommandPath())
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			text += ". " + a.say("explain.suggest", "Names", strings.Join(near, ", "))
		}
		return usageError{errors.New(text)}
	})
	c.Args = cobra.ArbitraryArgs
	c.SuggestionsMinimumDistance = 2
	return c
}

// examples are shown by --help. They are the same in every language.
var examples = map[string]string{}

// example registers what --help of a command shows.
func example(key string, lines ...string) {
	examples[key] = "  " + strings.Join(lines, "\n  ")
}

// A command whose Annotations have theProgram under signalsOf leaves signals to
// the program that it runs. All others end when they are told to.
const (
	signalsOf  = "signals"
	theProgram = "program"
)

// interrupted reports whether Ctrl-C, or its like, has ended the command.
func (a *app) interrupted() bool { return a.signalled != nil && a.signalled.Err() != nil }

// arguments makes a mistake in their number a usage error.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{fmt.Errorf("%w\n%s", err, c.UseLine())}
		}
		return nil
	}
}

// arg is an argument that may be left out.
func arg(args []string, i int, otherwise string) string {
	if i < len(args) {
		return args[i]
	}
	return otherwise
}

// translateHelp gives cobra's own flags words of the catalogue.
func (a *app) translateHelp(c *cobra.Command) {
	c.InitDefaultHelpFlag()
	c.Flags().Lookup("help").Usage = a.say("flag.help")
	if c.Version != "" {
		c.InitDefaultVersionFlag()
		c.Flags().Lookup("version").Usage = a.say("flag.version")
	}
	for _, child := range c.Commands() {
		a.translateHelp(child)
	}
}

func (a *app) usageTemplate() string {
	return strings.NewReplacer(
		"«usage»", a.say("help.usage"), "«examples»", a.say("help.examples"), "«commands»", a.say("help.commands"),
		"«flags»", a.say("help.flags"), "«globalflags»", a.say("help.globalflags"), "«more»", a.say("help.more"),
	).Replace(`«usage»
  {{.UseLine}}
{{- if .HasExample}}

«examples»
{{.Example}}
{{- end}}
{{- if .HasAvailableSubCommands}}
{{- $cmds := .Commands}}
{{- range $group := .Groups}}

{{.Title}}
{{- range $cmds}}{{if and (eq .GroupID $group.ID) .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{- end}}
{{- if not .Groups}}

«commands»
{{- range $cmds}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{- end}}
{{- end}}
{{- if .HasAvailableLocalFlags}}

«flags»
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableInheritedFlags}}

«globalflags»
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableSubCommands}}

«more»
{{- end}}
`)
}
