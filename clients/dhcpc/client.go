package dhcpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Client gets an address for one card. Network, Card and MAC must be set.
type Client struct {
	Network netx.Network     // must be a [netx.CardBinder]
	Card    string           // the network card, such as "eth0"
	MAC     net.HardwareAddr // the card's Ethernet address

	// Configure is told to give the card its address and to take it away; nil
	// means that Observe does it.
	Configure Configurer

	// Observe is called, in the client's goroutine, whenever the state or the
	// lease has changed; it may be nil.
	Observe func(Event)

	// ClientID identifies the client in place of the MAC (RFC 2132 §9.14):
	// a type, 0 for a name of the client's own choice, and what identifies it.
	ClientID []byte

	HostName string // what the host calls itself; may be empty

	// Former is a lease from before the host was switched off: the client
	// asks for that address again (INIT-REBOOT).
	Former *Lease

	// Collect is how long to wait for further offers after the first one.
	Collect time.Duration

	// Choose picks one of the offers, by its place in the list; nil means
	// the one that lends for the longest time, the first of several.
	Choose func(offers []Lease) int

	// Check reports whether somebody else uses the address, by an ARP request
	// or ping. The client then declines it. It may be nil.
	Check func(ctx context.Context, addr netip.Addr) bool

	// Timeout is how long the first wait for a reply is, and the second
	// twice as long; 0 means 4 seconds. The randomness is a quarter of it.
	Timeout time.Duration

	// Keep says not to give the address back when Run ends.
	Keep bool

	// Port and ServerPort are 68 and 67 when they are 0.
	Port, ServerPort uint16

	Log   *slog.Logger // nil means slog.Default()
	Clock clock.Clock  // nil means clock.System
}

// Configurer is a host whose cards can be given addresses. Routes and name
// servers differ from system to system: Observe is the place to set them.
type Configurer interface {
	AddAddress(card string, p netip.Prefix) error
	RemoveAddress(card string, p netip.Prefix) error
}

// State is where in RFC 2131's figure 5 a client is.
type State string

// The states.
const (
	Init       State = "INIT"
	Selecting  State = "SELECTING"
	Requesting State = "REQUESTING"
	Bound      State = "BOUND"
	Renewing   State = "RENEWING"
	Rebinding  State = "REBINDING"
	InitReboot State = "INIT-REBOOT"
	Rebooting  State = "REBOOTING"
)

// Event tells what has changed.
type Event struct {
	State State
	Lease *Lease // what the client has now; nil: no address
}

const (
	clientPort     = 68
	serverPort     = 67
	defaultTimeout = 4 * time.Second
)

// Run gets an address and keeps it until ctx ends; then it gives it back, takes
// it from the card, and returns nil. Its error says that the client cannot work
// at all: a client whom nobody answers goes on to ask.
func (c *Client) Run(ctx context.Context) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.conn.Close()
	err = s.live(ctx, func(State) bool { return true })
	s.end()
	return ignoreEnd(ctx, err)
}

// Acquire gets an address, configures the card with it, and returns it: what a
// host needs that will not live until T1. Its error is ctx's when nobody has
// answered by then.
func (c *Client) Acquire(ctx context.Context) (*Lease, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.conn.Close()
	if err := s.live(ctx, func(next State) bool { return next != Bound }); err != nil {
		return nil, err
	}
	return s.lease, nil
}

// Release gives a lease back, and takes its address from the card (RFC 2131
// §4.4.6). Nobody answers a RELEASE.
func (c *Client) Release(ctx context.Context, l *Lease) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.conn.Close()
	s.lease = l
	s.release()
	return s.adopt(nil)
}

func (c *Client) open(ctx context.Context) (*session, error) {
	binder, ok := c.Network.(netx.CardBinder)
	if !ok {
		return nil, errors.New("dhcpc: sockets of this network cannot be tied to a card")
	}
	if len(c.MAC) == 0 || len(c.MAC) > 16 {
		return nil, fmt.Errorf("dhcpc: %q is no hardware address", c.MAC)
	}
	conn, err := binder.ListenPacketOn(ctx, c.Card, "udp4", fmt.Sprintf(":%d", cmp.Or(c.Port, clientPort)))
	if err != nil {
		return nil, err
	}
	return &session{Client: c, conn: conn, clock: clock.Or(c.Clock), buffer: make([]byte, maxMessage)}, nil
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (c *Client) log() *slog.Logger { return cmp.Or(c.Log, slog.Default()) }
