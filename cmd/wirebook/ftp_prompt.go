package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/peterh/liner"

	"github.com/wirebook/wirebook/clients/ftpc"
)

// ftpPrompt runs the commands that are typed. Ctrl-C ends a command, and a
// transfer with ABOR; where nothing runs, it ends the session.
func (a *app) ftpPrompt(ctx context.Context, d *ftpDesk, client *ftpc.Client, target ftpTarget) error {
	if err := d.login(ctx, client, target); err != nil {
		return err
	}
	defer d.session.Close()
	// The context that Ctrl-C ends must not be that of the session.
	ctx, stop := signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	p := newFTPPrompt(ctx, d)
	defer p.close()
	a.println("ftp.welcome", "Server", d.session.Server())
	for !d.ended {
		line, err := p.read(ctx)
		if errors.Is(err, io.EOF) || errors.Is(err, liner.ErrPromptAborted) {
			fmt.Fprintln(a.out)
			break
		}
		if err != nil {
			return err
		}
		if err := p.run(ctx, line); err != nil {
			return err
		}
	}
	return d.goodbye(ctx)
}

// ftpLine is the terminal, with the history of what was typed.
type ftpLine struct {
	desk    *ftpDesk
	liner   *liner.State
	history string
	// names are those of remote folders, until the next command.
	names map[string][]string
}

func newFTPPrompt(ctx context.Context, d *ftpDesk) *ftpLine {
	p := &ftpLine{desk: d, liner: liner.NewLiner(), history: ftpHistoryFile(), names: make(map[string][]string)}
	p.liner.SetCtrlCAborts(true)
	p.liner.SetTabCompletionStyle(liner.TabPrints)
	p.liner.SetWordCompleter(func(line string, pos int) (string, []string, string) { return p.complete(ctx, line, pos) })
	if f, err := os.Open(p.history); err == nil {
		_, _ = p.liner.ReadHistory(f) // without it, there is nothing to go back to
		f.Close()
	}
	return p
}

// ftpHistoryFile is where the history is kept; "" if there is no such place.
func ftpHistoryFile() string {
	state, err := stateHome()
	if err != nil {
		return ""
	}
	return filepath.Join(state, "ftp_history")
}

// close gives the terminal back, and keeps the history. If that fails there is
// none the next time, which is not worth a word.
func (p *ftpLine) close() {
	p.liner.Close()
	if p.history == "" || os.MkdirAll(filepath.Dir(p.history), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(p.history, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return
	}
	_, _ = p.liner.WriteHistory(f)
	f.Close()
}

// read reads a line. When the context ends, the terminal may still be waited for;
// the process ends then.
func (p *ftpLine) read(ctx context.Context) (string, error) {
	line, err := typed(ctx, func() (string, error) { return p.liner.Prompt("ftp> ") })
	if err != nil && ctx.Err() != nil {
		return "", exitStatus(exitInterrupted)
	}
	return line, err
}

// run runs a line. Its error is that the session has ended.
func (p *ftpLine) run(ctx context.Context, line string) error {
	if strings.TrimSpace(line) == "" {
		return nil
	}
	if !secretLine(line) {
		p.liner.AppendHistory(line)
	}
	clear(p.names)
	running, stop := signal.NotifyContext(ctx, os.Interrupt)
	err := p.desk.runLine(running, line)
	stop()
	var status exitStatus
	switch {
	case err == nil || errors.As(err, &status):
	case errors.Is(err, context.Canceled) && p.desk.session.Ended() == nil:
		p.desk.app.println("ftp.aborted")
	default:
		fmt.Fprintln(p.desk.app.err, err)
	}
	if ctx.Err() != nil {
		return exitStatus(exitInterrupted)
	}
	if ended := p.desk.session.Ended(); ended != nil && !p.desk.ended {
		return exitStatus(exitFailure)
	}
	return nil
}

// secretLine reports whether a line has a password in it.
func secretLine(line string) bool {
	words := strings.Fields(strings.ToUpper(line))
	return len(words) > 2 && words[0] == "QUOTE" && (words[1] == "PASS" || words[1] == "ACCT")
}

// complete finds how the word before the cursor may go on.
func (p *ftpLine) complete(ctx context.Context, line string, pos int) (head string, found []string, tail string) {
	runes := []rune(line)
	before, tail := string(runes[:pos]), string(runes[pos:])
	words, quote, start := scanWords(before)
	if quote != 0 {
		return before, nil, tail
	}
	word := ""
	if start < len(before) {
		word, words = words[len(words)-1], words[:len(words)-1]
	}
	for _, name := range p.candidates(ctx, words, word) {
		if strings.HasPrefix(name, word) {
			found = append(found, quoteWord(name))
		}
	}
	return before[:start], found, tail
}

// candidates are what may stand after words, and begins as word does.
func (p *ftpLine) candidates(ctx context.Context, words []string, word string) []string {
	if len(words) == 0 {
		var names []string
		for _, v := range ftpVerbs {
			names = append(names, v.name+" ")
		}
		return names
	}
	v, err := findFTPVerb(words[0], append(words[1:len(words):len(words)], word))
	if err != nil {
		return nil
	}
	places := strings.Fields(v.args)
	switch strings.Trim(places[min(len(words), len(places))-1], "[]") {
	case "LOCAL":
		return localNames(word)
	case "FILE", "FOLDER", "FROM", "TO":
		return p.remoteNames(ctx, word)
	}
	return nil
}

func localNames(word string) []string {
	dir, _ := filepath.Split(word)
	entries, err := os.ReadDir(filepath.Clean("./" + dir))
	if filepath.IsAbs(dir) {
		entries, err = os.ReadDir(dir)
	}
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		name := dir + e.Name()
		if e.IsDir() {
			name += string(filepath.Separator)
		}
		names = append(names, name)
	}
	return names
}

// remoteNames asks the server, once for each folder and command. A server that
// takes its time is not waited for.
func (p *ftpLine) remoteNames(ctx context.Context, word string) []string {
	const enough = 3 * time.Second
	dir, _ := path.Split(word)
	if names, ok := p.names[dir]; ok {
		return names
	}
	loud := p.desk.o.verbose
	p.desk.o.verbose = false
	defer func() { p.desk.o.verbose = loud }()
	ctx, cancel := context.WithTimeout(ctx, enough)
	defer cancel()
	entries, err := p.desk.session.List(ctx, dir)
	if err != nil {
		return nil
	}
	names := []string{}
	for _, e := range entries {
		name := dir + e.Name
		if e.Kind == ftpc.Dir {
			name += "/"
		}
		if e.Name != "" && visible(name) == name {
			names = append(names, name)
		}
	}
	p.names[dir] = names
	return names
}
