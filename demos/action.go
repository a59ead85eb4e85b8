package demos

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire/dissect"
)

// action is what a step does.
type action interface {
	// check finds what the world does not have.
	check(c *checker)

	// tell is what is shown of it; nil: nothing.
	tell() *Event

	do(ctx context.Context, p *play) error
}

// actions read what stands behind their names.
var actions map[string]func(words []string) (action, error)

func init() {
	actions = map[string]func([]string) (action, error){
		"exec": parseExec, "await": parseAwait,
		"clock":  parseClock,
		"faults": parseFaults, "unplug": parsePlug(false), "plug": parsePlug(true),
		"kill": parseServer("kill"), "stop": parseServer("stop"), "start": parseServer("start"),
		"nat":  parseNAT,
		"hold": nil, "lose": nil, "wait": nil, // see filtering
		"step":  parseStep,
		"serve": parseServe, "open": parseOpen, "send": parseSend, "close": parseClose, "ping": parsePing,
	}
}

// filtering are the actions that end in a filter.
var filtering = map[string]func(r *reader, n *yaml.Node, text string) action{
	"hold": func(r *reader, n *yaml.Node, text string) action {
		if text == "off" {
			return hold{}
		}
		return hold{r.filterText(n, text)}
	},
	"lose": func(r *reader, n *yaml.Node, text string) action {
		if text == "off" {
			return lose{}
		}
		which, rest, _ := strings.Cut(text, " ")
		nth, err := strconv.Atoi(which)
		if which != "each" && (err != nil || nth < 1) || rest == "" {
			r.wrong(n, "write which one, or each, and a filter: 2 tftp from tftp", "lose: %s: which packet?", text)
			return nil
		}
		return lose{nth, r.filterText(n, rest)}
	},
	"wait": func(r *reader, n *yaml.Node, text string) action { return wait{r.filterText(n, text)} },
}

// clockMove moves the world's clock ahead.
type clockMove struct{ by time.Duration } // 0: to the next timer

func parseClock(words []string) (action, error) {
	if len(words) != 1 {
		return nil, errors.New("write how far, as in +12h, or next")
	}
	if words[0] == "next" {
		return clockMove{}, nil
	}
	d, err := time.ParseDuration(strings.TrimPrefix(words[0], "+"))
	if err != nil || d <= 0 {
		return nil, fmt.Errorf("%s: write how far, as in +12h, or next", words[0])
	}
	return clockMove{d}, nil
}

func (a clockMove) check(*checker) {}

func (a clockMove) tell() *Event {
	if a.by == 0 {
		return &Event{Sentence: sentence("do.clock.next")}
	}
	return &Event{Sentence: sentence("do.clock", "By", dissect.Duration(a.by))}
}

func (a clockMove) do(_ context.Context, p *play) error {
	c, ok := p.o.World.Clock().(movable)
	if !ok {
		return errors.New("the clock of this world cannot be moved")
	}
	if a.by > 0 {
		c.Skip(a.by)
	} else {
		c.SkipToNext()
	}
	return nil
}

type movable interface {
	Skip(time.Duration)
	SkipToNext() (time.Duration, bool)
}

// faulty makes a link bad, or good again.
type faulty struct {
	link, words string
	faults      internet.Faults
}

func parseFaults(words []string) (action, error) {
	if len(words) != 2 {
		return nil, errors.New("write a link and what is wrong with it, as in gw-core loss=0.3, or gw-core none")
	}
	a := faulty{link: words[0], words: words[1]}
	if a.words == "none" {
		return a, nil
	}
	var err error
	a.faults, err = internet.ParseFaults(a.words)
	return a, err
}

func (a faulty) check(c *checker) { c.link(a.link) }

func (a faulty) tell() *Event {
	if a.words == "none" {
		return &Event{Sentence: sentence("do.faults.none", "Link", a.link)}
	}
	return &Event{Sentence: sentence("do.faults", "Link", a.link, "Faults", a.words)}
}

func (a faulty) do(_ context.Context, p *play) error { return p.o.World.SetFaults(a.link, a.faults) }

// plug pulls a cable out, or puts it back in.
type plug struct {
	link string
	in   bool
}

func parsePlug(in bool) func([]string) (action, error) {
	return func(words []string) (action, error) {
		if len(words) != 1 {
			return nil, errors.New("write the name of a link")
		}
		return plug{words[0], in}, nil
	}
}

func (a plug) check(c *checker) { c.link(a.link) }

func (a plug) tell() *Event {
	if a.in {
		return &Event{Sentence: sentence("do.plug", "Link", a.link)}
	}
	return &Event{Sentence: sentence("do.unplug", "Link", a.link)}
}

func (a plug) do(_ context.Context, p *play) error {
	if a.in {
		return p.o.World.Plug(a.link)
	}
	return p.o.World.Unplug(a.link)
}

// server is something done to a server.
type server struct{ verb, host, name string }

func parseServer(verb string) func([]string) (action, error) {
	return func(words []string) (action, error) {
		host, name, ok := strings.Cut(strings.Join(words, " "), "/")
		if !ok || len(words) != 1 {
			return nil, errors.New("write host and server, as in www/http")
		}
		return server{verb, host, name}, nil
	}
}

func (a server) check(c *checker) { c.host(a.host) }

func (a server) tell() *Event {
	return &Event{Sentence: sentence("do."+a.verb, "Server", a.host+"/"+a.name)}
}

func (a server) do(ctx context.Context, p *play) error {
	w := p.o.World
	switch a.verb {
	case "kill":
		return w.KillServer(a.host, a.name)
	case "stop":
		return w.StopServer(a.host, a.name)
	}
	return w.StartServer(ctx, a.host, a.name)
}

// nat turns a router's address translation on or off, with or without FTP's helper.
type nat struct{ router, how string }

func parseNAT(words []string) (action, error) {
	if len(words) != 2 || words[1] != "on" && words[1] != "off" && words[1] != "ftp" {
		return nil, errors.New("write a router, and on, off or ftp (on, with the helper for FTP)")
	}
	return nat{words[0], words[1]}, nil
}

func (a nat) check(c *checker) { c.router(a.router) }

func (a nat) tell() *Event { return &Event{Sentence: sentence("do.nat."+a.how, "Router", a.router)} }

func (a nat) do(_ context.Context, p *play) error {
	if err := p.o.World.SetNAT(a.router, a.how != "off"); err != nil || a.how == "off" {
		return err
	}
	return p.o.World.SetNATHelper(a.router, a.how == "ftp")
}
