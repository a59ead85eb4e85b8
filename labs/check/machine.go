package check

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"time"

	psnet "github.com/shirou/gopsutil/v4/net"
	ps "github.com/shirou/gopsutil/v4/process"

	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/netx"
)

// machine is the ground where there can be no miniature Internet: the loopback of
// this machine. The program has the machine's ports, and they may be taken; it is
// not watched, so that a failure has no ladder; and what it does to the machine is
// limited only by the cases' time. Cases that need more are skipped.
type machine struct {
	port    uint16 // where clients of this lab expect their server; 0: the program is no client
	closers []func() error
	work    sync.WaitGroup
	mu      sync.Mutex
}

func newMachine(s *setup) (*machine, error) {
	if s.kind != Client {
		return &machine{}, nil
	}
	return &machine{port: cmp.Or(s.manifest.Port, s.lab.Port)}, nil
}

func (m *machine) network() netx.Network { return netx.OS{} }
func (m *machine) tester() netip.Addr    { return loopback }

func (m *machine) addressOf(local netip.AddrPort) netip.AddrPort {
	if local.Addr().Is6() && local.Addr().IsLoopback() {
		return local
	}
	return netip.AddrPortFrom(loopback, local.Port())
}

// serveTCP listens where a client of this lab expects its server. A port that
// cannot be had ends in a client that is refused: the verdict says so.
func (m *machine) serveTCP(accept func(net.Conn)) {
	if m.port == 0 {
		return
	}
	l, err := net.Listen("tcp", netip.AddrPortFrom(loopback, m.port).String())
	if err != nil {
		return
	}
	m.keep(l.Close)
	m.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accept(c)
		}
	})
}

func (m *machine) serveUDP(take func(net.PacketConn, netip.AddrPort)) {
	if m.port == 0 {
		return
	}
	at := netip.AddrPortFrom(loopback, m.port)
	socket, err := net.ListenPacket("udp", at.String())
	if err != nil {
		return
	}
	m.keep(socket.Close)
	m.work.Go(func() { take(socket, at) })
}

func (m *machine) keep(f func() error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closers = append(m.closers, f)
}

func (m *machine) close() {
	m.mu.Lock()
	for _, f := range m.closers {
		_ = f()
	}
	m.mu.Unlock()
	m.work.Wait()
}

func (m *machine) lastMoved() time.Time     { return time.Time{} }
func (m *machine) nameOf(netip.Addr) string { return "" }

// start runs the program as a process of this machine.
func (m *machine) start(ctx context.Context, l launch) (process, error) {
	cmd := exec.CommandContext(ctx, l.args[0], l.args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = l.dir, l.env, l.stdin, l.output, l.output
	ownGroup(cmd)
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, &guest.ProgramError{Program: l.args[0], Code: 127, Reason: err.Error()}
	}
	return &local{cmd: cmd, pid: int32(cmd.Process.Pid)}, nil
}

// local is a process of this machine, with its children.
type local struct {
	cmd *exec.Cmd
	pid int32
}

func (p *local) Kill() { killGroup(p.cmd) }

func (p *local) Wait() (guest.Status, error) {
	err := p.cmd.Wait()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) && p.cmd.ProcessState == nil {
		return guest.Status{}, err
	}
	return statusOf(p.cmd.ProcessState), nil
}

// family is the process and all below it.
func (p *local) family() []*ps.Process {
	first, err := ps.NewProcess(p.pid)
	if err != nil {
		return nil
	}
	all := []*ps.Process{first}
	for i := 0; i < len(all); i++ {
		children, err := all[i].Children()
		if err == nil {
			all = append(all, children...)
		}
	}
	return all
}

func (p *local) Sockets() (all []guest.Socket, err error) {
	for _, one := range p.family() {
		list, err := psnet.ConnectionsPid("inet", one.Pid)
		if err != nil {
			continue
		}
		for _, c := range list {
			all = append(all, guest.Socket{
				Network: map[uint32]string{1: "tcp", 2: "udp"}[c.Type], Local: end(c.Laddr), Remote: end(c.Raddr), State: strings.ReplaceAll(c.Status, "_", "-"),
			})
		}
	}
	return all, nil
}

func end(a psnet.Addr) netip.AddrPort {
	addr, err := netip.ParseAddr(a.IP)
	if err != nil {
		addr = netip.IPv4Unspecified()
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(a.Port))
}

func (p *local) Activity() (a guest.Activity, err error) {
	for _, one := range p.family() {
		a.Processes++
		if t, err := one.Times(); err == nil {
			a.CPU += time.Duration((t.User + t.System) * float64(time.Second))
		}
		if status, err := one.Status(); err == nil && len(status) > 0 {
			a.Running = a.Running || status[0] == ps.Running || status[0] == ps.Blocked
		}
	}
	return a, nil
}
