package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func init() {
	example("clock", "wirebook clock", "wirebook clock +5m", "wirebook clock +12h")
}

func clockCommand(a *app) *cobra.Command {
	c := a.onRunning("clock [+DURATION]", "clock", func(ctx context.Context, r *running, args []string) error {
		return a.clock(ctx, r, arg(args, 0, "0"))
	})
	c.Args = arguments(cobra.MaximumNArgs(1))
	return c
}

// clock moves the running world's clock ahead, and says what time it is there.
func (a *app) clock(ctx context.Context, r *running, ahead string) error {
	d, err := time.ParseDuration(strings.TrimPrefix(ahead, "+"))
	if err != nil || d < 0 {
		return usageError{fmt.Errorf("%q: write how far to move the clock ahead, as in +12h, +90m or +30s", ahead)}
	}
	var reply clockReply
	if err := r.Call(ctx, http.MethodPost, "/clock", clockRequest{d}, &reply); err != nil {
		return err
	}
	a.println("clock.now", "Time", reply.Now.Format(time.DateTime))
	return nil
}
