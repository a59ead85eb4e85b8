package guest

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// relayed are the signals that one sends to `wirebook run` and means for the
// program in it.
var relayed = []os.Signal{
	syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2,
}

// catch takes the relayed signals away from their usual effect, which is
// death. One that is ignored from the start stays so: nohup means it.
func catch(into chan<- os.Signal) {
	for _, s := range relayed {
		if !signal.Ignored(s) {
			signal.Notify(into, s)
		}
	}
}

// takeSignals sends those of this process's signals that are meant for the
// program over the line, until stop is called.
func takeSignals(inner line) (stop func()) {
	heard := make(chan os.Signal, 16)
	done := make(chan struct{})
	catch(heard)
	var pass sync.WaitGroup
	pass.Go(func() {
		for {
			select {
			case s := <-heard:
				_ = inner.send(message{Signal: s.(syscall.Signal)})
			case <-done:
				return
			}
		}
	})
	return func() {
		signal.Stop(heard)
		close(done)
		pass.Wait()
	}
}

// A relay, in the inner stage, passes on those signals that the program has
// not had already.
//
// Ctrl-C, or `kill -- -GROUP`, signals the whole process group: outer process,
// inner stage and program. `kill PID` signals the outer process alone. The
// outer process cannot tell which it was; the inner stage can, since in the
// first case it was signalled too.
type relay struct {
	mu    sync.Mutex
	heard map[os.Signal]time.Time
}

// groupDelay is for how long after one member of a group has reported a
// signal the others may not have noticed theirs.
const groupDelay = 20 * time.Millisecond

func listen() *relay {
	r := &relay{heard: make(map[os.Signal]time.Time)}
	own := make(chan os.Signal, 16)
	catch(own)
	go func() {
		for s := range own {
			r.mu.Lock()
			r.heard[s] = time.Now()
			r.mu.Unlock()
		}
	}()
	return r
}

// pass sends the program a signal that the outer process was sent, unless it
// went to the whole group.
func (r *relay) pass(s syscall.Signal, program int) {
	if s == syscall.SIGCONT {
		_ = syscall.Kill(program, s)
		return
	}
	time.AfterFunc(groupDelay, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if at, ok := r.heard[s]; ok && time.Since(at) < 5*groupDelay {
			return
		}
		_ = syscall.Kill(program, s)
	})
}
