package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/world"
)

// commandLine runs the clients on hosts of a world of this process, as `wirebook
// exec` does from another: but they wait by the world's clock, so that nobody gives
// up while frames are held.
type commandLine struct{ world *world.World }

var _ world.CommandLine = commandLine{}

// Run implements [world.CommandLine].
func (l commandLine) Run(ctx context.Context, c world.Command) (exit int) {
	var lock sync.Mutex
	a := &app{lang: languageOr(c.Language), out: &lockedWriter{&lock, c.Stdout}, err: &lockedWriter{&lock, c.Stderr}}
	where, err := placeIn(l.world, c.Host)
	if err != nil {
		return a.exitCode(usageError{err})
	}
	in, done, err := asFile(ctx, c.Stdin)
	if err != nil {
		return a.exitCode(err)
	}
	defer done()
	a.in = in
	if len(c.Args) == 0 {
		return a.exitCode(usageError{fmt.Errorf("write a client and what it is to do, as in %s", "dns www.example.com")})
	}
	verbs := a.clientVerbs(c.Host, func() place { return where })
	verbs.SetArgs(c.Args)
	exit = exitFailure // of a panic, which is caught and logged
	netx.Guard(ctx, nil, "command "+c.Args[0], func() {
		err := verbs.ExecuteContext(ctx)
		if err != nil && ctx.Err() != nil {
			exit = exitInterrupted
			return
		}
		exit = a.exitCode(err)
	})
	return exit
}

// Complete implements [world.CommandLine].
func (l commandLine) Complete(ctx context.Context, host string, words []string) []world.Completion {
	if len(words) == 0 {
		words = []string{""}
	}
	var out bytes.Buffer
	a := &app{lang: explain.FromEnvironment(), out: &out, err: io.Discard}
	verbs := a.clientVerbs(host, here)
	verbs.SetArgs(append([]string{cobra.ShellCompRequestCmd}, words...))
	if verbs.ExecuteContext(ctx) != nil {
		return nil
	}
	var all []world.Completion
	for line := range strings.Lines(out.String()) {
		word, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if word != "" && !strings.HasPrefix(word, ":") { // the last line is for the shell
			all = append(all, world.Completion{Word: word, Text: text})
		}
	}
	if last := words[len(words)-1]; len(all) == 0 && len(words) > 1 && last != "" && last[0] != '-' {
		all = l.names(last)
	}
	return all
}

// names are the hosts' that begin as the end of a word does: that of a URL, of an
// address, or of @SERVER.
func (l commandLine) names(word string) []world.Completion {
	at := strings.LastIndexAny(word, "/@") + 1
	var all []world.Completion
	for _, h := range l.world.Plan.Hosts {
		if h.FQDN != "" && strings.HasPrefix(h.FQDN, word[at:]) {
			all = append(all, world.Completion{Word: word[:at] + h.FQDN})
		}
	}
	slices.SortFunc(all, func(a, b world.Completion) int { return strings.Compare(a.Word, b.Word) })
	return all
}

// placeIn is a host of a world of this process.
func placeIn(w *world.World, host string) (place, error) {
	found, err := w.Inspect(host)
	if err != nil {
		return place{}, err
	}
	if found.Kind == "guest" {
		return place{}, fmt.Errorf("%s is a guest: its programs run there, and not from here", host)
	}
	h := w.Node(host)
	p := place{Network: h, clock: w.Clock()}
	p.resolvers = func(context.Context) ([]netip.AddrPort, error) { return w.Resolvers(host), nil }
	p.card = func(_ context.Context, name string) (card, error) { return cardOf(h, name) }
	p.inWorld = &worldKnows{
		account:   func(_ context.Context, user string) (world.MailAccount, error) { return w.MailAccount(host, user), nil },
		authority: func(context.Context) ([]byte, error) { return w.Authority() },
		now:       func(context.Context) (time.Time, error) { return w.Clock().Now(), nil },
	}
	return p, nil
}

// cardOf is a card of a host; "" is its first.
func cardOf(h *internet.Host, name string) (card, error) {
	for _, c := range h.Cards() {
		if name != "" && name != c.Name {
			continue
		}
		described := card{Name: c.Name, MAC: c.MAC}
		for _, p := range c.Addrs {
			if p.Addr().Is4() {
				described.Addr = p.Addr()
			}
		}
		return described, nil
	}
	return card{}, fmt.Errorf("%s has no card %s", h.Name(), name)
}

func languageOr(name string) explain.Language {
	if l, err := explain.ParseLanguage(name); err == nil {
		return l
	}
	return explain.FromEnvironment()
}

// asFile is what r has, as a file, until r or ctx has ended: the clients read one.
func asFile(ctx context.Context, r io.Reader) (file *os.File, done func(), err error) {
	if r == nil {
		file, err = os.Open(os.DevNull)
		return file, func() { file.Close() }, err
	}
	file, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { w.Close() })
	go func() {
		_, _ = io.Copy(w, r) // until nobody reads any more
		w.Close()
	}()
	return file, func() {
		stop()
		file.Close()
		if c, ok := r.(io.Closer); ok {
			c.Close()
		}
	}, nil
}

// lockedWriter keeps those apart who write to the two outputs.
type lockedWriter struct {
	lock *sync.Mutex
	to   io.Writer
}

func (w *lockedWriter) Write(b []byte) (int, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.to.Write(b)
}
