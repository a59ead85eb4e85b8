package tftpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/tftp"
)

// Client gets and puts files. Its zero value does so on the operating system's
// network, without options. It may be used by several goroutines at once.
type Client struct {
	Network netx.Network // nil means netx.OS{}
	Clock   clock.Clock  // nil means clock.System

	Netascii   bool // text, with its line ends translated; otherwise octet
	BlockSize  int  // bytes in a block to ask for (blksize), 8 to 65464; 0: 512, unasked
	WindowSize int  // blocks to an acknowledgment to ask for (windowsize), up to 1024; 0: one, unasked
	Size       bool // ask for the size of a file to get, tell that of one to put (tsize)
	AskTimeout bool // ask the server for our Timeout (timeout); it must be 1 to 255 whole seconds

	// Timeout is how long to wait, the first time, before a datagram is sent
	// again; 0 means 1 second. Retries is how often it is sent again; 0 means
	// 6.
	Timeout time.Duration
	Retries int

	// Linger is how long to stay after a file was got, in case that our last
	// acknowledgment is lost and the server sends the last block again. With 0
	// such a server is left to give up by itself.
	Linger time.Duration

	// Progress, if not nil, is called when more of the file has been sent and
	// acknowledged, or received.
	Progress func(Progress)
}

// Progress is how far a transfer is.
type Progress struct {
	Bytes int64 // as they travel
	Size  int64 // of the file; -1 when it is not known
}

// Result is how a transfer went, also one that failed.
type Result struct {
	Server  netip.AddrPort // its transfer identifier, or where it was asked
	Bytes   int64          // as they travelled
	Blocks  int64
	Resent  int           // how often the time ran out, and something was sent again
	Took    time.Duration // from the request to the last acknowledgment
	Options []tftp.Option // what was agreed
}

// Get receives the file name from server, a host or host:port, and writes it to
// w. When it fails a part of the file may have been written. What the server
// refuses is a *tftp.Error, which also is fs.ErrNotExist and the like.
func (c *Client) Get(ctx context.Context, server, name string, w io.Writer) (Result, error) {
	return c.transfer(ctx, server, c.request(tftp.RRQ, name), func(t *tftp.Transfer, answer []byte) error {
		opening, first := tftp.Ack(0), []byte(nil)
		if !tftp.IsOACK(answer) {
			opening, first = nil, answer
		}
		var file tftp.File = stream{w}
		if c.Netascii {
			file = tftp.FromNetascii(file)
		}
		return t.Receive(file, opening, first)
	})
}

// Put sends what r holds to server, a host or host:port, as the file name. With
// Size set and an r that is an io.Seeker the server is told the size first.
func (c *Client) Put(ctx context.Context, server, name string, r io.Reader) (Result, error) {
	size, sized := c.sizeOf(r)
	content := r
	if c.Netascii {
		content = tftp.ToNetascii(r)
	}
	request := c.request(tftp.WRQ, name)
	request.terms.Size, request.terms.HasSize = size, sized
	return c.transfer(ctx, server, request, func(t *tftp.Transfer, _ []byte) error {
		return t.Send(content, nil)
	})
}

// stream is a receiver's file that is complete when the last block is written.
type stream struct{ io.Writer }

func (stream) Commit() error { return nil }

// sizeOf is how much r still holds, if that can be told and shall be.
func (c *Client) sizeOf(r io.Reader) (int64, bool) {
	seeker, ok := r.(io.Seeker)
	if !ok || !c.Size || c.Netascii {
		return 0, false
	}
	at, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, false
	}
	end, err := seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, false
	}
	_, err = seeker.Seek(at, io.SeekStart)
	return end - at, err == nil
}

// request is what is asked, and the terms that its options stand for.
type request struct {
	op    tftp.Opcode
	name  string
	mode  string
	terms tftp.Terms
}

func (c *Client) request(op tftp.Opcode, name string) request {
	r := request{op: op, name: name, mode: tftp.Octet}
	if c.Netascii {
		r.mode = tftp.Netascii
	}
	r.terms = tftp.Terms{BlockSize: c.BlockSize, Window: c.WindowSize, HasSize: c.Size && op == tftp.RRQ}
	if c.AskTimeout {
		r.terms.Timeout = c.timeout()
	}
	return r
}

func (r request) datagram() tftp.Request {
	return tftp.Request{Op: r.op, Name: r.name, Mode: r.mode, Options: r.terms.Options()}
}

// transfer asks, and lets run do the rest. A server that will not have the
// options is asked again without (RFC 2347).
func (c *Client) transfer(ctx context.Context, server string, r request, run func(*tftp.Transfer, []byte) error) (Result, error) {
	if r.name == "" || strings.Contains(r.name, "\x00") {
		return Result{}, fmt.Errorf("tftpc: %q is no name of a file", r.name)
	}
	at, err := c.resolve(ctx, server)
	if err != nil {
		return Result{}, fmt.Errorf("tftpc: %s: %w", server, err)
	}
	if err := c.Check(); err != nil {
		return Result{Server: at}, err
	}
	result, err := c.attempt(ctx, at, r, run)
	var refused *tftp.Error
	if errors.As(err, &refused) && refused.Code == tftp.OptionsRefused && result.Bytes == 0 && r.terms != (tftp.Terms{}) {
		r.terms = tftp.Terms{}
		result, err = c.attempt(ctx, at, r, run)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err != nil {
		err = fmt.Errorf("tftpc: %s at %s: %w", r.name, server, err)
	}
	return result, err
}

// Check says which of the client's options no server would understand. Get and
// Put fail with what it says.
func (c *Client) Check() error {
	switch {
	case c.BlockSize != 0 && (c.BlockSize < tftp.MinBlock || c.BlockSize > tftp.MaxBlock):
		return fmt.Errorf("tftpc: blksize %d: a block has %d to %d bytes", c.BlockSize, tftp.MinBlock, tftp.MaxBlock)
	case c.WindowSize < 0 || c.WindowSize > tftp.MaxWindow:
		return fmt.Errorf("tftpc: windowsize %d: a window has 1 to %d blocks", c.WindowSize, tftp.MaxWindow)
	case c.AskTimeout && (c.timeout() < time.Second || c.timeout() > 255*time.Second || c.timeout()%time.Second != 0):
		return fmt.Errorf("tftpc: timeout %v: the option has 1 to 255 whole seconds", c.timeout())
	}
	return nil
}

// attempt has one transfer.
func (c *Client) attempt(ctx context.Context, at netip.AddrPort, r request, run func(*tftp.Transfer, []byte) error) (Result, error) {
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6"
	}
	conn, err := c.network().ListenPacket(ctx, network, ":0")
	if err != nil {
		return Result{Server: at}, err
	}
	defer conn.Close()
	now := clock.Or(c.Clock).Now
	t := &tftp.Transfer{Peer: at, Now: now, Wait: c.timeout(), Retries: c.retries()}
	defer t.Begin(ctx, tftp.NewSocket(conn))()
	start := now()
	err = c.converse(t, r, run)
	result := Result{
		Server: t.Peer, Bytes: t.Bytes, Blocks: t.Blocks(), Resent: t.Resent, Took: now().Sub(start), Options: t.Options(),
	}
	if err == nil && r.op == tftp.RRQ && c.Linger > 0 {
		t.Linger(c.Linger)
	}
	return result, err
}

func (c *Client) converse(t *tftp.Transfer, r request, run func(*tftp.Transfer, []byte) error) error {
	answer, err := t.Open(r.datagram())
	if err != nil {
		return err
	}
	if err := t.Agree(r.terms, answer); err != nil {
		return err
	}
	if c.Progress != nil {
		size := int64(-1)
		if t.HasSize {
			size = t.Size
		}
		t.Progress = func(bytes int64) { c.Progress(Progress{bytes, size}) }
	}
	return run(t, answer)
}

const tftpPort = "69"

// resolve finds the address of server.
func (c *Client) resolve(ctx context.Context, server string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		host, port = strings.Trim(server, "[]"), tftpPort
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return netip.ParseAddrPort(net.JoinHostPort(addr.Unmap().String(), port))
	}
	resolver, ok := c.network().(netx.Resolver)
	if !ok {
		return netip.AddrPort{}, errors.New("this network cannot look up names: give an address")
	}
	addrs, err := resolver.LookupHost(ctx, host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if len(addrs) == 0 {
		return netip.AddrPort{}, errors.New("the host has no address")
	}
	return netip.ParseAddrPort(net.JoinHostPort(addrs[0], port))
}

func (c *Client) network() netx.Network { return cmp.Or[netx.Network](c.Network, netx.OS{}) }

func (c *Client) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return time.Second
}

func (c *Client) retries() int {
	if c.Retries > 0 {
		return c.Retries
	}
	return 6
}
