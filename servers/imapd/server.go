package imapd

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
)

// Server gives its users their mail in a store. It needs Mail and Users; what else
// is zero has the default that stands beside it.
type Server struct {
	Addr  string         // where to listen; ":143", or ":993" if Secure
	Mail  *mailbox.Store // what is read
	Users Users          // by whom

	// TLS has the server's certificate: STARTTLS is offered. Secure is that TLS
	// begins with the first byte instead (RFC 8314 §3.2), and NeedTLS that no
	// password is taken without it.
	TLS     *tls.Config
	Secure  bool
	NeedTLS bool

	MaxConns   int   // connections at once; 1,000
	MaxLogins  int   // wrong passwords on a connection, which then is cut; 3
	MaxMessage int64 // that APPEND stores, in octets; 64 MiB

	LoginTimeout time.Duration // from the connection to the login; 1 min
	IdleTimeout  time.Duration // for a command, after the login; 35 min. RFC 9051 §5.4 wants 30
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

var _ Users = mailbox.Passwords{}

// Serve listens at Addr and answers until ctx ends.
func (s *Server) Serve(ctx context.Context, nw netx.Network) error {
	o, err := s.office()
	if err != nil {
		return fmt.Errorf("imapd: %w", err)
	}
	ln, err := nw.Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("imapd: %w", err)
	}
	library := imapserver.New(&imapserver.Options{
		NewSession: o.newSession, Caps: capabilities, TLSConfig: o.TLS, InsecureAuth: !o.NeedTLS,
		Logger: libraryLog{ctx, o.Log},
	})
	door := &doorway{conns: make(chan net.Conn), closed: make(chan struct{}), addr: ln.Addr()}
	ended := make(chan error, 1)
	go func() { ended <- library.Serve(door) }()

	acceptor := netx.Acceptor{Log: o.Log, MaxConns: o.MaxConns}
	err = acceptor.Serve(ctx, ln, func(ctx context.Context, conn net.Conn) { o.converse(ctx, conn, door) })
	close(door.closed)
	return errors.Join(err, <-ended)
}

// capabilities are those of which the library asks whether we have them. It adds
// those that it brings itself: IDLE, UNSELECT, SASL-IR, ENABLE, UTF8=ACCEPT, LITERAL-.
var capabilities = imap.CapSet{
	imap.CapIMAP4rev1: {}, imap.CapNamespace: {}, imap.CapUIDPlus: {}, imap.CapESearch: {}, imap.CapSearchRes: {},
	imap.CapListExtended: {}, imap.CapListStatus: {}, imap.CapMove: {}, imap.CapStatusSize: {}, imap.CapChildren: {},
	imap.CapSpecialUse: {},
}

// office is a server that serves: all options have values.
type office struct{ Server }

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
	o.Addr = cmp.Or(o.Addr, ":143")
	if s.Secure {
		o.Addr = cmp.Or(s.Addr, ":993")
	}
	o.MaxConns = cmp.Or(o.MaxConns, 1000)
	o.MaxLogins = cmp.Or(o.MaxLogins, 3)
	o.MaxMessage = cmp.Or(o.MaxMessage, 64<<20)
	o.LoginTimeout = cmp.Or(o.LoginTimeout, time.Minute)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 35*time.Minute)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, time.Minute)
	o.LoginDelay = cmp.Or(o.LoginDelay, time.Second)
	o.Log = cmp.Or(o.Log, slog.Default())
	o.Clock = clock.Or(s.Clock)
	return o, nil
}

// converse has the library answer a client, and returns when that is over.
func (o *office) converse(ctx context.Context, conn net.Conn, door *doorway) {
	w := newWire(ctx, o, conn)
	conn = w
	if o.Secure {
		conn = tls.Server(w, o.TLS)
	}
	select {
	case door.conns <- conn:
		<-w.over
	case <-ctx.Done():
	}
}

// doorway is the listener that the library has: connections come through it that
// were accepted elsewhere, so that they are counted and closed as in all servers
// here.
type doorway struct {
	conns  chan net.Conn
	closed chan struct{}
	addr   net.Addr
}

func (d *doorway) Accept() (net.Conn, error) {
	select {
	case conn := <-d.conns:
		return conn, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *doorway) Close() error   { return nil }
func (d *doorway) Addr() net.Addr { return d.addr }
