package guest

import (
	"os"
	"syscall"
	"time"
)

// An initProcess is what process 1 of a guest is while the program runs.
type initProcess struct {
	outer   line
	card    *card
	program int     // its process number
	stopped bool    // the program is, as by Ctrl-Z
	ended   *Status // how it ended, once it has

	// heard is when this process was last sent a signal itself; due are
	// signals for the program that have been held back long enough.
	heard map[os.Signal]time.Time
	due   chan syscall.Signal
}

// attend waits for the program's end, and does until then what signals and
// messages ask for. When the outer process is gone, however it went, the line
// ends; so does this process, and the kernel kills all others of the namespace.
func (p *initProcess) attend(signals <-chan os.Signal) (code int) {
	told := make(chan message)
	go p.listen(told)
	for p.ended == nil {
		select {
		case s := <-signals:
			if s == syscall.SIGCHLD {
				p.reap()
			} else {
				p.heard[s] = time.Now()
			}
		case m, open := <-told:
			if !open {
				return 1
			}
			p.obey(m)
		case s := <-p.due:
			p.pass(s)
		}
	}
	_ = p.outer.send(message{Exit: p.ended})
	return 0
}

func (p *initProcess) listen(told chan<- message) {
	for {
		m, err := p.outer.receive()
		if err != nil {
			close(told)
			return
		}
		told <- m
	}
}

func (p *initProcess) obey(m message) {
	switch {
	case m.Configure != nil:
		if err := p.card.configure(*m.Configure); err != nil {
			_ = p.outer.send(message{Failed: failed(err)})
		}
	case m.Signal == syscall.SIGCONT:
		// `fg` has continued the whole group, unless the program is not of it.
		if p.reap(); p.stopped {
			_ = syscall.Kill(p.program, m.Signal)
		}
	case m.Signal != 0:
		time.AfterFunc(groupDelay, func() { p.due <- m.Signal })
	}
}

// groupDelay is for how long after one member of a process group has noticed
// a signal another may not have noticed its own yet.
const groupDelay = 50 * time.Millisecond

// pass sends the program a signal that the outer process was sent, unless the
// program has had it already.
//
// Ctrl-C, or `kill -- -GROUP`, signals the whole process group: outer process,
// process 1 and program. `kill PID` signals the outer process alone. The outer
// process cannot tell which it was; this one can, since in the first case it
// has been signalled too.
func (p *initProcess) pass(s syscall.Signal) {
	if at, ok := p.heard[s]; ok && time.Since(at) < 5*groupDelay {
		return
	}
	_ = syscall.Kill(p.program, s)
}

// reap takes note of every child that has ended, stopped or continued.
// Processes that lose their parent, as daemons do on purpose, become children
// of process 1; did it not do this, they would remain in the process table.
func (p *initProcess) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG|syscall.WUNTRACED|syscall.WCONTINUED, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil || pid <= 0:
			return
		case pid != p.program:
			continue
		case status.Exited():
			p.ended = &Status{Code: status.ExitStatus()}
		case status.Signaled():
			p.ended = &Status{Signal: status.Signal()}
		case status.Stopped():
			p.stopped = true
			_ = p.outer.send(message{Stopped: true})
		case status.Continued():
			p.stopped = false
		}
	}
}
