package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"golang.org/x/net/ipv4"
)

// dhcpLoad is a relay agent with many clients behind it.
type dhcpLoad struct {
	conn     *net.UDPConn
	batch    *ipv4.PacketConn // conn, for many messages at once
	out      []ipv4.Message   // to be sent
	discover []byte           // the messages; number and hardware address are put in
	request  []byte
	wish     int // where in request the address is
	clients  [dhcpWindow]dhcpAsking
	next     uint32
	done     int
}

// dhcpWindow is how many exchanges are under way at once, and dhcpPatience after
// which time a client gives up and another takes its place.
const (
	dhcpWindow   = 256
	dhcpPatience = 300 * time.Millisecond
)

// dhcpAsking is an exchange under way.
type dhcpAsking struct {
	xid   uint32
	since time.Time
}

// askForLeases is the child that is the load: it prints the rate.
func askForLeases(_ context.Context, args []string) error {
	seconds, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	l := &dhcpLoad{next: uint32(time.Now().UnixNano())}
	relay, server := netip.MustParseAddrPort("10.0.0.2:67"), netip.MustParseAddrPort("10.0.0.1:67")
	l.conn, err = net.DialUDP("udp4", net.UDPAddrFromAddrPort(relay), net.UDPAddrFromAddrPort(server))
	if err != nil {
		return err
	}
	defer l.conn.Close()
	l.batch = ipv4.NewPacketConn(l.conn)
	if err := l.write(); err != nil {
		return err
	}
	start := time.Now()
	l.run(start.Add(time.Duration(seconds) * time.Second))
	fmt.Println(float64(l.done) / time.Since(start).Seconds())
	return nil
}

// write makes the two messages.
func (l *dhcpLoad) write() error {
	parameters := dhcpv4.WithGeneric(dhcpv4.OptionParameterRequestList, []byte{1, 3, 6, 15})
	common := []dhcpv4.Modifier{dhcpv4.WithGatewayIP(net.IP{10, 0, 0, 2}), dhcpv4.WithHwAddr(net.HardwareAddr{2, 0, 0, 0, 0, 0}), parameters}
	discover, err := dhcpv4.New(append(common, dhcpv4.WithMessageType(dhcpv4.MessageTypeDiscover))...)
	if err != nil {
		return err
	}
	request, err := dhcpv4.New(append(common, dhcpv4.WithMessageType(dhcpv4.MessageTypeRequest),
		dhcpv4.WithGeneric(dhcpv4.OptionRequestedIPAddress, []byte{0, 0, 0, 0}),
		dhcpv4.WithGeneric(dhcpv4.OptionServerIdentifier, []byte{10, 0, 0, 1}))...)
	if err != nil {
		return err
	}
	discover.HopCount, request.HopCount = 1, 1
	l.discover, l.request = discover.ToBytes(), request.ToBytes()
	const options = 240
	l.wish = options + 2 // option 50 is the first, as they are sorted
	if l.request[options] != 50 {
		return errors.New("the REQUEST does not begin with the address")
	}
	return nil
}

// run asks until then.
func (l *dhcpLoad) run(until time.Time) {
	in := make([]ipv4.Message, 64)
	for i := range in {
		in[i].Buffers = [][]byte{make([]byte, 2048)}
	}
	for now := time.Now(); now.Before(until); now = time.Now() {
		for i := range l.clients {
			if now.Sub(l.clients[i].since) > dhcpPatience {
				l.begin(i, now)
			}
		}
		l.flush()
		l.conn.SetReadDeadline(now.Add(50 * time.Millisecond))
		for range 50 {
			n, err := l.batch.ReadBatch(in, 0)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				continue // there is no server yet
			}
			for _, m := range in[:n] {
				l.hear(m.Buffers[0][:m.N])
			}
			l.flush()
		}
	}
}

// flush sends what there is to send, in one system call if that goes.
func (l *dhcpLoad) flush() {
	for todo := l.out; len(todo) > 0; {
		n, err := l.batch.WriteBatch(todo, 0)
		if err != nil {
			break // whose message is lost will give up, and another come
		}
		todo = todo[n:]
	}
	l.out = l.out[:0]
}

// begin has a new client take the place of number i.
func (l *dhcpLoad) begin(i int, now time.Time) {
	l.next++
	c := &l.clients[i]
	c.xid, c.since = l.next*dhcpWindow+uint32(i), now
	l.send(l.discover, c.xid)
}

// send puts a message with that number, and a hardware address made of it, among
// what is to be sent.
func (l *dhcpLoad) send(message []byte, xid uint32) {
	message = bytes.Clone(message)
	binary.BigEndian.PutUint32(message[4:], xid)
	binary.BigEndian.PutUint32(message[30:], xid) // the end of the hardware address
	l.out = append(l.out, ipv4.Message{Buffers: [][]byte{message}})
}

// hear goes on with the exchange that a reply belongs to.
func (l *dhcpLoad) hear(b []byte) {
	if len(b) < 244 {
		return
	}
	xid := binary.BigEndian.Uint32(b[4:])
	c := &l.clients[xid%dhcpWindow]
	if c.xid != xid {
		return // it has given up
	}
	switch dhcpType(b[240:]) {
	case dhcpv4.MessageTypeOffer:
		copy(l.request[l.wish:], b[16:20])
		l.send(l.request, xid)
	case dhcpv4.MessageTypeAck:
		l.done++
		l.begin(int(xid%dhcpWindow), time.Now())
	}
}

// dhcpType finds the message type among the options.
func dhcpType(options []byte) dhcpv4.MessageType {
	for len(options) > 2 && options[0] != 255 {
		if options[0] == 53 {
			return dhcpv4.MessageType(options[2])
		}
		if options[0] == 0 {
			options = options[1:]
			continue
		}
		options = options[min(len(options), 2+int(options[1])):]
	}
	return dhcpv4.MessageTypeNone
}
