package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clients/ftpc"
)

// ftpDesk is a session and what the user has set for it.
type ftpDesk struct {
	app     *app
	o       ftpOptions
	session *ftpc.Session
	line    *transferLine // of the transfer that runs
	whole   int64         // size of its file, if the server has been asked; else -1
	ended   bool          // the user has said quit
}

// ftpVerb is a command of the user's. What it is for says the catalogue, under
// ftp.verb and its name.
type ftpVerb struct {
	name, args string
	least      int
	most       int
	run        func(*ftpDesk, context.Context, []string) error
}

var ftpVerbs []ftpVerb

func init() {
	ftpVerbs = []ftpVerb{
		{"ls", "[FOLDER]", 0, 1, (*ftpDesk).ls},
		{"names", "[FOLDER]", 0, 1, (*ftpDesk).names},
		{"cd", "FOLDER", 1, 1, (*ftpDesk).cd},
		{"pwd", "", 0, 0, (*ftpDesk).pwd},
		{"get", "FILE [LOCAL]", 1, 2, func(d *ftpDesk, ctx context.Context, args []string) error { return d.get(ctx, args, d.o.resume) }},
		{"reget", "FILE [LOCAL]", 1, 2, func(d *ftpDesk, ctx context.Context, args []string) error { return d.get(ctx, args, true) }},
		{"put", "LOCAL [FILE]", 1, 2, func(d *ftpDesk, ctx context.Context, args []string) error { return d.put(ctx, args, d.o.resume) }},
		{"reput", "LOCAL [FILE]", 1, 2, func(d *ftpDesk, ctx context.Context, args []string) error { return d.put(ctx, args, true) }},
		{"append", "LOCAL [FILE]", 1, 2, (*ftpDesk).append},
		{"delete", "FILE", 1, 1, func(d *ftpDesk, ctx context.Context, args []string) error { return d.session.Delete(ctx, args[0]) }},
		{"rename", "FROM TO", 2, 2, func(d *ftpDesk, ctx context.Context, args []string) error {
			return d.session.Rename(ctx, args[0], args[1])
		}},
		{"mkdir", "FOLDER", 1, 1, func(d *ftpDesk, ctx context.Context, args []string) error { return d.session.Mkdir(ctx, args[0]) }},
		{"rmdir", "FOLDER", 1, 1, func(d *ftpDesk, ctx context.Context, args []string) error { return d.session.Rmdir(ctx, args[0]) }},
		{"size", "FILE", 1, 1, (*ftpDesk).size},
		{"time", "FILE", 1, 1, (*ftpDesk).time},
		{"lcd", "LOCAL", 1, 1, func(d *ftpDesk, _ context.Context, args []string) error { return os.Chdir(args[0]) }},
		{"lpwd", "", 0, 0, (*ftpDesk).lpwd},
		{"active", "", 0, 0, func(d *ftpDesk, _ context.Context, _ []string) error { d.session.Active = true; return nil }},
		{"passive", "", 0, 0, func(d *ftpDesk, _ context.Context, _ []string) error { d.session.Active = false; return nil }},
		{"text", "", 0, 0, func(d *ftpDesk, _ context.Context, _ []string) error { d.session.Text = true; return nil }},
		{"binary", "", 0, 0, func(d *ftpDesk, _ context.Context, _ []string) error { d.session.Text = false; return nil }},
		{"verbose", "", 0, 0, func(d *ftpDesk, _ context.Context, _ []string) error { d.o.verbose = !d.o.verbose; return nil }},
		{"features", "", 0, 0, (*ftpDesk).features},
		{"quote", "LINE…", 1, 1 << 10, (*ftpDesk).quote},
		{"help", "", 0, 0, (*ftpDesk).help},
		{"quit", "", 0, 0, func(d *ftpDesk, _ context.Context, _ []string) error { d.ended = true; return nil }},
	}
}

// ftpSynonyms are what fingers know from other clients.
var ftpSynonyms = map[string]string{
	"dir": "ls", "nlist": "names", "bye": "quit", "exit": "quit", "rm": "delete", "mv": "rename", "ascii": "text", "resume": "reget", "?": "help",
}

// findFTPVerb finds a command, and looks at the number of its arguments.
func findFTPVerb(name string, args []string) (*ftpVerb, error) {
	if known, ok := ftpSynonyms[name]; ok {
		name = known
	}
	for i := range ftpVerbs {
		v := &ftpVerbs[i]
		if v.name != name {
			continue
		}
		if len(args) < v.least || len(args) > v.most {
			return nil, fmt.Errorf("write %s", strings.TrimSpace(v.name+" "+v.args))
		}
		return v, nil
	}
	var known []string
	for _, v := range ftpVerbs {
		known = append(known, v.name)
	}
	return nil, fmt.Errorf("%q is not a command: there is %s", name, strings.Join(known, ", "))
}

// do runs one command.
func (d *ftpDesk) do(ctx context.Context, v *ftpVerb, args []string) error {
	return d.explained(v.run(d, ctx, args))
}

// script runs the commands that come from in, a line each, up to the first that
// fails.
func (d *ftpDesk) script(ctx context.Context, in io.Reader) error {
	lines := bufio.NewScanner(in)
	for n := 1; !d.ended && lines.Scan(); n++ {
		if err := d.runLine(ctx, lines.Text()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}

// runLine runs the command of one line; one that begins with # is a comment.
func (d *ftpDesk) runLine(ctx context.Context, line string) error {
	words, err := splitWords(line)
	if err != nil || len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return err
	}
	v, err := findFTPVerb(words[0], words[1:])
	if err != nil {
		return err
	}
	return d.do(ctx, v, words[1:])
}

func (d *ftpDesk) ls(ctx context.Context, args []string) error {
	entries, err := d.session.List(ctx, arg(args, 0, ""))
	if err != nil {
		return err
	}
	if d.o.asJSON {
		return json.NewEncoder(d.app.out).Encode(jsonEntries(entries))
	}
	var rows table
	for _, e := range entries {
		if e.Name == "" {
			rows.row("\t\t\t%s", visible(e.Line))
			continue
		}
		size, modified, name := "", "", visible(e.Name)
		if e.Size >= 0 && e.Kind != ftpc.Dir {
			size = fmt.Sprint(e.Size)
		}
		if !e.Modified.IsZero() {
			modified = e.Modified.Format("2006-01-02 15:04")
		}
		if e.Target != "" {
			name += " -> " + visible(e.Target)
		}
		rows.row("%s\t%10s\t%s\t%s", e.Kind, size, modified, name)
	}
	return rows.print(d.app.out, "")
}

// jsonEntries is a listing for programs.
func jsonEntries(entries []ftpc.Entry) any {
	type entry struct {
		Name     string     `json:"name"`
		Kind     string     `json:"kind"`
		Size     *int64     `json:"size,omitempty"`
		Modified *time.Time `json:"modified,omitempty"`
		Target   string     `json:"target,omitempty"`
		Line     string     `json:"line"`
	}
	all := []entry{}
	for _, e := range entries {
		row := entry{Name: e.Name, Kind: e.Kind.String(), Target: e.Target, Line: e.Line}
		if e.Size >= 0 {
			row.Size = &e.Size
		}
		if !e.Modified.IsZero() {
			row.Modified = &e.Modified
		}
		all = append(all, row)
	}
	return all
}

func (d *ftpDesk) names(ctx context.Context, args []string) error {
	names, err := d.session.Names(ctx, arg(args, 0, ""))
	if err == nil && d.o.asJSON {
		return json.NewEncoder(d.app.out).Encode(append([]string{}, names...))
	}
	for _, name := range names {
		fmt.Fprintln(d.app.out, visible(name))
	}
	return err
}

func (d *ftpDesk) cd(ctx context.Context, args []string) error {
	if args[0] == ".." {
		return d.session.Cdup(ctx)
	}
	return d.session.Cwd(ctx, args[0])
}

func (d *ftpDesk) pwd(ctx context.Context, _ []string) error {
	dir, err := d.session.Pwd(ctx)
	if err == nil {
		fmt.Fprintln(d.app.out, visible(dir))
	}
	return err
}

func (d *ftpDesk) lpwd(context.Context, []string) error {
	dir, err := os.Getwd()
	if err == nil {
		fmt.Fprintln(d.app.out, dir)
	}
	return err
}

func (d *ftpDesk) size(ctx context.Context, args []string) error {
	size, err := d.session.Size(ctx, args[0])
	if err == nil {
		fmt.Fprintln(d.app.out, size)
	}
	return err
}

func (d *ftpDesk) time(ctx context.Context, args []string) error {
	at, err := d.session.ModTime(ctx, args[0])
	if err == nil {
		fmt.Fprintln(d.app.out, at.Format(time.RFC3339))
	}
	return err
}

func (d *ftpDesk) features(ctx context.Context, _ []string) error {
	features, err := d.session.Features(ctx)
	for _, name := range slices.Sorted(maps.Keys(features)) {
		fmt.Fprintln(d.app.out, visible(strings.TrimSpace(name+" "+features[name])))
	}
	return err
}

func (d *ftpDesk) quote(ctx context.Context, args []string) error {
	reply, err := d.session.Quote(ctx, strings.Join(args, " "))
	if err != nil {
		return err
	}
	last := len(reply.Lines) - 1
	if last > 0 {
		fmt.Fprintln(d.app.out, visible(reply.String()))
		for _, line := range reply.Lines[1:last] {
			fmt.Fprintln(d.app.out, visible(line))
		}
	}
	fmt.Fprintf(d.app.out, "%03d %s\n", reply.Code, visible(reply.Text()))
	if reply.Transient() || reply.Permanent() {
		return exitStatus(exitFailure)
	}
	return nil
}

func (d *ftpDesk) help(context.Context, []string) error {
	var rows table
	for _, v := range ftpVerbs {
		rows.row("%s\t%s", strings.TrimSpace(v.name+" "+v.args), d.app.say("ftp.verb."+v.name))
	}
	return rows.print(d.app.out, "  ")
}
