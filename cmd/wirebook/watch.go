package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/ladder"
)

func init() {
	example("watch",
		"wirebook watch",
		"wirebook watch --packets",
		"wirebook watch --story all --fields",
		"wirebook watch --json | jq .summary",
		"wirebook watch --pcap all.pcapng")
}

func watchCommand(a *app) *cobra.Command {
	var o runOptions
	var asJSON bool
	c := a.onRunning("watch [flags]", "watch", func(ctx context.Context, r *running, _ []string) error {
		return a.watch(ctx, r, o, asJSON)
	})
	c.Args = arguments(cobra.NoArgs)
	c.Flags().StringVar(&o.pcap, "pcap", "", a.say("flag.pcapall"))
	o.showFlags(a, c)
	c.Flags().BoolVar(&asJSON, "json", false, a.say("flag.json"))
	return c
}

// watch prints each message as it is said, until ctx or the world ends.
func (a *app) watch(ctx context.Context, r *running, o runOptions, asJSON bool) error {
	record, err := a.newView(r, "", runOptions{pcap: o.pcap, secrets: o.secrets})
	if err != nil {
		return err
	}
	names, err := r.names()
	if err != nil {
		return err
	}
	ring := frame.NewRing(ringSize)
	stop, ended, err := r.frames(ring)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	watcher := wire.New(wire.Options{Names: names, Packets: o.packets, Secrets: o.secrets})
	events := watcher.Subscribe(maxLadder)
	var printing sync.WaitGroup
	printing.Go(func() { a.printEvents(events, o, asJSON) })
	watcher.Run(ctx, ring)
	printing.Wait()
	stop()
	if missed := ring.Missed() + events.Missed(); missed > 0 {
		fmt.Fprintln(a.err, "wirebook:", a.say("run.missed", "Count", missed))
	}
	return record.finish()
}

func (a *app) printEvents(events *wire.Subscription, o runOptions, asJSON bool) {
	lines := ladder.New(nil, a.ladderOptions(a.out, o))
	encoder := json.NewEncoder(a.out)
	tell := o.tell()
	for event := range events.C {
		if event.Message.Packet && !o.packets || event.Update && !event.Message.Lost {
			continue
		}
		for _, m := range tell(event.Message) {
			switch {
			case asJSON:
				_ = encoder.Encode(m)
			case o.story != "": // few hosts take part: they have columns
				fmt.Fprint(a.out, lines.Join(m.From.String(), m.To.String()), lines.Message(m))
			default:
				fmt.Fprint(a.out, lines.Message(m))
			}
		}
	}
}
