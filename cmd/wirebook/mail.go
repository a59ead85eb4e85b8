package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/world"
)

func init() {
	example("mail",
		"wirebook exec alice mail send --to bob@example.com --subject lunch --text 'At noon?'",
		"wirebook exec bob mail read",
		"wirebook mail queue")
}

func mailCommand(a *app) *cobra.Command {
	c := mailClient(a, here)
	c.AddCommand(a.mailQueue())
	return c
}

// mailClient is a user agent. The queue is the servers', and not among its verbs.
func mailClient(a *app, where func() place) *cobra.Command {
	c := a.verbs("mail", "mail")
	c.GroupID = "client"
	c.AddCommand(a.mailSend(where), a.mailRead(where))
	return c
}

// mailOptions are the flags that say whose mail it is, and where.
type mailOptions struct {
	server, user, password string
	port                   int
	tls, insecure          bool
	ca                     string
	verbose                bool
	timeout                time.Duration
}

func (o *mailOptions) flags(a *app, c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.server, "server", "", a.say("flag.mailserver"))
	f.IntVar(&o.port, "port", 0, a.say("flag.mailport"))
	f.StringVar(&o.user, "user", "", a.say("flag.mailuser"))
	f.StringVar(&o.password, "password", "", a.say("flag.mailpassword"))
	f.BoolVar(&o.tls, "tls", false, a.say("flag.mailtls"))
	f.StringVar(&o.ca, "ca", "", a.say("flag.ca"))
	f.BoolVar(&o.insecure, "insecure", false, a.say("flag.insecure"))
	f.BoolVarP(&o.verbose, "verbose", "v", false, a.say("flag.mailverbose"))
	f.DurationVar(&o.timeout, "timeout", time.Minute, a.say("flag.timeout"))
}

// mailDesk is a user at their mail.
type mailDesk struct {
	app     *app
	at      place
	o       mailOptions
	account world.MailAccount
	said    *mailDialogue
}

// mailDesk finds out who the user is. On a host of a world, the world says so where
// the flags do not.
func (a *app) mailDesk(ctx context.Context, at place, o mailOptions) (*mailDesk, error) {
	d := &mailDesk{app: a, at: at, o: o, said: &mailDialogue{app: a}}
	if at.inWorld != nil {
		var err error
		if d.account, err = at.inWorld.account(ctx, o.user); err != nil {
			return nil, err
		}
	}
	if host := hostOf(o.server); host != "" && host != d.account.Server {
		d.account.Password = "" // it is not for this server
		d.account.Server = o.server
		if o.user == "" {
			d.account.User = ""
		}
	}
	d.account.User = cmp.Or(o.user, d.account.User)
	d.account.Password = cmp.Or(o.password, d.account.Password)
	if d.account.Server == "" {
		return nil, usageError{errors.New(a.say("mail.noserver"))}
	}
	if !o.tls && (o.insecure || o.ca != "") {
		return nil, usageError{errTrust}
	}
	return d, nil
}

// hostOf is the host in host:port.
func hostOf(server string) string {
	if host, _, err := net.SplitHostPort(server); err == nil {
		return host
	}
	return server
}

// dialled is the server with the port of the flags, or that which is usual.
func (d *mailDesk) dialled(usual int) (address string, port int) {
	server := cmp.Or(d.o.server, d.account.Server)
	host, text, err := net.SplitHostPort(server)
	if err != nil {
		host, port = strings.Trim(server, "[]"), usual
	} else if port, err = strconv.Atoi(text); err != nil {
		return server, 0 // the network says what is wrong
	}
	port = cmp.Or(d.o.port, port)
	return net.JoinHostPort(host, strconv.Itoa(port)), port
}

// password is the user's; it is asked for if nobody knows it.
func (d *mailDesk) password(ctx context.Context) (string, error) {
	if d.account.Password == "" && !isTerminal(d.app.in) {
		return "", usageError{fmt.Errorf("no password for %s: write --password, or run this on a terminal", d.account.User)}
	}
	if d.account.Password == "" {
		var err error
		if d.account.Password, err = d.app.askPassword(ctx, d.account.User, hostOf(d.account.Server)); err != nil {
			return "", err
		}
	}
	return d.account.Password, nil
}

// now is the time where the user is.
func (d *mailDesk) now(ctx context.Context) (time.Time, error) {
	if d.at.inWorld == nil {
		return time.Now(), nil
	}
	return d.at.inWorld.now(ctx)
}

// mailRequest asks for the account of a user on a host; "" is the host's own.
type mailRequest struct {
	Host string `json:"host"`
	User string `json:"user"`
}

func (r *reach) mailAccount(w http.ResponseWriter, request *http.Request) {
	if m, ok := asked[mailRequest](w, request); ok && r.known(w, m.Host) {
		control.Reply(w, r.world.MailAccount(m.Host, m.User))
	}
}
