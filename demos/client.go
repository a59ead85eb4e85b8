package demos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/world"
)

// exec runs one of our clients on a host.
type exec struct {
	host string
	args []string
}

func parseExec(words []string) (action, error) {
	if len(words) < 2 {
		return nil, errors.New("write a host, a client and what it is to do, as in alice dns www.example.com")
	}
	return exec{words[0], words[1:]}, nil
}

func (a exec) check(c *checker) { c.host(a.host) }

func (a exec) tell() *Event {
	return &Event{Command: "wirebook exec " + a.host + " " + quoted(a.args)}
}

func (a exec) do(ctx context.Context, p *play) error {
	step := p.now
	if step.background {
		p.clients.Go(func() {
			// Who has held frames too long, or ended the demo, knows why it failed.
			_ = a.run(ctx, p, step, func(text string) {
				if step.lines > 0 {
					p.printing(text)
				}
			})
		})
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.limit())
	defer cancel()
	return a.run(ctx, p, step, func(text string) { p.output += text })
}

// run runs the client; print is given what it prints.
func (a exec) run(ctx context.Context, p *play, step *Step, print func(string)) error {
	out := &printer{to: print}
	exit := -1
	netx.Guard(ctx, nil, "demo", func() {
		exit = p.o.Clients.Run(ctx, world.Command{Host: a.host, Args: a.args, Language: string(p.language()), Stdout: out, Stderr: out})
	})
	out.flush()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case exit != 0 && !step.fails:
		return fmt.Errorf("%s ends with %d: %s", a.tell().Command, exit, strings.TrimSpace(out.all.String()))
	case exit == 0 && step.fails:
		return fmt.Errorf("%s succeeds", a.tell().Command)
	}
	return nil
}

// printer makes lines of what a client writes.
type printer struct {
	to func(string)

	mu              sync.Mutex
	unfinished, all bytes.Buffer
}

func (w *printer) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	const most = 1 << 20 // a client that prints more has printed enough
	if w.all.Len() < most {
		w.all.Write(b)
	}
	w.unfinished.Write(b)
	if i := bytes.LastIndexByte(w.unfinished.Bytes(), '\n'); i >= 0 {
		w.to(string(w.unfinished.Next(i + 1)))
	}
	return len(b), nil
}

func (w *printer) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unfinished.Len() > 0 {
		w.to(w.unfinished.String() + "\n")
		w.unfinished.Reset()
	}
}

// await waits for the clients that run in the background.
type await struct{}

func parseAwait(words []string) (action, error) {
	if len(words) != 1 || words[0] != "clients" {
		return nil, errors.New("write clients")
	}
	return await{}, nil
}

func (await) check(*checker) {}

func (await) tell() *Event { return nil }

func (await) do(ctx context.Context, p *play) error {
	ended := make(chan struct{})
	go func() {
		p.clients.Wait()
		close(ended)
	}()
	ctx, cancel := context.WithTimeout(ctx, p.limit())
	defer cancel()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("a client does not end: %w", ctx.Err())
	}
}
