package console_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"iter"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/cmd/wirebook/playbill"
	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/demos"
	"github.com/wirebook/wirebook/world"
)

// short is a demo of three steps: with a question; without; with nothing but words.
const short = `
title: {en: A short demo, zh-CN: 简短的演示}
summary: {en: Two pings, zh-CN: 两个 ping}
hosts: [alice, www]
only: udp port 12000
steps:
  - serve: www udp 12000
  - say: {en: A ping., zh-CN: 一个 ping。}
    ask: {en: "Who answers?", zh-CN: 谁回答？}
    answer: {en: The program on www., zh-CN: www 上的程序。}
    ping: alice www 12000 1
    expect: udp from www "PING 1"
  - show: sockets www :12000
  - say: {en: Another., zh-CN: 再来一个。}
    ping: alice www 12000 1
    expect: udp from www "PING 1"
    show: explain port.53
  - say: {en: That was all., zh-CN: 完了。}
`

// withDemos are the demos of the library, and the short one.
func withDemos(t *testing.T) func(*console.Options) {
	t.Helper()
	all, err := demos.All()
	if err != nil {
		t.Fatal(err)
	}
	one, err := demos.Parse("short.yaml", []byte(short))
	if err != nil {
		t.Fatal(err)
	}
	b := &playbill.Playbill{
		Start:   startForDemo,
		Clients: func(*world.World) world.CommandLine { return echo{} },
	}
	b.Add(demos.Library(), all...)
	b.Add(fs.FS(nil), one)
	return func(o *console.Options) { o.Demos = b }
}

func startForDemo(ctx context.Context, plan *world.Plan) (*world.World, error) {
	c := clock.NewMovable()
	w, err := world.Start(ctx, plan, world.Options{Clock: c, Seed: 1})
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

// narrated is what the page is told of a demo.
type narrated struct {
	On    bool
	World string
	Demo  struct{ Name string }
	Step  int
	Steps int
	Hosts []string
	Lines []struct {
		Kind, Text, Explain string
		Words               map[string]string
		Table               *struct{ Rows [][]string }
	}
	Pause string
	Cue   uint64
	Over  bool
	Error string

	text string
}

// stepped are the rows of a stream, one by one.
func stepped(t *testing.T, events <-chan event) iter.Seq[row] {
	return func(yield func(row) bool) {
		for e := range events {
			for _, r := range rowsOf(t, e) {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// kinds are those of the lines, in a row.
func (n *narrated) kinds() string {
	var all []string
	for _, l := range n.Lines {
		all = append(all, l.Kind)
	}
	return strings.Join(all, " ")
}

// heard waits for news of the demo that a function chooses; those before it are
// given to see.
func heard(t *testing.T, events <-chan event, see func(*narrated), choose func(*narrated) bool) *narrated {
	t.Helper()
	for e := range events {
		if e.name != "demo" {
			continue
		}
		n := &narrated{text: e.data}
		if err := json.Unmarshal([]byte(e.data), n); err != nil {
			t.Fatalf("%v: %s", err, e.data)
		}
		if see != nil {
			see(n)
		}
		if choose(n) {
			return n
		}
	}
	t.Fatal("the stream has ended")
	return nil
}

func at(step int, pause string) func(*narrated) bool {
	return func(n *narrated) bool { return n.Step == step && n.Pause == pause }
}

func over(n *narrated) bool { return n.Over }
