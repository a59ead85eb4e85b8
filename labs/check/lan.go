package check

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/wire/packet"
)

// The addresses on a case's LAN. The tester's host is all others: its gateway,
// its name server, and whoever else the program wants to speak with.
var (
	network       = netip.MustParsePrefix("10.53.0.0/16")
	studentAddr   = netip.MustParseAddr("10.53.0.2")
	testerAddr    = netip.MustParseAddr("10.53.0.1")
	resolverAddr  = netip.MustParseAddr("10.53.0.53")
	firstNameAddr = netip.MustParseAddr("10.53.1.1")
)

const (
	card        = "eth0"
	studentName = "student"
)

// lan is the Internet of one case: the program's host, and the tester's.
type lan struct {
	net     *internet.Internet
	sw      *internet.Switch
	host    *internet.Host
	port    *internet.Port // of the program's host
	tap     atomic.Pointer[guest.Tap]
	names   *names
	record  *record
	script  *script
	taker   atomic.Pointer[Packets]
	home    atomic.Pointer[netip.Addr] // an address that is not the program's, and that it listens at
	moved   atomic.Int64               // when a frame went to or from the program, in Unix nanoseconds
	strange stranger
	stop    context.CancelFunc
	pumps   sync.WaitGroup
}

func newLAN(seed uint64) (*lan, error) {
	l := &lan{net: internet.New(internet.Config{Seed: seed, Log: slog.New(slog.DiscardHandler)})}
	l.record, l.names, l.script = newRecord(), newNames(), new(script)
	err := l.build()
	if err != nil {
		l.close()
		return nil, fmt.Errorf("the case's network: %w", err)
	}
	return l, nil
}

func (l *lan) build() (err error) {
	if l.sw, err = l.net.AddSwitch("lan"); err != nil {
		return err
	}
	if l.host, err = l.net.AddHost("tester"); err != nil {
		return err
	}
	addrs := []netip.Prefix{netip.PrefixFrom(testerAddr, network.Bits())}
	for _, a := range []netip.Addr{resolverAddr, peerAtLoopback, selfByName} {
		addrs = append(addrs, netip.PrefixFrom(a, 32))
	}
	if _, err = l.host.Connect(l.sw, internet.CardConfig{Name: card, Addrs: addrs}); err != nil {
		return err
	}
	l.host.SetLookup(l.names.lookup)
	l.strange = stranger{host: l.host}
	l.strange.known = map[netip.Addr]bool{testerAddr: true, resolverAddr: true, peerAtLoopback: true, selfByName: true}
	l.port, err = l.sw.Attach(studentName, frame.Node{Name: studentName, Kind: frame.Host}, l.deliver)
	if err != nil {
		return err
	}
	l.net.Tap(recorder{l})
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	socket, err := l.host.ListenPacket(ctx, "udp", netip.AddrPortFrom(resolverAddr, 53).String())
	if err != nil {
		return err
	}
	l.pumps.Go(func() { l.names.serve(socket, &l.strange) })
	context.AfterFunc(ctx, func() { socket.Close() })
	return nil
}

// close ends the Internet of the case; nothing is left when it returns.
func (l *lan) close() {
	if l.stop != nil {
		l.stop()
	}
	l.strange.close()
	l.pumps.Wait()
	l.net.Close()
}

// deliver gives a frame to the program's card.
func (l *lan) deliver(data []byte) {
	tap := l.tap.Load()
	if tap == nil || l.script.losesTo(data) {
		return
	}
	l.moved.Store(time.Now().UnixNano())
	_ = tap.WriteFrame(inward(data, l.homeAddr()))
}

// send puts a frame of the program's card on its cable. Whom it is for, and
// whatever port of theirs, is there when it arrives.
func (l *lan) send(data []byte) {
	l.moved.Store(time.Now().UnixNano())
	outward(data, l.homeAddr())
	var p packet.Packet
	p.Decode(data)
	l.strange.meet(&p)
	if d := l.taker.Load(); d != nil && d.take(data) {
		l.record.sent(l.port.Link().Info(), data, 0)
		return
	}
	if l.script.losesFrom(data) {
		l.record.sent(l.port.Link().Info(), data, frame.Lost)
		return
	}
	l.port.Send(data)
}

// recorder is the tap of a LAN. It sees what comes for the program before the
// program does, and so must count losses for itself.
type recorder struct{ lan *lan }

// See records the frames on the program's own cable, which are all that matter.
func (r recorder) See(f frame.Frame) {
	if f.Link.Name != studentName {
		return
	}
	if f.FromB && r.lan.script.seesLossTo(f.Data) {
		f.Fate |= frame.Lost
	}
	f.ID, f.Hop = 0, 0
	r.lan.record.add(f)
}

func (l *lan) network() netx.Network { return l.host }
func (l *lan) tester() netip.Addr    { return testerAddr }
func (l *lan) lastMoved() time.Time  { return time.Unix(0, l.moved.Load()) }

func (l *lan) serveTCP(accept func(net.Conn)) { l.strange.serve(accept, nil) }

func (l *lan) serveUDP(take func(net.PacketConn, netip.AddrPort)) { l.strange.serve(nil, take) }

// addressOf is where the tester reaches a socket of the program.
func (l *lan) addressOf(local netip.AddrPort) netip.AddrPort {
	own := local.Addr().Unmap()
	addr := studentAddr
	switch {
	case own.IsLoopback():
		addr = selfAtLoopback
	case own.Is4() && !own.IsUnspecified() && !network.Contains(own):
		l.home.Store(&own)
		addr = selfAtHome
	}
	return netip.AddrPortFrom(addr, local.Port())
}

// homeAddr is the program's home, or invalid.
func (l *lan) homeAddr() netip.Addr {
	if home := l.home.Load(); home != nil {
		return *home
	}
	return netip.Addr{}
}

// nameOf names an address in the ladder.
func (l *lan) nameOf(a netip.Addr) string {
	switch a {
	case studentAddr, selfAtLoopback, selfAtHome:
		return studentName
	case testerAddr:
		return "tester"
	case resolverAddr:
		return "resolver"
	case peerAtLoopback, selfByName:
		return "localhost"
	}
	return l.names.nameOf(a)
}
