package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/clients/smtpc"
	"github.com/wirebook/wirebook/clients/tftpc"
	"github.com/wirebook/wirebook/protocol/letter"
)

func init() {
	example("mail.send",
		"wirebook exec alice mail send --to bob@example.com --subject lunch --text 'At noon?' -v",
		"wirebook exec alice mail send --to 'Bob <bob@example.com>' --cc carol@example.edu --subject 照片 --attach picture.png < letter.txt",
		"wirebook exec alice mail send --to bob@example.com --port 25 --text 'As in the book: no password.' -v",
		"wirebook mail send --from me@example.org --to you@example.org --text hello --dry-run",
		"wirebook mail send --server 127.0.0.1:2525 --from me@example.org --to you@example.org --text hello")
}

// sendOptions are the flags of mail send.
type sendOptions struct {
	mailOptions
	from, subject, text string
	to, cc, bcc         []string
	attach, inline      []string
	dryRun              bool
	hasText             bool
}

func (a *app) mailSend(where func() place) *cobra.Command {
	var o sendOptions
	c := a.command("send [flags]", "mail.send", func(c *cobra.Command, _ []string) error {
		o.hasText = c.Flags().Changed("text")
		return a.sendMail(c.Context(), where(), o)
	})
	c.Args = arguments(cobra.NoArgs)
	f := c.Flags()
	f.StringVar(&o.from, "from", "", a.say("flag.mailfrom"))
	f.StringArrayVar(&o.to, "to", nil, a.say("flag.mailto"))
	f.StringArrayVar(&o.cc, "cc", nil, a.say("flag.mailcc"))
	f.StringArrayVar(&o.bcc, "bcc", nil, a.say("flag.mailbcc"))
	f.StringVar(&o.subject, "subject", "", a.say("flag.mailsubject"))
	f.StringVar(&o.text, "text", "", a.say("flag.mailtext"))
	f.StringArrayVar(&o.attach, "attach", nil, a.say("flag.mailattach"))
	f.StringArrayVar(&o.inline, "inline", nil, a.say("flag.mailinline"))
	f.BoolVar(&o.dryRun, "dry-run", false, a.say("flag.maildryrun"))
	o.flags(a, c)
	return c
}

func (a *app) sendMail(ctx context.Context, at place, o sendOptions) error {
	if o.dryRun && o.server == "" {
		o.server = "nowhere" // nobody is asked
	}
	d, err := a.mailDesk(ctx, at, o.mailOptions)
	if err != nil {
		return err
	}
	m, err := d.compose(ctx, o)
	if err != nil {
		return err
	}
	defer m.Close()
	if o.dryRun {
		_, err := io.Copy(a.out, m.file)
		return err
	}
	defer d.said.end()
	session, err := d.submission(ctx, m)
	if err != nil {
		return err
	}
	defer session.Close()
	result, err := session.Send(m.envelope, m.file)
	m.line.clear()
	for _, refused := range result.Refused {
		d.said.end()
		fmt.Fprintln(a.err, "wirebook:", visible(refused.Error()))
	}
	if errors.Is(err, smtpc.ErrNobody) && len(result.Refused) > 0 {
		return exitStatus(exitFailure) // said already
	}
	if err != nil {
		return err
	}
	_ = session.Quit() // the message is the server's, whatever it says now
	d.said.end()
	a.println("mail.sent", "Server", hostOf(d.account.Server), "Recipients", strings.Join(result.Accepted, ", "), "Reply", visible(result.Reply.String()))
	if len(result.Refused) > 0 {
		return exitStatus(exitFailure)
	}
	return nil
}

// Ports of SMTP: where servers take mail from each other (RFC 5321), from users who
// log in (RFC 6409), and from those by TLS from the first byte (RFC 8314).
const (
	portSMTP        = 25
	portSubmission  = 587
	portSubmissions = 465
)

// submission opens the session in which the message is handed in. Who has a password
// logs in, at the port for that.
func (d *mailDesk) submission(ctx context.Context, m *composed) (*smtpc.Session, error) {
	usual := portSMTP
	if d.account.User != "" {
		usual = portSubmission
	}
	address, port := d.dialled(usual)
	client := smtpc.Client{Network: d.at.Network, Clock: d.at.clock, Timeout: d.o.timeout, Name: d.account.Host}
	client.Trace.Text = m.sent
	if d.o.verbose {
		client.Trace.Line = d.said.line
		client.Trace.Text = func(piece []byte) { d.said.text(true, piece) }
	}
	var err error
	if client.TLS, err = d.at.trust(ctx, d.o.ca, d.o.insecure); err != nil {
		return nil, err
	}
	dial := client.Dial
	if port == portSubmissions {
		dial = client.DialTLS
	}
	session, err := dial(ctx, address)
	if err != nil {
		return nil, err
	}
	if err := d.logIn(ctx, session, port); err != nil {
		session.Close()
		return nil, err
	}
	return session, nil
}

func (d *mailDesk) logIn(ctx context.Context, session *smtpc.Session, port int) error {
	if d.o.tls && !session.Secured() {
		if err := session.StartTLS(); err != nil {
			return err
		}
	}
	if d.account.User == "" || port == portSMTP && d.o.user == "" {
		return nil // between servers nobody logs in
	}
	password, err := d.password(ctx)
	if err != nil {
		return err
	}
	return session.Auth(d.account.User, password)
}

// composed is a message that is ready to be sent.
type composed struct {
	envelope smtpc.Envelope
	file     *os.File // temporary, with the message
	line     *transferLine
	done     int64
}

func (m *composed) Close() error {
	return errors.Join(m.file.Close(), os.Remove(m.file.Name()))
}

// sent shows how far the message is.
func (m *composed) sent(piece []byte) {
	m.done += int64(len(piece))
	m.line.show(tftpc.Progress{Bytes: m.done, Size: m.envelope.Size})
}

// compose writes the message, and the envelope.
func (d *mailDesk) compose(ctx context.Context, o sendOptions) (*composed, error) {
	l, recipients, err := d.letter(ctx, o)
	if err != nil {
		return nil, err
	}
	for _, f := range l.Files {
		defer f.Content.(io.Closer).Close()
	}
	file, err := os.CreateTemp("", "wirebook-mail-")
	if err != nil {
		return nil, err
	}
	m := &composed{file: file, line: d.app.newTransferLine()}
	err = l.Write(file)
	if err == nil {
		m.envelope.Size, err = file.Seek(0, io.SeekCurrent)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	m.envelope.From = letter.Path(l.From)
	for _, to := range recipients {
		m.envelope.To = append(m.envelope.To, letter.Path(to))
	}
	return m, nil
}

// people reads addresses, with names or without.
func people(flag string, lists []string) ([]*mail.Address, error) {
	var all []*mail.Address
	for _, list := range lists {
		some, err := mail.ParseAddressList(list)
		if err != nil {
			return nil, usageError{fmt.Errorf("--%s %q: %w", flag, list, err)}
		}
		all = append(all, some...)
	}
	return all, nil
}
