package pop3d

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
)

// Server hands out the mail of a store. It needs Mail and Users; what else is zero
// has the default that stands beside it.
type Server struct {
	Addr  string         // where to listen; ":110", or ":995" if Secure
	Mail  *mailbox.Store // what is handed out
	Users Users          // to whom

	Name string // this host's, in the greeting; "localhost"

	// TLS has the server's certificate: STLS is offered. Secure is that TLS
	// begins with the first byte instead (RFC 8314 §3.1), and NeedTLS that no
	// password is taken without it.
	TLS     *tls.Config
	Secure  bool
	NeedTLS bool

	MaxConns  int // connections at once; 1,000
	MaxLine   int // of a command, in bytes without its end; 1,000
	MaxLogins int // wrong passwords on a connection, which then is cut; 3

	IdleTimeout  time.Duration // for a command to come; 10 min, RFC 1939 §3's least
	WriteTimeout time.Duration // for each 64 KiB of replies to be taken; 60 s
	LoginDelay   time.Duration // before a wrong password is answered; 1 s, and for each further one as much more

	Log   *slog.Logger // slog.Default()
	Clock clock.Clock  // the machine's
}

// Users are those who may log in.
type Users interface {
	// Check reports whether a user has this password.
	Check(user, password string) bool
}

// Secrets are Users whose passwords are known as they are. APOP needs them
// (RFC 1939 §7), and is offered if Server.Users has this method.
type Secrets interface {
	Secret(user string) (password string, known bool)
}

// Serve listens at Addr and answers until ctx ends.
func (s *Server) Serve(ctx context.Context, nw netx.Network) error {
	o, err := s.office()
	if err != nil {
		return fmt.Errorf("pop3d: %w", err)
	}
	ln, err := nw.Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("pop3d: %w", err)
	}
	acceptor := netx.Acceptor{Log: o.Log, MaxConns: o.MaxConns}
	return acceptor.Serve(ctx, ln, o.converse)
}

// office is a server that serves: all options have values.
type office struct {
	Server
	secrets Secrets // nil: no APOP
}

func (s *Server) office() (*office, error) {
	o := &office{Server: *s}
	switch {
	case s.Mail == nil:
		return nil, errors.New("no mail: Mail is not set")
	case s.Users == nil:
		return nil, errors.New("nobody may log in: Users is not set")
	case (s.Secure || s.NeedTLS) && s.TLS == nil:
		return nil, errors.New("no certificate: TLS is not set")
	}
	o.secrets, _ = s.Users.(Secrets)
	o.Addr = cmp.Or(o.Addr, ":110")
	if s.Addr == "" && s.Secure {
		o.Addr = ":995"
	}
	o.Name = cmp.Or(o.Name, "localhost")
	o.MaxConns = cmp.Or(o.MaxConns, 1000)
	o.MaxLine = cmp.Or(o.MaxLine, 1000)
	o.MaxLogins = cmp.Or(o.MaxLogins, 3)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 10*time.Minute)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, time.Minute)
	o.LoginDelay = cmp.Or(o.LoginDelay, time.Second)
	o.Log = cmp.Or(o.Log, slog.Default())
	o.Clock = clock.Or(s.Clock)
	return o, nil
}

var _ Users = mailbox.Passwords{}
var _ Secrets = mailbox.Passwords{}

// client is the other side's address, for the log.
func client(conn net.Conn) string { return conn.RemoteAddr().String() }
