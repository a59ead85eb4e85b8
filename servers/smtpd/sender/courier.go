package sender

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

// Sender delivers to the mail servers of any domain. It needs Network and
// Resolver; what else is zero has the default that stands beside it. It must not
// be copied after its first use.
type Sender struct {
	Network  netx.Network
	Resolver Resolver
	Hostname string // this host's, for EHLO; "localhost"

	// TLS, with the authorities that are trusted, has messages sent by TLS to
	// servers that offer it (RFC 3207). If their certificate is not good, the
	// message is sent without, as to those that offer nothing: a stranger who
	// listens is kept out, one who stands in between is not.
	TLS *tls.Config

	Timeouts Timeouts
	Seed     uint64       // of the order of hosts that are preferred alike
	Log      *slog.Logger // slog.Default()
	Clock    clock.Clock  // the machine's

	mu      sync.Mutex
	chooser *rand.PCG
}

// Timeouts are how long to wait for a server. The defaults are those of RFC 5321
// §4.5.3.2, but for Connect.
type Timeouts struct {
	Connect time.Duration // 30 s
	Reply   time.Duration // 5 min: to a command
	Data    time.Duration // 3 min: for each piece of the message to be taken
	End     time.Duration // 10 min: for the reply to the whole message
}

func (t Timeouts) orDefault() Timeouts {
	return Timeouts{
		Connect: cmp.Or(t.Connect, 30*time.Second), Reply: cmp.Or(t.Reply, 5*time.Minute),
		Data: cmp.Or(t.Data, 3*time.Minute), End: cmp.Or(t.End, 10*time.Minute),
	}
}

// random is a new seed for the order of hosts.
func (s *Sender) random() rand.Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chooser == nil {
		s.chooser = rand.NewPCG(s.Seed, 0)
	}
	return rand.NewPCG(s.chooser.Uint64(), s.chooser.Uint64())
}

func (s *Sender) log() *slog.Logger { return cmp.Or(s.Log, slog.Default()) }

var _ queue.Deliverer = (*Sender)(nil)

// Courier makes a courier to a domain. It connects when there is a message.
func (s *Sender) Courier(domain string) queue.Courier { return &courier{Sender: s, domain: domain} }

// courier takes messages to one domain, over one connection as long as that
// works.
type courier struct {
	*Sender
	domain  string
	talk    *conversation // nil: not connected
	failure error         // no host could be reached: nor can it for the next message
}

// Deliver implements queue.Courier.
func (c *courier) Deliver(ctx context.Context, d *queue.Delivery) []queue.Result {
	if c.failure != nil {
		return same(d, c.failure, "")
	}
	reused := c.talk != nil
	results, err := c.attempt(ctx, d)
	if err != nil && reused && results == nil { // it had waited for us too long
		results, err = c.attempt(ctx, d)
	}
	if results == nil {
		c.failure = err
		return same(d, err, "")
	}
	return results
}

// attempt is one connection's. Without results nothing was sent.
func (c *courier) attempt(ctx context.Context, d *queue.Delivery) ([]queue.Result, error) {
	if c.talk == nil {
		if err := c.connect(ctx); err != nil {
			return nil, err
		}
	}
	stop := context.AfterFunc(ctx, c.talk.hangUp)
	defer stop()
	results, err := c.talk.transfer(d)
	if err != nil {
		c.talk.hangUp()
		c.talk = nil
	}
	return results, err
}

// maxTries is with how many addresses a domain is tried at a time; RFC 5321 §5.1
// asks for two or more. Who names a thousand hosts, none of which answers, would
// keep those busy who deliver everybody's mail.
const maxTries = 10

// connect finds a host that listens to us.
func (c *courier) connect(ctx context.Context) error {
	hosts, err := c.hosts(ctx, c.domain)
	if err != nil {
		return err
	}
	left := maxTries
	for _, host := range hosts[:min(maxTries, len(hosts))] {
		addresses, failed := c.addresses(ctx, host)
		if failed != nil {
			err = temporaryFirst(err, failed)
			continue
		}
		for _, address := range addresses {
			if left--; left < 0 {
				return err
			}
			talk, failed := c.open(ctx, host, address)
			if failed == nil {
				c.talk = talk
				return nil
			}
			c.log().Info("smtp: a mail server did not take the call", "domain", c.domain, "host", host, "address", address, "error", failed)
			err = temporaryFirst(err, failed)
		}
	}
	return err
}

// temporaryFirst chooses between two failures: as long as one may pass, there is
// hope.
func temporaryFirst(a, b error) error {
	if a == nil || permanent(a) && !permanent(b) {
		return b
	}
	return a
}

// port is where mail servers listen.
const port = "25"

func (c *courier) open(ctx context.Context, host, address string) (*conversation, error) {
	talk, err := c.call(ctx, host, address, c.TLS)
	if failed := (*tlsFailure)(nil); errors.As(err, &failed) {
		c.log().Warn("smtp: sending without TLS", "host", host, "error", err)
		return c.call(ctx, host, address, nil)
	}
	return talk, err
}

func (c *courier) call(ctx context.Context, host, address string, secure *tls.Config) (*conversation, error) {
	limits := c.Timeouts.orDefault()
	dialing, cancel := clock.WithTimeout(ctx, clock.Or(c.Clock), limits.Connect)
	defer cancel()
	conn, err := c.Network.DialContext(dialing, "tcp", net.JoinHostPort(address, port))
	if err != nil {
		return nil, fmt.Errorf("no connection: %w", err)
	}
	talk := begin(conn, host, limits, c.Clock)
	stop := context.AfterFunc(ctx, talk.hangUp)
	defer stop()
	if err := talk.open(ctx, cmp.Or(c.Hostname, "localhost"), secure); err != nil {
		talk.hangUp()
		return nil, err
	}
	return talk, nil
}

// Close implements queue.Courier.
func (c *courier) Close() {
	if c.talk != nil {
		c.talk.quit()
		c.talk = nil
	}
}

// permanent says whether a failure will be the same the next time.
func permanent(err error) bool {
	var r refusal
	if errors.As(err, &r) {
		return r.Permanent()
	}
	var n *noRoute
	return errors.As(err, &n) && n.code[0] == '5'
}

// same is one result for all recipients.
func same(d *queue.Delivery, err error, host string) []queue.Result {
	results := make([]queue.Result, len(d.To))
	for i := range results {
		results[i] = failed(err, host)
	}
	return results
}

// failed is the result that an error means.
func failed(err error, host string) queue.Result {
	result := queue.Result{State: queue.Waiting, Reply: "451 4.4.2 " + err.Error(), Remote: host}
	if permanent(err) {
		result.State = queue.Failed
	}
	var r refusal
	var n *noRoute
	if errors.As(err, &r) || errors.As(err, &n) {
		result.Reply = err.Error()
	}
	return result
}
