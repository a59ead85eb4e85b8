package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
	"golang.org/x/term"

	"github.com/wirebook/wirebook/demos"
	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/ladder"
)

// demoScreen shows a demo on a terminal, as it goes.
type demoScreen struct {
	*app
	demo   *demos.Demo
	o      demoOptions
	color  bool
	width  int
	ladder *ladder.Ladder
	lines  bool // the ladder has some

	waiting bool          // for a key: the terminal is not as it should be to write on it
	kept    []demos.Event // what has happened meanwhile
}

func (a *app) newDemoScreen(d *demos.Demo, o demoOptions) *demoScreen {
	const widest = 120 // longer lines are hard to read
	return &demoScreen{app: a, demo: d, o: o, color: color(a.out), width: min(width(a.out), widest)}
}

// The colours of the terminal.
const (
	inBold   = "1"
	inYellow = "1;33"
	inGreen  = "32"
	inRed    = "31"
	inGrey   = "2"
)

func (s *demoScreen) style(code, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// paragraph prints text after a lead, which stands before its first line only.
func (s *demoScreen) paragraph(style, lead, text string) {
	before, indent := lead, strings.Repeat(" ", displaywidth.String(lead))
	for _, line := range explain.Wrap(text, s.width-displaywidth.String(lead)) {
		fmt.Fprintln(s.out, before+s.style(style, line))
		before = indent
	}
}

func (s *demoScreen) title() {
	fmt.Fprintln(s.out, s.style(inBold, s.demo.Title.In(s.lang)))
	s.paragraph(inGrey, "", s.demo.Summary.In(s.lang))
}

func (s *demoScreen) say(key string, pairs ...any) string {
	return s.lang.Say("demo."+key, placesOf(pairs))
}

// show is told what happens. What does while it waits for a key is shown after it.
func (s *demoScreen) show(e demos.Event) {
	switch {
	case e.Kind == demos.Waiting:
		s.waiting = true
	case s.waiting && e.Kind != demos.Going:
		s.kept = append(s.kept, e)
	default:
		kept := s.kept
		s.waiting, s.kept = false, nil
		for _, e := range append(kept, e) {
			s.print(e)
		}
	}
}

func (s *demoScreen) print(e demos.Event) {
	switch e.Kind {
	case demos.Happened, demos.Began, demos.Ended:
	default:
		s.lines = false // what is between messages: the columns are named again
	}
	switch e.Kind {
	case demos.Began:
		s.begin(e)
	case demos.Said:
		s.paragraph("", "  ", e.Words.In(s.lang))
	case demos.Asked:
		s.paragraph(inYellow, "? ", e.Words.In(s.lang))
	case demos.Answered:
		s.paragraph(inGreen, "= ", e.Words.In(s.lang))
	case demos.Done:
		s.done(e)
	case demos.Happened:
		s.message(e.Message)
	case demos.Printed:
		s.printed(e)
	case demos.Shown:
		s.shown(e)
	case demos.Missing:
		s.paragraph(inRed, "! ", e.Sentence.In(s.lang))
	}
}

// begin shows where in the demo we are, and begins a new ladder.
func (s *demoScreen) begin(e demos.Event) {
	step := &s.demo.Steps[e.Step]
	if step.Say != nil || step.Ask != nil {
		n, all := s.demo.Place(e.Step)
		fmt.Fprintf(s.out, "\n%s\n", s.style(inGrey, s.say("step", "Number", n, "All", all)))
	}
	if e.Ladder == nil {
		return
	}
	s.lines = false
	s.ladder = ladder.New(e.Ladder.Hosts, ladder.Options{
		Width: s.width, Words: s.lang, Explain: s.o.explain, Color: s.color,
	})
}

// message draws one. The columns' names are above the first.
func (s *demoScreen) message(m *wire.Message) {
	hosts := []string{m.From.String()}
	if !m.To.Group {
		hosts = append(hosts, m.To.String())
	}
	header := s.ladder.Join(hosts...)
	if header == "" && !s.lines {
		header = s.ladder.Header()
	}
	fmt.Fprint(s.out, header, s.ladder.Message(m))
	s.lines = true
}

func (s *demoScreen) done(e demos.Event) {
	if e.Command != "" {
		s.paragraph(inBold, "$ ", e.Command)
		return
	}
	s.paragraph(inBold, "> ", e.Sentence.In(s.lang))
}

func (s *demoScreen) printed(e demos.Event) {
	for line := range strings.Lines(e.Text) {
		fmt.Fprintln(s.out, "  "+strings.TrimRight(line, "\r\n"))
	}
	if e.Cut > 0 {
		fmt.Fprintln(s.out, "  "+s.style(inGrey, s.say("cut", "Count", e.Cut)))
	}
}

func (s *demoScreen) shown(e demos.Event) {
	if entry, ok := s.lang.Entry(e.Explain); ok {
		_ = s.lang.Print(s.out, entry, s.width)
		return
	}
	t := e.Table
	if t == nil {
		return
	}
	fmt.Fprintln(s.out, s.style(inBold, s.say("table."+t.Name, "Host", t.Of)))
	if len(t.Rows) == 0 {
		fmt.Fprintln(s.out, "  "+s.style(inGrey, s.say("empty")))
		return
	}
	var rows table
	var names []string
	for _, column := range t.Columns {
		names = append(names, s.say("column."+column))
	}
	rows.rows = append(rows.rows, names)
	rows.rows = append(rows.rows, t.Rows...)
	_ = rows.print(s.out, "  ")
}

// end says how the demo has ended.
func (s *demoScreen) end(err error) {
	fmt.Fprintln(s.out)
	if err == nil || errors.Is(err, demos.ErrMissing) {
		fmt.Fprintln(s.out, s.style(inGrey, s.say("end")))
	} else {
		fmt.Fprintln(s.out, s.style(inGrey, s.say("broken")))
	}
}

// errEnough is that somebody has ended the demo with a key.
var errEnough = errors.New("ended by a key")

// wait is how the screen waits for the class: for a key; for a time; or, where
// there are no keys, not at all.
func (s *demoScreen) wait() func(context.Context) error {
	switch {
	case !s.o.auto && isTerminal(s.app.in):
		return s.key
	case s.o.pause > 0:
		return func(ctx context.Context) error {
			select {
			case <-time.After(s.o.pause):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// key waits for a key. The terminal gives us each as it is pressed, meanwhile.
func (s *demoScreen) key(ctx context.Context) error {
	terminal := int(s.app.in.Fd())
	before, err := term.MakeRaw(terminal)
	if err != nil {
		return err
	}
	defer func() { _ = term.Restore(terminal, before) }()
	hint := "  " + s.style(inGrey, "["+s.say("key")+"]")
	fmt.Fprint(s.out, hint)
	defer fmt.Fprint(s.out, lineErase)
	pressed, err := typed(ctx, func() ([]byte, error) {
		key := make([]byte, 16) // an arrow is three bytes
		n, _ := s.app.in.Read(key)
		return key[:n], nil
	})
	if err != nil {
		return err
	}
	return meaning(pressed)
}

// meaning is what a key does: Ctrl-C, Ctrl-D, q and Escape end the demo, all others
// go on.
func meaning(key []byte) error {
	switch string(key) {
	case "\x03":
		return exitStatus(exitInterrupted)
	case "", "\x04", "q", "Q", "\x1b":
		return errEnough
	}
	return nil
}
