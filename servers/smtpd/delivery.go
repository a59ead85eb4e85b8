package smtpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

// Courier is who delivers to a domain: we ourselves, or by SMTP the domain's mail
// servers.
func (o *office) Courier(domain string) queue.Courier {
	if o.isLocal(domain) {
		return localCourier{o}
	}
	return o.sender.Courier(domain)
}

// localCourier delivers into the mailboxes of this host.
type localCourier struct{ *office }

// Deliver implements queue.Courier.
func (l localCourier) Deliver(ctx context.Context, d *queue.Delivery) []queue.Result {
	results := make([]queue.Result, len(d.To))
	for i, to := range d.To {
		results[i] = l.fromQueue(ctx, d, to)
	}
	return results
}

func (l localCourier) fromQueue(ctx context.Context, d *queue.Delivery, to string) queue.Result {
	text, err := d.Open()
	if err != nil {
		return later(err)
	}
	defer text.Close()
	return l.intoMailbox(ctx, d.Envelope, to, text)
}

// Close implements queue.Courier.
func (localCourier) Close() {}

// intoMailbox is the last step of a message's way: with the reverse-path on top
// (RFC 5321 §4.4), into the mailbox of its recipient. The identifier makes sure
// that this happens once.
func (o *office) intoMailbox(ctx context.Context, e queue.Envelope, to string, text io.Reader) queue.Result {
	a, err := parseAddress(unquote(to), true)
	if err != nil {
		return later(err)
	}
	user := o.userOf(a)
	if user == "" {
		return queue.Result{State: queue.Failed, Reply: "550 5.1.1 no such mailbox here"}
	}
	box, err := o.Mail.Open(user)
	switch {
	case errors.Is(err, mailbox.ErrUser):
		return queue.Result{State: queue.Failed, Reply: "550 5.1.1 " + err.Error()}
	case err != nil:
		return later(err)
	}
	defer box.Close()
	top := strings.NewReader(fmt.Sprintf("Return-Path: <%s>\r\n", e.From))
	if err := box.Deliver(ctx, e.ID+" "+a.String(), io.MultiReader(top, text)); err != nil {
		return later(err)
	}
	return queue.Result{State: queue.Delivered, Reply: "250 2.1.5 in the mailbox of " + user}
}

func later(err error) queue.Result {
	return queue.Result{State: queue.Waiting, Reply: "451 4.3.0 " + err.Error()}
}

// unquote is the address as go-smtp gives it, without the quotes of its local
// part.
func unquote(s string) string {
	local, ok := strings.CutPrefix(s, `"`)
	if !ok {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(local); i++ {
		switch {
		case local[i] == '\\' && i+1 < len(local):
			i++
		case local[i] == '"':
			return b.String() + local[i+1:]
		}
		b.WriteByte(local[i])
	}
	return s
}
