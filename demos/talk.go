package demos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/netx"
)

// The sockets of a demo: a conversation without a protocol of its own, as the book's
// section on socket programming has it.

// sockets are those that a demo has opened, by host.
type sockets struct {
	mu    sync.Mutex
	conns map[string][]net.Conn
}

func (s *sockets) keep(host string, c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		s.conns = make(map[string][]net.Conn)
	}
	s.conns[host] = append(s.conns[host], c)
}

// take are a host's sockets, which it no longer has.
func (s *sockets) take(host string) []net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.conns[host]
	delete(s.conns, host)
	return all
}

func (s *sockets) of(host string) []net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[host]
}

// serve is a server: over UDP it sends back what it gets, in capital letters; over
// TCP it accepts, and hears.
type serve struct{ host, transport, port string }

func parseServe(words []string) (action, error) {
	if len(words) != 3 || words[1] != "tcp" && words[1] != "udp" || !isPort(words[2]) {
		return nil, errors.New("write a host, tcp or udp, and a port, as in www udp 12000")
	}
	return serve{words[0], words[1], words[2]}, nil
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

func (a serve) check(c *checker) { c.host(a.host) }

func (a serve) tell() *Event {
	return &Event{Sentence: sentence("do.serve."+a.transport, "Host", a.host, "Port", a.port)}
}

func (a serve) do(ctx context.Context, p *play) error {
	host := p.o.World.Node(a.host)
	if a.transport == "udp" {
		socket, err := host.ListenPacket(ctx, "udp", ":"+a.port)
		if err == nil {
			p.serving(ctx, socket, func() { capitals(socket) })
		}
		return err
	}
	listener, err := host.Listen(ctx, "tcp", ":"+a.port)
	if err == nil {
		p.serving(ctx, listener, func() { p.accept(ctx, a.host, listener) })
	}
	return err
}

// serving runs a server until the demo ends.
func (p *play) serving(ctx context.Context, socket io.Closer, run func()) {
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	p.servers.Go(func() {
		defer stop()
		defer socket.Close()
		netx.Guard(ctx, nil, "demo", run)
	})
}

func capitals(socket net.PacketConn) {
	buffer := make([]byte, 2048)
	for {
		n, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		_, _ = socket.WriteTo([]byte(strings.ToUpper(string(buffer[:n]))), from) // or the client asks again
	}
}

func (p *play) accept(ctx context.Context, host string, listener net.Listener) {
	for {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		p.talks(ctx, host, c)
	}
}

// talks keeps a connection, and reads what comes.
func (p *play) talks(ctx context.Context, host string, c net.Conn) {
	p.sockets.keep(host, c)
	p.serving(ctx, c, func() {
		_, _ = io.Copy(io.Discard, c)
		<-ctx.Done() // it is closed by `close`, and not because the other side has
	})
}

// open begins to open a connection. It does not wait for it: its segments may be
// held.
type open struct{ host, to, port string }

func parseOpen(words []string) (action, error) {
	if len(words) != 3 || !isPort(words[2]) {
		return nil, errors.New("write from which host, to which, and the port, as in alice www 12000")
	}
	return open{words[0], words[1], words[2]}, nil
}

func (a open) check(c *checker) {
	c.host(a.host)
	c.host(a.to)
}

func (a open) tell() *Event {
	return &Event{Sentence: sentence("do.open", "Host", a.host, "To", a.to, "Port", a.port)}
}

func (a open) do(ctx context.Context, p *play) error {
	to, err := p.address(a.to)
	if err != nil {
		return err
	}
	p.servers.Go(func() {
		c, err := p.o.World.Node(a.host).DialContext(ctx, "tcp", net.JoinHostPort(to.String(), a.port))
		if err == nil {
			p.talks(ctx, a.host, c)
		}
	})
	return nil
}

// address is a host's, of IPv4 if it has one.
func (p *play) address(host string) (netip.Addr, error) {
	var found netip.Addr
	for _, addr := range p.o.World.Node(host).Addresses() {
		if !found.IsValid() || addr.Is4() && !found.Is4() {
			found = addr
		}
	}
	if !found.IsValid() {
		return found, fmt.Errorf("%s has no address", host)
	}
	return found, nil
}

// send says something over a host's connections.
type send struct{ host, text string }

func parseSend(words []string) (action, error) {
	if len(words) < 2 {
		return nil, errors.New("write a host, and what it says")
	}
	return send{words[0], strings.Join(words[1:], " ")}, nil
}

func (a send) check(c *checker) { c.host(a.host) }

func (a send) tell() *Event {
	return &Event{Sentence: sentence("do.send", "Host", a.host, "Text", a.text)}
}

func (a send) do(ctx context.Context, p *play) error {
	all, err := p.connections(ctx, a.host)
	for _, c := range all {
		_, wrong := io.WriteString(c, a.text+"\r\n")
		err = errors.Join(err, wrong)
	}
	return err
}

// connections waits until a host has one.
func (p *play) connections(ctx context.Context, host string) ([]net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limit())
	defer cancel()
	for len(p.sockets.of(host)) == 0 {
		select {
		case <-time.After(pumping):
		case <-ctx.Done():
			return nil, fmt.Errorf("%s has no connection: %w", host, ctx.Err())
		}
	}
	return p.sockets.of(host), nil
}

// closing closes a host's connections.
type closing struct{ host string }

func parseClose(words []string) (action, error) {
	if len(words) != 1 {
		return nil, errors.New("write a host")
	}
	return closing{words[0]}, nil
}

func (a closing) check(c *checker) { c.host(a.host) }

func (a closing) tell() *Event { return &Event{Sentence: sentence("do.close", "Host", a.host)} }

func (a closing) do(ctx context.Context, p *play) error {
	if _, err := p.connections(ctx, a.host); err != nil {
		return err
	}
	for _, c := range p.sockets.take(a.host) {
		if err := c.Close(); err != nil {
			return err
		}
	}
	return nil
}
