// A DHCP client: asks for an address, and prints what it is given.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log"
	"net"
	"syscall"
	"time"
)

// Message types and options: RFC 2132.
const (
	discover = 1
	offer    = 2
	request  = 3
	ack      = 5
	nak      = 6

	optMask      = 1
	optRouter    = 3
	optDNS       = 6
	optRequested = 50
	optLease     = 51
	optType      = 53
	optServer    = 54
	optWanted    = 55
	optEnd       = 255
)

const (
	timer  = 4 * time.Second
	tries  = 4
	header = 240 // with the cookie
)

var cookie = []byte{99, 130, 83, 99}

// client asks on one card.
type client struct {
	link net.PacketConn
	mac  net.HardwareAddr
	xid  [4]byte
}

// reply is what a server has said.
type reply struct {
	address net.IP
	options map[byte][]byte
}

func (r *reply) kind() byte {
	if len(r.options[optType]) != 1 {
		return 0
	}
	return r.options[optType][0]
}

func main() {
	log.SetFlags(0)
	card, err := firstCard()
	if err != nil {
		log.Fatal(err)
	}
	link, err := open(card.Name)
	if err != nil {
		log.Fatal(err)
	}
	defer link.Close()
	c := client{link: link, mac: card.HardwareAddr}
	agreed := c.lease()
	for agreed == nil {
		fmt.Println("no lease, beginning again")
		agreed = c.lease()
	}
	agreed.print()
}

func firstCard() (*net.Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, card := range all {
		if card.Flags&net.FlagLoopback == 0 && len(card.HardwareAddr) == 6 {
			return &card, nil
		}
	}
	return nil, fmt.Errorf("there is no network card")
}

// open binds port 68 on a card: without an address there is no route, so the
// kernel must be told by which one to send.
func open(card string) (net.PacketConn, error) {
	listen := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		_ = c.Control(func(fd uintptr) {
			err = syscall.SetsockoptString(int(fd), syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, card)
		})
		return err
	}}
	return listen.ListenPacket(context.Background(), "udp4", ":68")
}

// lease is what a server has agreed to, or nil.
func (c *client) lease() *reply {
	_, _ = rand.Read(c.xid[:])
	wanted := []byte{optWanted, 4, optMask, optRouter, optDNS, optLease}
	o := c.ask(append([]byte{optType, 1, discover}, wanted...), offer)
	if o == nil || len(o.options[optServer]) != 4 {
		return nil
	}
	options := []byte{optType, 1, request}
	options = append(append(options, optRequested, 4), o.address...)
	options = append(append(options, optServer, 4), o.options[optServer]...)
	if a := c.ask(append(options, wanted...), ack, nak); a != nil && a.kind() == ack {
		return a
	}
	return nil
}

// ask sends until there is an answer of one of these types; nil if there never is.
func (c *client) ask(options []byte, answers ...byte) *reply {
	message := c.pack(options)
	buffer := make([]byte, 2048)
	for range tries {
		if _, err := c.link.WriteTo(message, &net.UDPAddr{IP: net.IPv4bcast, Port: 67}); err != nil {
			log.Fatal(err)
		}
		_ = c.link.SetReadDeadline(time.Now().Add(timer))
		for {
			n, _, err := c.link.ReadFrom(buffer)
			if err != nil {
				break
			}
			if r := c.understand(buffer[:n]); r != nil && bytes.IndexByte(answers, r.kind()) >= 0 {
				return r
			}
		}
	}
	return nil
}

// pack makes a message: RFC 2131 §2.
func (c *client) pack(options []byte) []byte {
	m := make([]byte, header, 300)
	m[0], m[1], m[2] = 1, 1, 6
	copy(m[4:], c.xid[:])
	m[10] = 0x80 // have answers broadcast: there is no address for them yet
	copy(m[28:], c.mac)
	copy(m[236:], cookie)
	m = append(append(m, options...), optEnd)
	return append(m, make([]byte, max(0, 300-len(m)))...)
}

// understand reads a reply to us; nil if it is none.
func (c *client) understand(m []byte) *reply {
	if len(m) < header || m[0] != 2 || !bytes.Equal(m[4:8], c.xid[:]) || !bytes.Equal(m[236:240], cookie) {
		return nil
	}
	r := &reply{address: bytes.Clone(m[16:20]), options: make(map[byte][]byte)}
	for rest := m[header:]; len(rest) > 0 && rest[0] != optEnd; {
		if rest[0] == 0 { // padding has no length
			rest = rest[1:]
			continue
		}
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			return nil
		}
		r.options[rest[0]] = bytes.Clone(rest[2 : 2+int(rest[1])])
		rest = rest[2+int(rest[1]):]
	}
	return r
}

func (r *reply) print() {
	fmt.Println("address", r.address)
	for _, o := range []struct {
		name string
		code byte
	}{{"mask", optMask}, {"router", optRouter}, {"DNS", optDNS}} {
		if data := r.options[o.code]; len(data) >= 4 {
			fmt.Println(o.name, net.IP(data[:4]))
		}
	}
	if data := r.options[optLease]; len(data) == 4 {
		fmt.Println("for", binary.BigEndian.Uint32(data), "seconds")
	}
}
