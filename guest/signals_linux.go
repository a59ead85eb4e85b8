package guest

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
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
