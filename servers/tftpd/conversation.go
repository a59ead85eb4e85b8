package tftpd

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/protocol/tftp"
)

// conversation is one transfer, from its request on.
type conversation struct {
	tftp.Transfer
	desk     *desk
	packet   string // the request as it came
	request  tftp.Request
	socket   tftp.Socket
	cancel   context.CancelCauseFunc
	repeated time.Time // when the request came again, and nothing else since
	left     bool      // its place has been given back

	began    time.Time    // these two only for Transfers
	progress atomic.Int64 // bytes of the file
}

// newConversation reads a request. What is none is answered from port 69, and
// there is no conversation; an ERROR is not answered.
func (d *desk) newConversation(packet []byte, from netip.AddrPort) *conversation {
	c := &conversation{desk: d, packet: string(packet)}
	c.Peer, c.Now = tftp.Unmapped(from), d.Clock.Now
	c.Wait, c.Retries = d.Timeout, d.Retries
	d.Transfers.tell(c)
	var err error
	if c.request, err = tftp.ParseRequest(packet); err == nil {
		return c
	}
	d.Log.Debug("tftpd: no request", "client", c.Peer, "opcode", c.request.Op)
	if c.request.Op != tftp.ERROR {
		e := &tftp.Error{Code: tftp.IllegalOperation, Message: "not a request"}
		d.requests.WriteToUDPAddrPort(e.Append(nil), from)
	}
	return nil
}

// hold has the conversation: from a new port, which is the server's TID, so that
// port 69 is free for the next request (RFC 1350 §4).
func (c *conversation) hold(ctx context.Context) {
	conn, err := c.desk.newPort(ctx, c.Peer)
	if err != nil {
		c.desk.Log.Error("tftpd: no port for a transfer", "client", c.Peer, "error", err)
		return
	}
	defer conn.Close()
	c.socket = tftp.NewSocket(conn)
	defer c.Begin(ctx, c.socket)()
	start := c.Now()
	if c.request.Op == tftp.RRQ {
		err = c.read()
	} else {
		err = c.write()
	}
	c.report(err, start)
	if err == nil && c.request.Op == tftp.WRQ {
		c.linger()
	}
}

// newPort opens a socket at a port that the system chooses.
func (d *desk) newPort(ctx context.Context, client netip.AddrPort) (net.PacketConn, error) {
	network, host := "udp4", ""
	if client.Addr().Is6() {
		network = "udp6"
	}
	if d.local.IsValid() {
		host = d.local.String()
	}
	return d.nw.ListenPacket(ctx, network, net.JoinHostPort(host, "0"))
}

// read answers an RRQ: the server is the sender.
func (c *conversation) read() error {
	if err := c.checkMode(); err != nil {
		return c.refuse(err)
	}
	file, size, err := c.desk.files.open(c.request.Name)
	if err != nil {
		return c.refuse(err)
	}
	defer file.Close()
	c.accept()
	c.Size = size
	if size == 0 {
		c.HasSize = false // curl takes a size of 0 for a mistake, and gives up
	}
	const ahead = 32 << 10 // read at once: a block is small
	var content io.Reader = bufio.NewReaderSize(file, ahead)
	if c.request.Mode == tftp.Netascii {
		content = tftp.ToNetascii(content)
		c.HasSize = false // nobody knows before it is done
	}
	return c.Send(content, c.oack(nil))
}

// write answers a WRQ: the server is the receiver.
func (c *conversation) write() error {
	if err := c.checkMode(); err != nil {
		return c.refuse(err)
	}
	c.accept()
	if c.HasSize && c.Size > c.desk.MaxSize {
		return c.refuse(errTooLarge)
	}
	upload, err := c.desk.files.create(c.request.Name)
	if err != nil {
		return c.refuse(err)
	}
	defer upload.discard()
	var file tftp.File = &limited{upload: upload, left: c.desk.MaxSize}
	if c.request.Mode == tftp.Netascii {
		file = tftp.FromNetascii(file)
	}
	return c.Receive(file, c.oack(tftp.Ack(0)), nil)
}

func (c *conversation) checkMode() error {
	switch c.request.Mode {
	case tftp.Octet, tftp.Netascii:
		return nil
	case "mail":
		return &tftp.Error{Code: tftp.NoSuchUser, Message: "no mail here"}
	}
	return &tftp.Error{Code: tftp.IllegalOperation, Message: "no such mode"}
}

// accept settles the terms.
func (c *conversation) accept() {
	c.Terms = tftp.Accept(c.request.Options, tftp.Terms{BlockSize: c.desk.MaxBlock, Window: c.desk.MaxWindow})
}

// oack is the answer that accepts the options, or otherwise when none was
// accepted: then the transfer begins as in RFC 1350.
func (c *conversation) oack(otherwise []byte) []byte {
	if options := c.Options(); len(options) > 0 {
		return tftp.AppendOACK(nil, options)
	}
	return otherwise
}

// refuse sends the error that err is, and ends the conversation before it has
// begun. Should the ERROR be lost, the client will ask again: that is then no
// duplicate, so this conversation leaves first.
func (c *conversation) refuse(err error) error {
	c.leave()
	c.socket.WriteToUDPAddrPort(tftp.ErrorFor(err).Append(nil), c.Peer)
	return err
}

// linger stays to acknowledge the last block again, while another request may
// have the place. When many linger, this one does not.
func (c *conversation) linger() {
	select {
	case c.desk.parting <- struct{}{}:
	default:
		return
	}
	defer func() { <-c.desk.parting }()
	c.leave()
	const limit = time.Minute
	c.Linger(limit)
}

func (c *conversation) report(err error, start time.Time) {
	log := c.desk.Log.With("client", c.Peer, "request", c.request.Op, "file", c.request.Name)
	var refused *tftp.Error
	switch {
	case err == nil:
		log.Debug("tftpd: done", "bytes", c.Bytes, "resent", c.Resent, "took", c.Now().Sub(start))
	case errors.As(err, &refused), errors.Is(err, context.Canceled), errors.Is(err, tftp.ErrSuperseded):
		log.Debug("tftpd: ended", "error", err)
	default:
		log.Info("tftpd: failed", "error", err)
	}
}
