package check

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/guest"
)

// T is a case that is being judged. Its methods are for the goroutine that runs
// the case; those that end it do not return.
type T struct {
	// Rand draws what the program is given: the same for the same seed. Draw
	// what tells right from wrong: nothing empty, nothing that is a default.
	Rand *rand.Rand

	lab     *Lab
	which   *Case
	setup   *setup
	ctx     context.Context
	ground  ground
	lan     *lan // the ground, if it is a miniature Internet
	work    *workspace
	started atomic.Pointer[Program] // those who meet it ask for it in goroutines of their own
	result  Result
	began   time.Time
	met     atomic.Bool // the program has spoken with us, when nobody judged it yet
	unsure  bool        // of a manner: the program may not understand it
	group   sync.WaitGroup

	mu       sync.Mutex
	cleanups []func()
}

// program is what was started last, or nil.
func (t *T) program() *Program { return t.started.Load() }

// stopped is what ends a case early; its result is in T.
type stopped struct{}

// keep remembers what is to be done when the case has ended, in reverse order.
func (t *T) keep(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// run judges one case, from a new Internet to its end.
func (t *T) run(ctx context.Context) (result Result) {
	t.began = time.Now()
	ctx, cancel := context.WithTimeout(ctx, mostLimit+5*time.Second)
	t.ctx = ctx
	t.result = Result{Case: t.which.Name, Level: t.which.Level}
	defer func() {
		result = t.result
		result.Took = time.Since(t.began)
	}()
	defer func() {
		cancel()
		t.cleanUp()
	}()
	defer func() {
		switch p := recover().(type) {
		case nil, stopped:
		default:
			t.result.Verdict = Fault
			t.result.Output = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
		t.tell()
	}()
	if err := t.prepare(); err != nil {
		t.fault(err)
	}
	t.which.Run(t)
	return t.result
}

func (t *T) prepare() (err error) {
	if t.ground, t.lan, err = t.setup.newGround(t.seed()); err != nil {
		return err
	}
	t.keep(t.ground.close)
	if t.work, err = newWorkspace(t.setup.dir, t.setup.manifest.Files); err != nil {
		return err
	}
	t.keep(t.work.remove)
	if err := t.putInstead(); err != nil {
		return err
	}
	if t.lab.Prepare != nil {
		t.lab.Prepare(t)
	}
	return nil
}

func (t *T) cleanUp() {
	for {
		t.mu.Lock()
		all := t.cleanups
		t.cleanups = nil
		t.mu.Unlock()
		if len(all) == 0 {
			break
		}
		for _, f := range slices.Backward(all) {
			f()
		}
	}
	t.group.Wait()
}

// tell adds to the result what is known at the end of the case.
func (t *T) tell() {
	if t.program() == nil {
		return
	}
	t.result.Command = t.program().command
	if t.result.Verdict == Pass {
		return
	}
	if t.result.Output == "" {
		t.result.Output = tail(t.work.outside(t.program().Output()), 20)
	}
}

// remaining is what is left of the case's time. What the machine took from the
// program is not counted, within reason.
func (t *T) remaining() time.Duration {
	spent := time.Since(t.began)
	if p := t.program(); p != nil {
		spent -= p.pulse.stolen()
	}
	return max(min(t.which.limit()-spent, mostLimit-time.Since(t.began)), 0)
}

func (c *Case) limit() time.Duration {
	if c.Limit == 0 {
		return usualLimit
	}
	return c.Limit
}

// waiting says whether it is still worth waiting for the program: Done if so, or
// how it has ended.
func (t *T) waiting() End {
	switch {
	case t.program() == nil:
		return Done
	case t.program().hasEnded():
		return Exited
	case t.remaining() == 0 || t.ctx.Err() != nil || t.program().pulse.toil() > mostToil:
		return Late
	}
	patience := t.which.Patience
	if patience == 0 {
		patience = usualPatience
	}
	if t.program().idle() > patience {
		return Idle
	}
	return Done
}

// Start starts the program; values fill its arguments and answers, beside {host},
// {port} and {self}, which are known.
func (t *T) Start(values Values) *Program {
	all := t.with(values)
	command, err := t.setup.builder.install(t.setup.command, t.work.dir)
	if err != nil {
		t.fault(err)
	}
	args := slices.Concat(command, all.fillAll(t.lab.chosen(t.setup.arguments, all)))
	p, err := t.launchProgram(t.work.inside(args), all)
	if err != nil {
		t.notStarted(err)
	}
	t.started.Store(p)
	return p
}

// notStarted ends the case: the program could not even be begun.
func (t *T) notStarted(err error) {
	var program *guest.ProgramError
	if !errors.As(err, &program) {
		t.fault(err)
	}
	t.result.Verdict, t.result.Output = NoStart, program.Error()
	t.mistake(Mistake{Name: "mistake.program", Args: map[string]any{"Program": program.Program}})
}

// File puts a file of random content, of that many bytes, into the program's
// folder, and returns its name.
func (t *T) File(extension string, size int) (name string, content []byte) {
	content = t.Bytes(size)
	name = t.Word() + extension
	t.WriteFile(name, content)
	return name, content
}

// WriteFile puts a file into the program's folder.
func (t *T) WriteFile(name string, content []byte) {
	path := filepath.Join(t.work.dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
		t.fault(err)
	}
}

// ReadFile reads a file of the program's folder.
func (t *T) ReadFile(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(t.work.dir, filepath.FromSlash(name)))
}

// Bytes are random.
func (t *T) Bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(t.Rand.Uint32())
	}
	return b
}

// Word is a random word of lower-case letters.
func (t *T) Word() string {
	b := make([]byte, 6+t.Rand.IntN(5))
	for i := range b {
		b[i] = 'a' + byte(t.Rand.IntN(26))
	}
	return string(b)
}

// AcceptTCP has every TCP connection of the program accepted, to whatever name,
// address and port. Call it before Start.
func (t *T) AcceptTCP() *Listener {
	l := &Listener{t: t, incoming: make(chan net.Conn, 256)}
	t.ground.serveTCP(func(c net.Conn) {
		select {
		case l.incoming <- c:
			t.keep(func() { c.Close() })
		default:
			c.Close()
		}
	})
	return l
}

// ServeTCP has every TCP connection of the program served, each in a goroutine of
// its own, and closed after that: for programs that speak with others while they
// speak with the case, as a proxy does. Call it before Start. serve must not end
// the case.
func (t *T) ServeTCP(serve func(c *Conn)) {
	t.ground.serveTCP(func(c net.Conn) {
		conn := t.wrap(c)
		t.group.Go(func() {
			defer conn.Close()
			serve(conn)
		})
	})
}

// Manner is the one of the lab's in which the program wants to be spoken to.
func (t *T) Manner() string { return t.setup.manner }

// AcceptUDP has every datagram of the program received, to whatever name, address
// and port. Call it before Start.
func (t *T) AcceptUDP() *Datagrams {
	d := &Datagrams{t: t, incoming: make(chan *Datagram, 4096)}
	t.ground.serveUDP(func(socket net.PacketConn, at netip.AddrPort) { d.pump(socket, at) })
	return d
}

// Lose has the datagrams of these numbers lost on the program's cable, counted
// from 1: of those that it sends, and of those that are sent to it. DNS does not
// count. Cases that lose something are Miniature.
func (t *T) Lose(sent, received []int) { t.lan.script.lose(sent, received) }

// NoName has a name not exist.
func (t *T) NoName(name string) { t.lan.names.deny(name) }

// Address is the address of a name, as the program is told by the DNS.
func (t *T) Address(name string) netip.Addr {
	a, _ := t.lan.names.address(name)
	t.lan.strange.mu.Lock()
	defer t.lan.strange.mu.Unlock()
	t.lan.strange.be(a)
	return a
}

// NameOf is the name that the program has looked up to find the address.
func (t *T) NameOf(a netip.Addr) string { return t.ground.nameOf(a) }
