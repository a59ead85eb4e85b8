package playbill

import (
	"context"
	"errors"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/demos"
	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/world"
)

// play is a demo, and its world.
type play struct {
	demo    *demos.Demo
	world   *world.World
	clients world.CommandLine
}

func (p *play) Page() console.Options {
	c, _ := p.world.Clock().(*clock.Movable) // or it is not on the page
	o := console.ForWorld(p.world, c)
	o.CommandLine = p.clients
	return o
}

func (p *play) Close() { p.world.Close() }

func (p *play) Perform(ctx context.Context, o console.Performance) error {
	err := p.demo.Play(ctx, demos.Options{
		World: p.world, Clients: p.clients, Language: o.Language, Wait: o.Wait,
		Tell: func(e demos.Event) {
			if line, ok := p.line(e); ok {
				o.Tell(line)
			}
		},
	})
	if errors.Is(err, demos.ErrMissing) || errors.Is(err, context.Canceled) {
		return nil // each that is missing was told where it is
	}
	return err
}

// line is an event, as the page is told it.
func (p *play) line(e demos.Event) (console.Line, bool) {
	switch e.Kind {
	case demos.Began:
		return p.began(e), true
	case demos.Said:
		return console.Line{Kind: console.Said, Words: console.Words(e.Words)}, true
	case demos.Asked:
		return console.Line{Kind: console.Asked, Words: console.Words(e.Words)}, true
	case demos.Answered:
		return console.Line{Kind: console.Answered, Words: console.Words(e.Words)}, true
	case demos.Done:
		return console.Line{Kind: console.Did, Words: words(e.Sentence), Command: e.Command}, true
	case demos.Happened:
		return console.Line{Kind: console.Happened, Message: e.Message}, true
	case demos.Printed:
		return console.Line{Kind: console.Printed, Text: e.Text, Cut: e.Cut}, true
	case demos.Shown:
		return console.Line{Kind: console.Shown, Table: table(e.Table), Explain: e.Explain}, true
	case demos.Missing:
		return console.Line{Kind: console.Missing, Words: words(e.Sentence)}, true
	}
	return console.Line{}, false // of waiting, the page knows itself
}

// began is a step; its number, if the class knows it as one.
func (p *play) began(e demos.Event) console.Line {
	line := console.Line{Kind: console.Began}
	n, all := p.demo.Place(e.Step)
	if before, _ := p.demo.Place(e.Step - 1); n > before {
		line.Step, line.Steps = n, all
	}
	if e.Ladder != nil {
		line.Hosts = e.Ladder.Hosts
	}
	return line
}

// words are a sentence in each language.
func words(s *demos.Sentence) console.Words {
	if s == nil {
		return nil
	}
	return inEach(s.In)
}

func inEach(say func(explain.Language) string) console.Words {
	all := make(console.Words)
	for _, l := range explain.Languages() {
		all[l] = say(l)
	}
	return all
}

// table is what somebody holds, with its titles in each language.
func table(t *demos.Table) *console.Table {
	if t == nil {
		return nil
	}
	shown := &console.Table{
		Title: inEach(func(l explain.Language) string { return l.Say("demo.table."+t.Name, map[string]any{"Host": t.Of}) }),
		Rows:  t.Rows,
	}
	for _, column := range t.Columns {
		shown.Columns = append(shown.Columns, inEach(func(l explain.Language) string { return l.Say("demo.column."+column, nil) }))
	}
	return shown
}
