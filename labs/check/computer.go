package check

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/netx"
)

// ground is where a case takes place: a miniature Internet, or the loopback of
// this machine where the system cannot put a program on one.
type ground interface {
	network() netx.Network // the tester's
	tester() netip.Addr

	// start runs the program.
	start(ctx context.Context, l launch) (process, error)

	// addressOf is where the tester reaches a socket of the program.
	addressOf(local netip.AddrPort) netip.AddrPort

	// serveTCP and serveUDP are those whom the program wants to speak with.
	serveTCP(accept func(net.Conn))
	serveUDP(take func(net.PacketConn, netip.AddrPort))

	lastMoved() time.Time // when something last went to or from the program
	nameOf(netip.Addr) string
	close()
}

// cardNames are those that cards have on students' machines, and so in their
// programs: of virtual ones, of laptops, of the school's.
var cardNames = []string{
	"enp0s3", "enp0s8", "enp1s0", "enp2s0", "enp3s0", "enp0s5", "enp0s25", "enp0s31f6", "ens3", "ens5", "ens18", "ens32", "ens33", "ens34", "ens160", "ens192", "eno1", "eno2", "eth1",
	"wlan0", "wlan1", "wlo1", "wlp1s0", "wlp2s0", "wlp3s0", "wlp4s0", "wlp0s20f3", "en0", "en1",
}

// launch is what to start.
type launch struct {
	args   []string
	dir    string // its own folder: see [workspace]
	env    []string
	stdin  *os.File
	output *output
	kind   Kind
	most   int  // processes; 0: the usual
	bare   bool // the card has no address
}

// process is a program that runs, with all that it has started.
type process interface {
	Wait() (guest.Status, error)
	Kill()
	Sockets() ([]guest.Socket, error)
	Activity() (guest.Activity, error)
}

// The limits on a program. They are far above what an exercise needs, and far
// below what harms the machine.
const (
	mostMemory    = 1 << 30
	mostFiles     = 1024
	mostFileSize  = 256 << 20
	mostProcesses = 64
	mostCPU       = 60 * time.Second
)

// start runs the program as the host student.
func (l *lan) start(ctx context.Context, p launch) (process, error) {
	mode, self := guest.LoopbackServed, netip.Addr{}
	addrs := []netip.Prefix{netip.PrefixFrom(studentAddr, network.Bits())}
	switch p.kind {
	case Server, Both: // whom a proxy speaks with it knows by name
		mode = guest.LoopbackAnywhere
	case Client:
		mode, self = guest.LoopbackOutside, selfByName
	}
	if p.kind != Client {
		addrs = append(addrs, netip.PrefixFrom(selfAtLoopback, network.Bits()), netip.PrefixFrom(selfAtHome, network.Bits()))
	}
	gateway := testerAddr
	if p.bare {
		addrs, gateway = nil, netip.IPv4Unspecified()
	}
	return guest.Start(ctx, guest.Config{
		Host: guest.Host{
			Name:       studentName,
			Addressing: guest.Addressing{Addrs: addrs, Gateways: []netip.Addr{gateway}},
			CardNames:  cardNames,
			Resolver:   []netip.Addr{resolverAddr},
			Authority:  trusted(),
			Loopback:   mode,
			Self:       self,
		},
		Args: p.args, Dir: p.dir, Env: p.env, Stdin: p.stdin, Stdout: p.output, Stderr: p.output,
		Sandbox: &guest.Sandbox{Work: p.dir},
		Limits:  p.limits(),
	}, func(_ *guest.Guest, tap *guest.Tap) error {
		l.tap.Store(tap)
		l.pumps.Go(func() { _ = guest.Pump(ctx, tap, l.send) })
		return nil
	})
}

// limits are those of the program. Where a thousand threads are usual, their
// stacks are small, or there would be no memory for them.
func (p *launch) limits() *guest.Limits {
	l := &guest.Limits{Memory: mostMemory, Files: mostFiles, FileSize: mostFileSize, Processes: cmp.Or(p.most, mostProcesses), CPU: mostCPU}
	if p.most > mostProcesses {
		l.Stack = 512 << 10
		l.Files *= 2 // a socket for each
	}
	return l
}
