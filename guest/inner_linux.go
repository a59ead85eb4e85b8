package guest

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// innerName is what a re-executed process finds as its own name. The kernel
// is told it too, so that `pkill wirebook` and `killall wirebook` reach the
// outer process only, and through it the program.
const innerName = "guest-init"

// innerLine is the descriptor of the inner stage's end of the line.
const innerLine = 3

// setup is what the inner stage is told.
type setup struct {
	Host
	Job       bool
	Limits    *Limits
	Sandbox   *confinement
	NoOverlay bool // for tests: be as on a system without overlays
}

// Main must be the first call of the program's main function, and of TestMain.
// It returns at once, unless this process was started by [Start] to be the
// first process of a guest: then it is that, and never returns.
func Main() {
	if len(os.Args) > 0 && os.Args[0] == innerName {
		os.Exit(inner())
	}
}

// inner is process 1 of a guest. It is given new namespaces, makes a host of
// them, starts the program, and stays to do what process 1 must: reap what
// others leave behind, pass on signals, and take everything with it when it
// ends. Its own exit status does not matter: what there is to say goes over
// the line.
func inner() int {
	_ = os.WriteFile("/proc/self/comm", []byte(innerName), 0)
	outer, err := lineFrom(innerLine)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s is started by wirebook and not by hand: %v\n", innerName, err)
		return 2
	}
	told, err := outer.receive()
	if err != nil || told.Setup == nil {
		return 1
	}
	host := *told.Setup
	card, err := prepare(outer, host)
	if err != nil {
		_ = outer.send(message{Failed: failed(err)})
		return 1
	}
	for !told.Start {
		if told, err = outer.receive(); err != nil {
			return 1
		}
		if told.Configure != nil {
			err = card.configure(*told.Configure)
		}
		if err != nil {
			_ = outer.send(message{Failed: failed(err)})
			return 1
		}
	}

	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGCHLD)
	catch(signals)
	_ = os.Setenv("WIREBOOK_HOST", host.Name)
	if len(host.Authority) > 0 {
		_ = os.Setenv("SSL_CERT_FILE", "/etc/"+debianTrust) // not every OpenSSL looks there by itself
	}
	program := program{args: os.Args[1:], job: host.Job, limits: host.Limits, sandbox: host.Sandbox}
	pid, ended, err := program.start()
	if err != nil {
		_ = outer.send(message{Failed: failed(err)})
		return 1
	}
	if err := outer.send(message{Started: true}); err != nil {
		return 1
	}
	i := &initProcess{outer: outer, card: card, program: pid, ended: ended, heard: make(map[os.Signal]time.Time), due: make(chan syscall.Signal)}
	return i.attend(signals)
}

// prepare makes the host, and gives its card's far end away: when the outer
// process or whom it passes it on to is gone, no other copy keeps the cable
// plugged in.
func prepare(outer line, host setup) (*card, error) {
	if err := enterNamespaces(host.Host, !host.NoOverlay); err != nil {
		return nil, err
	}
	card, far, err := makeCard(host.Host)
	if err != nil {
		return nil, err
	}
	tap := newTap(far)
	defer tap.Close()
	if err := outer.send(message{Card: true}); err != nil {
		return nil, err
	}
	return card, SendTap(outer.UnixConn, tap)
}
