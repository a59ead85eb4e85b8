package ftpd

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Server serves the folders of its users. It needs Users or Anonymous; what else
// is zero has the default that stands beside it.
type Server struct {
	Addr   string // of the control connections; ":21"
	Banner string // the greeting; "Wirebook FTP server ready."

	Users     map[string]User // by name
	Anonymous *User           // who logs in as anonymous or ftp, with any password; never writes. nil: nobody

	TLS        *tls.Config // for AUTH TLS (RFC 4217); nil: there is none
	RequireTLS bool        // take passwords over TLS only; anonymous may do without

	// PassivePorts are those to which data connections come; 49152 to 65535,
	// which are nobody's (RFC 6335 §6), when they are 0. PassiveAddr is what PASV says instead of the address that the client
	// has reached, for a server behind a NAT.
	PassivePorts PortRange
	PassiveAddr  netip.Addr

	MaxConns      int // control connections at once; 1,000; further ones hear 421
	MaxPerAddress int // of them from one address; 100
	MaxLogins     int // wrong passwords on one connection; 5, then 421

	LoginTimeout time.Duration // until somebody has logged in; 2 min
	IdleTimeout  time.Duration // between two commands; 5 min (RFC 1123 §4.1.3.2)
	DataTimeout  time.Duration // until a data connection stands; 30 s
	StallTimeout time.Duration // for each 256 KiB of a transfer; 5 min
	LoginDelay   time.Duration // before a wrong password is answered, twice as long each time; 1 s

	MaxMemory int64 // of what is written to a User's FS, in bytes; 256 MiB, beyond it 552

	ModTime time.Time // of files in a User's FS that have none; when Serve began

	Sessions *Sessions // tells who is connected; nil: nobody asks

	Log   *slog.Logger // slog.Default()
	Clock clock.Clock  // the machine's; it tells how long LoginDelay is
}

// User is somebody who may log in, and the files that are then there. It needs
// Root or FS.
type User struct {
	Password string

	// Root is the user's folder. No name leads out of it, not by "..", nor
	// through a symbolic link (os.Root).
	Root string

	// FS is the content when Root is empty. What is written is kept in memory,
	// until Serve returns.
	FS fs.FS

	ReadOnly bool
}

// PortRange is the ports First to Last.
type PortRange struct{ First, Last uint16 }

// Serve listens at Addr and serves until ctx ends.
func (s *Server) Serve(ctx context.Context, nw netx.Network) error {
	d, err := s.open(nw)
	if err != nil {
		return fmt.Errorf("ftpd: %w", err)
	}
	defer d.close()
	ln, err := nw.Listen(ctx, "tcp", d.Addr)
	if err != nil {
		return fmt.Errorf("ftpd: %w", err)
	}
	acceptor := netx.Acceptor{
		Log:      d.Log,
		MaxConns: d.MaxConns + d.MaxConns/8 + 8, // who is too many needs a moment to be told
	}
	return acceptor.Serve(ctx, ln, d.receive)
}

// desk is a server that serves: all options have values, the files are open.
type desk struct {
	Server
	nw       netx.Network
	files    map[string]store // by the user's name
	attempts attempts
	no20     sync.Once // port 20 was refused, and this has been said

	mu      sync.Mutex
	clients map[netip.Addr]int // control connections from each address
	all     int
}

// anonymous is the name under which the files of Anonymous are kept.
const anonymous = "anonymous"

func (s *Server) open(nw netx.Network) (*desk, error) {
	d := &desk{Server: *s, nw: nw, files: make(map[string]store), clients: make(map[netip.Addr]int)}
	d.Addr = cmp.Or(d.Addr, ":21")
	d.Banner = cmp.Or(d.Banner, "Wirebook FTP server ready.")
	d.PassivePorts = cmp.Or(d.PassivePorts, PortRange{49152, 65535})
	d.MaxConns = cmp.Or(d.MaxConns, 1_000)
	d.MaxPerAddress = cmp.Or(d.MaxPerAddress, 100)
	d.MaxLogins = cmp.Or(d.MaxLogins, 5)
	d.LoginTimeout = cmp.Or(d.LoginTimeout, 2*time.Minute)
	d.IdleTimeout = cmp.Or(d.IdleTimeout, 5*time.Minute)
	d.DataTimeout = cmp.Or(d.DataTimeout, 30*time.Second)
	d.StallTimeout = cmp.Or(d.StallTimeout, 5*time.Minute)
	d.LoginDelay = cmp.Or(d.LoginDelay, time.Second)
	d.MaxMemory = cmp.Or(d.MaxMemory, 256<<20)
	d.Log = cmp.Or(d.Log, slog.Default())
	d.Clock = clock.Or(s.Clock)
	d.ModTime = cmp.Or(d.ModTime, d.Clock.Now())
	d.attempts.clock, d.attempts.delay = d.Clock, d.LoginDelay
	if p := d.PassivePorts; p.First > p.Last || p.First == 0 && p.Last != 0 {
		return nil, fmt.Errorf("passive ports %d to %d: no such range", p.First, p.Last)
	}
	if err := d.openStores(); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *desk) openStores() error {
	if len(d.Users) == 0 && d.Anonymous == nil {
		return errors.New("nobody could log in: neither Users nor Anonymous is set")
	}
	users := maps.Clone(d.Users)
	if d.Anonymous != nil {
		if users == nil {
			users = make(map[string]User)
		}
		guest := *d.Anonymous
		guest.ReadOnly = true
		users[anonymous] = guest
	}
	for name, user := range users {
		files, err := user.open(d)
		if err != nil {
			return fmt.Errorf("the files of %s: %w", name, err)
		}
		d.files[name] = files
	}
	return nil
}

func (d *desk) close() {
	for _, files := range d.files {
		files.close()
	}
}

// receive has the conversation with one client, if there is room for it.
func (d *desk) receive(ctx context.Context, conn net.Conn) {
	c := d.newConversation(ctx, conn)
	if !d.enter(c.peer) {
		c.reply(421, "Too many connections; come again later.")
		return
	}
	defer d.leave(c.peer)
	defer d.Sessions.enter(c)()
	c.hold()
}

func (d *desk) enter(client netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all >= d.MaxConns || d.clients[client] >= d.MaxPerAddress {
		return false
	}
	d.all++
	d.clients[client]++
	return true
}

func (d *desk) leave(client netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all--
	if d.clients[client]--; d.clients[client] == 0 {
		delete(d.clients, client)
	}
}
