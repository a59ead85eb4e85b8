package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/servers/smtpd/queue"
	"github.com/wirebook/wirebook/world"
)

func init() {
	example("mail.queue", "wirebook mail queue", "wirebook mail queue --json", "wirebook mail queue --flush")
}

func (a *app) mailQueue() *cobra.Command {
	var asJSON, flush bool
	c := a.onRunning("queue [HOST] [flags]", "mail.queue", func(ctx context.Context, r *running, args []string) error {
		host := arg(args, 0, "")
		if flush {
			if err := r.Call(ctx, http.MethodPost, "/mail/flush", hostRequest{Host: host}, nil); err != nil {
				return err
			}
			a.println("mail.flushed")
			return nil
		}
		return a.printQueue(ctx, r, host, asJSON)
	})
	c.GroupID = "" // it is under mail
	c.Args = arguments(cobra.MaximumNArgs(1))
	c.Flags().BoolVar(&asJSON, "json", false, a.say("flag.json"))
	c.Flags().BoolVar(&flush, "flush", false, a.say("flag.mailflush"))
	return c
}

// printQueue lists the messages that wait on the mail servers of the running world,
// on all or on one, with a row for each recipient who does not have it.
func (a *app) printQueue(ctx context.Context, r *running, host string, asJSON bool) error {
	var rows []world.QueuedMail
	if err := r.Call(ctx, http.MethodGet, "/mail/queue?host="+url.QueryEscape(host), nil, &rows); err != nil {
		return err
	}
	if asJSON {
		return a.writeJSON(rows)
	}
	if len(rows) == 0 {
		a.println("mail.queue.none")
		return nil
	}
	var waiting table
	waiting.row("%s", a.say("mail.queue.header"))
	for _, q := range rows {
		for _, to := range q.Recipients {
			if to.State == queue.Delivered || to.State == queue.Failed {
				continue
			}
			waiting.row("%s\t%s\t<%s>\t<%s>\t%d\t%s\t%d\t%s\t%s", q.Server, q.ID, visible(q.From), visible(to.Address), q.Size,
				timeOf(q.Arrived), to.Attempts, ahead(q.Now, to.Next), visible(oneLine(to.Reply)))
		}
	}
	return waiting.print(a.out, "")
}

// oneLine is a text cut to the length of a row.
func oneLine(text string) string {
	const most = 100
	if text == "" {
		return "-"
	}
	if runes := []rune(text); len(runes) > most {
		return fmt.Sprint(string(runes[:most]), "…")
	}
	return text
}

// mailQueue tells what waits on a host, or on all.
func (r *reach) mailQueue(w http.ResponseWriter, request *http.Request) {
	waiting, err := r.world.MailQueueOf(request.URL.Query().Get("host"))
	answer(w, waiting, err)
}

// flushMail has the mail that waits tried now, on one host or on all.
func (r *reach) flushMail(w http.ResponseWriter, request *http.Request) {
	if h, ok := asked[hostRequest](w, request); ok {
		answer(w, struct{}{}, r.world.FlushMail(h.Host))
	}
}
