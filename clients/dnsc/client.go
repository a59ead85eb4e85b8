package dnsc

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Client asks DNS servers. Its zero value asks on the operating system's
// network. It may be used by several goroutines at once.
type Client struct {
	Network netx.Network // nil means netx.OS{}
	Clock   clock.Clock  // nil means clock.System

	// Timeout is how long to wait for a reply over UDP the first time, and
	// twice as long each further time; 0 means 2 seconds. Over TCP it is how
	// long connecting may take, and then each message; there it is not less
	// than 5 seconds unless set.
	Timeout time.Duration

	// Tries is how often a question is sent over UDP; 0 means 3.
	Tries int

	// UDPSize is the longest reply that the server is told it may send as a
	// datagram (EDNS, RFC 6891); 0 means 1232, which fits an IPv6 packet on
	// any path.
	UDPSize uint16

	NoEDNS    bool // ask as in 1987: replies of at most 512 bytes
	NoRecurse bool // do not desire recursion: the server shall say what it has
	TCP       bool // ask over TCP from the start
	KeepTC    bool // take a truncated reply as it is

	// Port is where [Client.Iterate] asks; 0 means 53.
	Port uint16

	// Ndots is how many dots a name must have for [Client.LookupHost] to try
	// it as it stands first; 0 means 1, as in resolv.conf.
	Ndots int

	// MaxTransfer is how many bytes of a zone [Client.AXFR] takes; 0 means
	// 256 MiB.
	MaxTransfer int
}

// Reply is what a server said, and how it came.
type Reply struct {
	*dns.Msg

	Server    netip.AddrPort
	Transport string        // "udp" or "tcp"
	Sent      time.Time     // when the question that it answers was sent
	RTT       time.Duration // from then until the reply was here
	Bytes     int           // of the DNS message
	Tries     int           // how often the question was sent over UDP
	CutShort  bool          // the reply over UDP was cut short, and so TCP was used
}

// Query asks server for the records of a name, of a type such as dns.TypeA, in
// class IN. Any reply is a success, also one that says NXDOMAIN or REFUSED; the
// error says that there was none.
func (c *Client) Query(ctx context.Context, server netip.AddrPort, name string, qtype uint16) (*Reply, error) {
	msg, err := c.newQuery(name, qtype, dns.ClassINET)
	if err != nil {
		return nil, err
	}
	return c.Exchange(ctx, server, msg)
}

// newQuery makes the message that asks for name, with the options of c.
func (c *Client) newQuery(name string, qtype, class uint16) (*dns.Msg, error) {
	if _, ok := dns.IsDomainName(name); !ok || name == "" {
		return nil, fmt.Errorf("dnsc: %q is no domain name", name)
	}
	msg := &dns.Msg{Question: []dns.Question{{Name: dns.Fqdn(name), Qtype: qtype, Qclass: class}}}
	msg.Id = dns.Id()
	msg.RecursionDesired = !c.NoRecurse
	if !c.NoEDNS {
		msg.SetEdns0(c.udpSize(), false)
	}
	return msg, nil
}

// Exchange sends query, which has one question, to server, and returns the
// reply to it. It asks over TCP when the reply over UDP is cut short, and
// without EDNS when the server does not know EDNS (RFC 6891 §7).
func (c *Client) Exchange(ctx context.Context, server netip.AddrPort, query *dns.Msg) (*Reply, error) {
	reply, err := c.exchange(ctx, server, query)
	if err != nil || query.IsEdns0() == nil || !unknownEDNS(reply.Msg) {
		return reply, err
	}
	plain := query.Copy()
	plain.Id = dns.Id()
	plain.Extra = nil
	return c.exchange(ctx, server, plain)
}

func (c *Client) exchange(ctx context.Context, server netip.AddrPort, query *dns.Msg) (*Reply, error) {
	if c.TCP {
		return c.askTCP(ctx, server, query)
	}
	reply, err := c.askUDP(ctx, server, query)
	if err != nil || !reply.Msg.Truncated || c.KeepTC {
		return reply, err
	}
	whole, err := c.askTCP(ctx, server, query)
	if err != nil {
		return nil, fmt.Errorf("the reply over UDP was cut short, and over TCP: %w", err)
	}
	whole.Tries, whole.CutShort = reply.Tries, true
	return whole, nil
}

// unknownEDNS reports whether a reply is what a server says that does not know
// EDNS, or not the version that it was asked with.
func unknownEDNS(reply *dns.Msg) bool {
	switch reply.Rcode {
	case dns.RcodeFormatError, dns.RcodeNotImplemented:
		return reply.IsEdns0() == nil
	case dns.RcodeBadVers:
		return true
	}
	return false
}

func (c *Client) network() netx.Network { return cmp.Or[netx.Network](c.Network, netx.OS{}) }

func (c *Client) clock() clock.Clock { return clock.Or(c.Clock) }

func (c *Client) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return 2 * time.Second
}

func (c *Client) tcpTimeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return 5 * time.Second
}

func (c *Client) tries() int {
	if c.Tries > 0 {
		return c.Tries
	}
	return 3
}

func (c *Client) udpSize() uint16 {
	if c.UDPSize > 0 {
		return max(c.UDPSize, dns.MinMsgSize)
	}
	return 1232
}
