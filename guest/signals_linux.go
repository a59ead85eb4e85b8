package guest

import (
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
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

// signals are those of this process while they are the program's.
type signals struct {
	heard   chan os.Signal
	done    chan struct{}
	passing sync.WaitGroup
	stops   bool // whether this process can be stopped by the terminal
}

// takeSignals makes this process's signals the program's, until giveBack is
// called. And Ctrl-Z does not stop this process from now on: it stops the
// program, if that lets it, and suspend follows.
func takeSignals() *signals {
	s := &signals{
		heard: make(chan os.Signal, 16),
		done:  make(chan struct{}),
		stops: !signal.Ignored(syscall.SIGTSTP),
	}
	catch(s.heard)
	if s.stops {
		signal.Notify(s.heard, syscall.SIGTSTP)
	}
	return s
}

// pass sends them over the line.
func (s *signals) pass(inner line) {
	s.passing.Go(func() {
		for {
			select {
			case heard := <-s.heard:
				if heard != syscall.SIGTSTP {
					_ = inner.send(message{Signal: heard.(syscall.Signal)})
				}
			case <-s.done:
				return
			}
		}
	})
}

func (s *signals) giveBack() {
	if s == nil {
		return
	}
	signal.Stop(s.heard)
	close(s.done)
	s.passing.Wait()
}

// suspend stops this process, as the program has been stopped, until it is
// sent SIGCONT: the shell that waits for it shall see a stopped job. The
// signal goes to the calling thread, so that the stop comes before the next
// line and not some time later.
func (s *signals) suspend() {
	if s == nil || !s.stops || !hasShell() {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSTOP)
}

// hasShell tells whether a process of this session is the parent of this one:
// whether there is somebody to continue it. If the shell is gone, the parent
// is one that has nothing to do with the terminal.
func hasShell() bool {
	own, err := unix.Getsid(0)
	parents, err2 := unix.Getsid(os.Getppid())
	return err == nil && err2 == nil && own == parents
}
