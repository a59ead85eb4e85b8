package smtpd

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
	"github.com/wirebook/wirebook/servers/smtpd/sender"
)

// Server takes mail for its domains, and that of its users for everybody. It needs
// Domains, Mail, Users, Queue and Resolver; what else is zero has the default that
// stands beside it.
type Server struct {
	Addr           string // where other servers bring mail; ":25", and "none" for nowhere
	SubmissionAddr string // where users hand it in; ":587", and "none"
	SecureAddr     string // where they do by TLS from the first byte (RFC 8314 §3.3), such as ":465"; "none"

	Hostname string          // this host's full name; the first of Domains
	Domains  []string        // whose mail is delivered here, as is that for Hostname
	Mail     *mailbox.Store  // into which mailboxes
	Users    Users           // whose they are
	Queue    *queue.Queue    // where mail waits; Serve runs it
	Resolver sender.Resolver // tells other domains' mail servers

	Campus     []netip.Prefix // who may send to everybody without logging in; nobody
	Postmaster string         // the user who gets postmaster's mail; "postmaster"

	// TLS has the server's certificate: STARTTLS is offered. NeedTLS is that no
	// password is taken without it. Trust, with authorities, has outgoing mail
	// sent by TLS where that is offered (see [sender.Sender]).
	TLS     *tls.Config
	NeedTLS bool
	Trust   *tls.Config

	MaxSize       int64 // of a message, in octets; 10 MiB
	MaxRecipients int   // of a message; 100, which is the least that RFC 5321 §4.5.3.1.8 allows
	MaxLine       int   // of a command or a message, in octets; 2,000
	MaxHops       int   // servers that a message has passed; 100 (RFC 5321 §6.3)
	MaxConns      int   // connections at once, at each port; 1,000
	MaxPerClient  int   // of those, of one address; 100
	MaxLogins     int   // wrong passwords on a connection, which then is cut; 3
	MaxRefused    int   // recipients, likewise; 20

	IdleTimeout  time.Duration // for a command, or more of a message, to come; 5 min, RFC 5321 §4.5.3.2.7's least
	TextTimeout  time.Duration // for a whole message to come; 30 min
	WriteTimeout time.Duration // for replies to be taken; 60 s
	LoginDelay   time.Duration // before a wrong password is answered; 1 s, and for each further one as much more

	Timeouts sender.Timeouts // of outgoing mail
	Seed     uint64          // of the order in which equal mail servers are tried

	Log   *slog.Logger // slog.Default()
	Clock clock.Clock  // the machine's
}

// Users are those who have a mailbox here, and may log in.
type Users interface {
	// Check reports whether a user has this password.
	Check(user, password string) bool
	// Exists reports whether there is such a user.
	Exists(user string) bool
}

var _ Users = mailbox.Passwords{}

// None is an address at which is not listened.
const None = "none"

// Serve takes mail and delivers it until ctx ends.
func (s *Server) Serve(ctx context.Context, nw netx.Network) error {
	o, err := s.office(nw)
	if err != nil {
		return fmt.Errorf("smtpd: %w", err)
	}
	listeners, err := o.listen(ctx, nw)
	if err != nil {
		return fmt.Errorf("smtpd: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var serving sync.WaitGroup
	for role, ln := range listeners {
		acceptor := netx.Acceptor{Log: o.Log, MaxConns: o.MaxConns}
		serving.Go(func() {
			cancel(acceptor.Serve(ctx, ln, func(ctx context.Context, conn net.Conn) { o.converse(ctx, conn, role) }))
		})
	}
	serving.Go(func() { cancel(o.Queue.Run(ctx, o)) })
	serving.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("smtpd: %w", err)
	}
	return nil
}

func (o *office) listen(ctx context.Context, nw netx.Network) (map[role]net.Listener, error) {
	listeners := make(map[role]net.Listener)
	for r, address := range map[role]string{mx{}: o.Addr, submission{}: o.SubmissionAddr, submissions{}: o.SecureAddr} {
		if address == None {
			continue
		}
		ln, err := nw.Listen(ctx, "tcp", address)
		if err != nil {
			for _, other := range listeners {
				other.Close()
			}
			return nil, err
		}
		listeners[r] = ln
	}
	return listeners, nil
}

// office is a server that serves: all options have values.
type office struct {
	Server
	sender  *sender.Sender
	callers callers
}

func (s *Server) office(nw netx.Network) (*office, error) {
	o := &office{Server: *s}
	switch {
	case len(s.Domains) == 0:
		return nil, errors.New("whose mail? Domains is not set")
	case s.Mail == nil:
		return nil, errors.New("no mailboxes: Mail is not set")
	case s.Users == nil:
		return nil, errors.New("nobody has a mailbox: Users is not set")
	case s.Queue == nil:
		return nil, errors.New("mail cannot wait: Queue is not set")
	case s.Resolver == nil:
		return nil, errors.New("other mail servers cannot be found: Resolver is not set")
	case (s.NeedTLS || s.SecureAddr != "" && s.SecureAddr != None) && s.TLS == nil:
		return nil, errors.New("no certificate: TLS is not set")
	}
	o.setDefaults()
	o.sender = &sender.Sender{
		Network: nw, Resolver: s.Resolver, Hostname: o.Hostname, TLS: s.Trust,
		Timeouts: s.Timeouts, Seed: s.Seed, Log: o.Log, Clock: o.Clock,
	}
	return o, nil
}

func (o *office) setDefaults() {
	o.Addr = cmp.Or(o.Addr, ":25")
	o.SubmissionAddr = cmp.Or(o.SubmissionAddr, ":587")
	o.SecureAddr = cmp.Or(o.SecureAddr, None)
	o.Hostname = cmp.Or(o.Hostname, o.Domains[0])
	if !slices.Contains(o.Domains, o.Hostname) {
		o.Domains = append(slices.Clone(o.Domains), o.Hostname)
	}
	o.Postmaster = cmp.Or(o.Postmaster, "postmaster")
	o.MaxSize = cmp.Or(o.MaxSize, 10<<20)
	o.MaxRecipients = cmp.Or(o.MaxRecipients, 100)
	o.MaxLine = cmp.Or(o.MaxLine, 2000)
	o.MaxHops = cmp.Or(o.MaxHops, 100)
	o.MaxConns = cmp.Or(o.MaxConns, 1000)
	o.MaxPerClient = cmp.Or(o.MaxPerClient, 100)
	o.MaxLogins = cmp.Or(o.MaxLogins, 3)
	o.MaxRefused = cmp.Or(o.MaxRefused, 20)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 5*time.Minute)
	o.TextTimeout = cmp.Or(o.TextTimeout, 30*time.Minute)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, time.Minute)
	o.LoginDelay = cmp.Or(o.LoginDelay, time.Second)
	o.Log = cmp.Or(o.Log, slog.Default())
	o.Clock = clock.Or(o.Clock)
}
