package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/clients/ftpc"
)

func init() {
	example("ftp",
		"wirebook exec alice ftp ftp.example.edu",
		"wirebook exec alice ftp -v ftp://ftp.example.edu/pub ls",
		"wirebook exec alice ftp -v --active ftp://ftp.example.edu/pub get README",
		"wirebook exec alice ftp ftp://alice:alice@ftp.example.edu put report.txt",
		"wirebook ftp --tls --ca authority.pem --resume ftp://127.0.0.1:2121/pub get large.iso")
}

// ftpOptions are the flags of ftp.
type ftpOptions struct {
	active, text, resume bool
	tls, insecure        bool
	ca                   string
	verbose, asJSON      bool
	timeout              time.Duration
}

func ftpCommand(a *app) *cobra.Command { return ftpClient(a, here) }

func ftpClient(a *app, where func() place) *cobra.Command {
	var o ftpOptions
	c := a.command("ftp [flags] HOST|URL [COMMAND [ARG…]]", "ftp", func(c *cobra.Command, args []string) error {
		target, err := parseFTPTarget(args[0])
		if err != nil {
			return usageError{err}
		}
		return a.ftp(c.Context(), where(), o, target, args[1:])
	})
	c.GroupID = "client"
	c.Args = arguments(cobra.MinimumNArgs(1))
	f := c.Flags()
	f.BoolVar(&o.active, "active", false, a.say("flag.active"))
	f.BoolVar(&o.text, "text", false, a.say("flag.text"))
	f.BoolVar(&o.resume, "resume", false, a.say("flag.resume"))
	f.BoolVar(&o.tls, "tls", false, a.say("flag.tls"))
	f.StringVar(&o.ca, "ca", "", a.say("flag.ca"))
	f.BoolVar(&o.insecure, "insecure", false, a.say("flag.insecure"))
	f.BoolVarP(&o.verbose, "verbose", "v", false, a.say("flag.ftpverbose"))
	f.BoolVar(&o.asJSON, "json", false, a.say("flag.ftpjson"))
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, a.say("flag.timeout"))
	return c
}

// ftpTarget is what the first argument names.
type ftpTarget struct {
	server         string
	user, password string
	hasPassword    bool
	folder         string
}

// parseFTPTarget reads ftp://user:password@host:port/folder (RFC 1738 §3.2), whose
// "ftp://" may be left out. The folder is below that in which the user begins;
// one that begins with %2F is absolute.
func parseFTPTarget(text string) (ftpTarget, error) {
	if !strings.Contains(text, "://") {
		text = "ftp://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return ftpTarget{}, err
	case u.Scheme == "ftps":
		return ftpTarget{}, errors.New("ftps is not spoken here: write ftp, and --tls")
	case u.Scheme != "ftp" || u.Hostname() == "":
		return ftpTarget{}, fmt.Errorf("%q is not a host, nor an ftp URL", text)
	}
	t := ftpTarget{server: u.Host, user: u.User.Username(), folder: strings.TrimPrefix(u.Path, "/")}
	t.password, t.hasPassword = u.User.Password()
	if t.user == "" {
		// By custom a mail address; this one is nobody's.
		t.user, t.password, t.hasPassword = "anonymous", "anonymous@", true
	}
	return t, nil
}

// ftp logs in, and does what args say, or else what is typed, or what comes from
// standard input.
func (a *app) ftp(ctx context.Context, at place, o ftpOptions, target ftpTarget, args []string) error {
	var verb *ftpVerb
	if len(args) > 0 {
		var err error
		if verb, err = findFTPVerb(args[0], args[1:]); err != nil {
			return usageError{err}
		}
	}
	d := &ftpDesk{app: a, o: o}
	client, err := d.client(ctx, at)
	if err != nil {
		return err
	}
	prompt := verb == nil && isTerminal(a.in) && isTerminal(a.out)
	if prompt {
		return a.ftpPrompt(ctx, d, client, target)
	}
	if err := d.login(ctx, client, target); err != nil {
		return err
	}
	defer d.session.Close()
	if verb != nil {
		err = d.do(ctx, verb, args[1:])
	} else {
		err = d.script(ctx, a.in)
	}
	if err != nil {
		return err
	}
	return d.goodbye(ctx)
}

// client is what the flags describe.
func (d *ftpDesk) client(ctx context.Context, at place) (*ftpc.Client, error) {
	c := &ftpc.Client{Network: at.Network, Clock: at.clock, Active: d.o.active, Timeout: d.o.timeout, Trace: d.trace(), Progress: d.progress}
	if !d.o.tls {
		if d.o.insecure || d.o.ca != "" {
			return nil, usageError{errTrust}
		}
		return c, nil
	}
	var err error
	c.TLS, err = at.trust(ctx, d.o.ca, d.o.insecure)
	return c, err
}

// login opens the session, and goes to the folder.
func (d *ftpDesk) login(ctx context.Context, client *ftpc.Client, target ftpTarget) error {
	if !target.hasPassword {
		password, err := d.app.askPassword(ctx, target.user, target.server)
		if err != nil {
			return err
		}
		target.password = password
	}
	session, err := client.Dial(ctx, target.server)
	if err != nil {
		return d.explained(err)
	}
	session.Text = d.o.text
	d.session = session
	err = session.Login(ctx, target.user, target.password)
	if err == nil && target.folder != "" {
		err = session.Cwd(ctx, target.folder)
	}
	if err != nil {
		session.Close()
	}
	return err
}

// goodbye ends the session. What the server thinks of it is of no interest.
func (d *ftpDesk) goodbye(ctx context.Context) error {
	if d.session.Ended() == nil {
		_ = d.session.Quit(ctx)
	}
	return nil
}
