package check

import (
	"cmp"
	"context"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/guest"
)

// Program is the student's, running.
type Program struct {
	t       *T
	process process
	output  *output
	keys    *keyboard
	command []string
	stop    context.CancelFunc

	found map[string]netip.AddrPort // where it listens, by transport

	ended  chan struct{}
	status guest.Status
	err    error

	mu     sync.Mutex
	pulse  pulse
	killed bool // by the check
}

// launchProgram starts it with arguments that are filled in already.
func (t *T) launchProgram(args []string, values Values) (*Program, error) {
	p := &Program{t: t, output: new(output), ended: make(chan struct{}), found: make(map[string]netip.AddrPort), pulse: pulse{taken: time.Now()}, command: args}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	ctx, stop := context.WithCancel(t.ctx)
	p.stop = stop
	p.keys = newKeyboard(writer, t.answers(values), p)
	p.output.flood = p.Kill
	p.process, err = t.ground.start(ctx, launch{
		args: args, dir: t.work.dir, env: t.environment(values), stdin: reader, output: p.output, kind: t.setup.kind,
		most: t.lab.Processes, bare: t.lab.NoAddress,
	})
	if err != nil {
		stop()
		writer.Close()
		return nil, err
	}
	t.keep(p.end)
	t.group.Go(p.wait)
	t.group.Go(p.watch)
	return p, nil
}

func (p *Program) wait() {
	p.status, p.err = p.process.Wait()
	close(p.ended)
}

// end kills the program, unless it has ended, and waits for it.
func (p *Program) end() {
	p.mu.Lock()
	p.killed = true
	p.mu.Unlock()
	p.process.Kill()
	<-p.ended
	p.stop()
	p.keys.close()
}

// Kill ends the program at once.
func (p *Program) Kill() { p.process.Kill() }

// watch looks again and again at what the program does, until it has ended.
func (p *Program) watch() {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-p.ended:
			return
		case <-tick.C:
		}
		if a, err := p.process.Activity(); err == nil {
			p.pulse.take(time.Now(), a, p.stirred())
			p.keys.look(a.Reading)
		}
	}
}

// stirred is when the program last said something to anybody, or was told
// something.
func (p *Program) stirred() time.Time {
	printed, moved := p.output.lastWritten(), p.t.ground.lastMoved()
	if moved.After(printed) {
		return moved
	}
	return printed
}

// idle is for how long the program has done nothing: neither computed, nor said
// anything to anybody.
func (p *Program) idle() time.Duration { return p.pulse.rest(p.stirred()) }

// computes is whether it has done little else lately.
func (p *Program) computes() bool { return p.pulse.computes() }

func (p *Program) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Output is what it has printed so far.
func (p *Program) Output() string { return p.output.String() }

// Type types a line, beside the answers that its prompts get.
func (p *Program) Type(line string) { p.keys.enter(line) }

// Asks reports whether it waits for somebody to type: then that it does nothing is
// no hang.
func (p *Program) Asks() bool {
	p.keys.mu.Lock()
	defer p.keys.mu.Unlock()
	return p.keys.asks
}

// EndInput is Ctrl-D.
func (p *Program) EndInput() { p.keys.close() }

// Wait waits until the program has ended.
func (p *Program) Wait() End {
	for {
		if p.hasEnded() {
			return Done
		}
		if end := p.t.waiting(); end != Done && end != Exited {
			return end
		}
		select {
		case <-p.ended:
		case <-time.After(poll):
		}
	}
}

// Prints waits until enough says so of all that the program has printed.
func (p *Program) Prints(enough func(output string) bool) End {
	for {
		gone := p.hasEnded()
		if enough(p.Output()) {
			return Done
		}
		if gone {
			return Exited
		}
		if end := p.t.waiting(); end != Done && end != Exited {
			return end
		}
		time.Sleep(poll / 5)
	}
}

// Rest waits until the program has done nothing for so long from now on, or has
// ended: what it had to say without further ado is said then, however slow the
// machine is. One that never rests, since it looks around all the time, is not waited
// for.
func (p *Program) Rest(d time.Duration) End {
	began := time.Now()
	rests := func() bool { return time.Since(began) >= d && p.idle() >= d }
	for limit := began.Add(d + 2*time.Second); !rests() && time.Now().Before(limit); {
		if p.hasEnded() {
			return Exited
		}
		if end := p.t.waiting(); end != Done {
			return end
		}
		time.Sleep(poll / 5)
	}
	return Done
}

// Crashed reports whether the program has printed a traceback.
func (p *Program) Crashed() bool { return hasTraceback(p.Output()) }

// Code is what a program that has ended gave to exit; a signal is 128 and its
// number.
func (p *Program) Code() int { return p.status.ExitCode() }

// Connecting is how many TCP connections it has begun that nobody has answered.
func (p *Program) Connecting() (n int) {
	sockets, err := p.process.Sockets()
	if err != nil {
		return 0
	}
	for _, s := range sockets {
		if s.State == "SYN-SENT" {
			n++
		}
	}
	return n
}

// Listening waits until the program listens on a port of the transport, "tcp"
// or "udp", and returns where it is reached. If it never does, the case ends.
//
// A connection would tell, too, but many a server dies of one without a
// request; so the kernel's table of sockets is read.
func (p *Program) Listening(transport string) netip.AddrPort {
	if at, ok := p.found[transport]; ok {
		return at // it may have closed the socket since; who connects will see
	}
	for {
		if at, ok := p.listens(transport); ok {
			p.found[transport] = at
			return at
		}
		if end := p.t.waiting(); end != Done {
			p.t.neverListened(p, transport, end)
		}
		time.Sleep(poll / 5)
	}
}

func (p *Program) listens(transport string) (netip.AddrPort, bool) {
	sockets, err := p.process.Sockets()
	if err != nil {
		return netip.AddrPort{}, false
	}
	sockets = slices.DeleteFunc(sockets, func(s guest.Socket) bool {
		if !strings.HasPrefix(s.Network, transport) || s.Remote.Port() != 0 {
			return true
		}
		return transport == "tcp" && s.State != "LISTEN"
	})
	if len(sockets) == 0 {
		return netip.AddrPort{}, false
	}
	usual := p.t.lab.Port
	best := slices.MinFunc(sockets, func(a, b guest.Socket) int {
		return cmp.Or(rank(a, usual)-rank(b, usual), cmp.Compare(a.Local.Port(), b.Local.Port()))
	})
	return p.t.ground.addressOf(best.Local), true
}

// rank prefers the usual port, and IPv4.
func rank(s guest.Socket, usual uint16) (r int) {
	if s.Local.Port() != usual {
		r += 2
	}
	if s.Local.Addr().Is6() && !s.Local.Addr().IsUnspecified() {
		r++
	}
	return r
}
