package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"

	"github.com/wirebook/wirebook/netx"
)

// Sockets is the handler that opens the sockets of [Network] on the hosts of
// this process. hosts finds a host's network by its name.
func Sockets(hosts func(name string) (netx.Network, error)) http.Handler {
	return &sockets{hosts: hosts, accepted: make(map[string]accepted)}
}

type sockets struct {
	hosts func(name string) (netx.Network, error)

	mu       sync.Mutex
	last     uint64
	accepted map[string]accepted // announced by a listener, and not yet fetched
}

type accepted struct {
	net.Conn
	by   net.Listener
	slot <-chan struct{} // gives up its place among those that wait
}

// backlog is how many accepted connections of a listener may wait to be
// fetched; further ones stay in the host's own queue.
const backlog = 128

const maxRequest = 64 << 10

func (s *sockets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request socketRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&request); err != nil {
		Fail(w, http.StatusBadRequest, err)
		return
	}
	host, err := s.hosts(request.Host)
	if err != nil {
		Fail(w, http.StatusNotFound, err)
		return
	}
	serve, err := s.open(r.Context(), host, request)
	if err != nil {
		Fail(w, http.StatusBadGateway, err)
		return
	}
	serve(w, r)
}

// open does what a request asks for, as far as it can fail, and returns what
// is left to do.
func (s *sockets) open(ctx context.Context, host netx.Network, q socketRequest) (http.HandlerFunc, error) {
	switch q.Op {
	case opDial:
		conn, err := host.DialContext(ctx, q.Network, q.Address)
		return serveConn(conn, q.Network, err)
	case opDialFrom:
		dialer, ok := host.(netx.SourceDialer)
		if !ok {
			return nil, unable(q)
		}
		conn, err := dialer.DialFrom(ctx, q.Network, q.Source, q.Address)
		return serveConn(conn, q.Network, err)
	case opListen:
		ln, err := host.Listen(ctx, q.Network, q.Address)
		return func(w http.ResponseWriter, r *http.Request) { s.serveListener(w, r, ln) }, err
	case opAccept:
		conn, ok := s.fetch(q.ID)
		if !ok {
			return nil, net.ErrClosed
		}
		return serveConn(conn, "tcp", nil)
	case opListenPacket:
		conn, err := host.ListenPacket(ctx, q.Network, q.Address)
		return func(w http.ResponseWriter, r *http.Request) { servePackets(w, r, conn, nil) }, err
	case opListenPacketOn:
		binder, ok := host.(netx.CardBinder)
		if !ok {
			return nil, unable(q)
		}
		conn, err := binder.ListenPacketOn(ctx, q.Card, q.Network, q.Address)
		return func(w http.ResponseWriter, r *http.Request) { servePackets(w, r, conn, nil) }, err
	case opLookup:
		resolver, ok := host.(netx.Resolver)
		if !ok {
			return nil, unable(q)
		}
		addrs, err := resolver.LookupHost(ctx, q.Address)
		return func(w http.ResponseWriter, _ *http.Request) { Reply(w, socketReply{Addrs: addrs}) }, err
	}
	return nil, unable(q)
}

func unable(q socketRequest) error {
	return fmt.Errorf("control: %s: %w", q.Op, errors.ErrUnsupported)
}

// serveListener announces the connections that ln accepts until the other
// process closes the listener.
func (s *sockets) serveListener(w http.ResponseWriter, r *http.Request, ln net.Listener) {
	defer ln.Close()
	f, release, err := upgrade(w, r, socketReply{Local: text(ln.Addr())})
	if err != nil {
		return
	}
	defer release()
	ctx, cancel := context.WithCancel(r.Context())
	var wait sync.WaitGroup
	defer wait.Wait()
	defer ln.Close()
	defer cancel()
	wait.Go(func() {
		defer s.forget(ln)
		s.announce(ctx, f, ln)
	})
	_, _, _ = f.header() // there is nothing to come but the end
}

func (s *sockets) announce(ctx context.Context, f *frames, ln net.Listener) {
	slots := make(chan struct{}, backlog)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		conn, err := ln.Accept()
		if err != nil {
			_ = f.sendJSON(failed, pack(err))
			return
		}
		if _, err := f.send(data, []byte(s.keep(accepted{conn, ln, slots}))); err != nil {
			return
		}
	}
}

func (s *sockets) keep(a accepted) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	id = strconv.FormatUint(s.last, 10)
	s.accepted[id] = a
	return id
}

func (s *sockets) fetch(id string) (net.Conn, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accepted[id]
	if !ok {
		return nil, false
	}
	delete(s.accepted, id)
	<-a.slot
	return a.Conn, true
}

// forget closes what ln accepted and nobody fetched.
func (s *sockets) forget(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, a := range s.accepted {
		if a.by == ln {
			a.Close()
			delete(s.accepted, id)
		}
	}
}
