package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
	"github.com/wirebook/wirebook/world"
)

func init() {
	example("mail.queue", "wirebook mail queue", "wirebook mail queue --json", "wirebook mail queue --flush")
}

func (a *app) mailQueue() *cobra.Command {
	var name string
	var asJSON, flush bool
	c := a.command("queue [HOST] [flags]", "mail.queue", func(c *cobra.Command, args []string) error {
		r, err := a.findRunning(name)
		if err != nil {
			return err
		}
		defer r.Close()
		host := ""
		if len(args) > 0 {
			host = args[0]
		}
		if flush {
			if err := r.Call(c.Context(), http.MethodPost, "/mail/flush", hostRequest{Host: host}, nil); err != nil {
				return err
			}
			a.println("mail.flushed")
			return nil
		}
		return a.printQueue(c.Context(), r, host, asJSON)
	})
	c.Args = arguments(cobra.MaximumNArgs(1))
	c.Flags().StringVar(&name, "name", "", a.say("flag.name"))
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
		encoder := json.NewEncoder(a.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(rows)
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
	if err != nil {
		control.Fail(w, http.StatusNotFound, err)
		return
	}
	control.Reply(w, waiting)
}

// flushMail has the mail that waits tried now, on one host or on all.
func (r *reach) flushMail(w http.ResponseWriter, request *http.Request) {
	var h hostRequest
	if err := json.NewDecoder(request.Body).Decode(&h); err != nil {
		control.Fail(w, http.StatusBadRequest, err)
		return
	}
	if err := r.world.FlushMail(h.Host); err != nil {
		control.Fail(w, http.StatusNotFound, err)
		return
	}
	control.Reply(w, struct{}{})
}
