package guest

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A resource is a limit as setrlimit(2) has it.
type resource struct {
	name       int
	soft, hard uint64
}

// resources are those limits that are each process's own.
func (l *Limits) resources() []resource {
	all := []resource{{unix.RLIMIT_CORE, 0, 0}}
	add := func(name int, limit, grace uint64) {
		if limit > 0 {
			all = append(all, resource{name, limit, limit + grace})
		}
	}
	add(unix.RLIMIT_DATA, uint64(l.Memory), 0)
	add(unix.RLIMIT_STACK, uint64(l.Stack), 0)
	add(unix.RLIMIT_NOFILE, l.Files, 0)
	add(unix.RLIMIT_FSIZE, uint64(l.FileSize), 0)
	// In whole seconds. SIGXCPU comes first, and SIGKILL a second later.
	add(unix.RLIMIT_CPU, uint64((l.CPU+time.Second-1)/time.Second), 1)
	// Since then the kernel counts the tasks of each user namespace apart; before,
	// all that the user has anywhere. Root's are not limited so.
	if l.Processes > 0 && kernelIs(5, 14) && !privileged() {
		add(unix.RLIMIT_NPROC, uint64(l.tasks()), 0)
	}
	return all
}

// set gives the limits to a process.
func (l *Limits) set(pid int) error {
	for _, r := range l.resources() {
		limit := unix.Rlimit{Cur: r.soft, Max: r.hard}
		var now unix.Rlimit
		if err := unix.Prlimit(pid, r.name, nil, &now); err == nil {
			limit.Max = min(limit.Max, now.Max)
			limit.Cur = min(limit.Cur, limit.Max)
		}
		// It may have ended.
		if err := unix.Prlimit(pid, r.name, &limit, nil); err != nil && err != syscall.ESRCH {
			return fmt.Errorf("set limit %d: %w", r.name, err)
		}
	}
	now, err := unix.Getpriority(unix.PRIO_PROCESS, pid) // 20 less than it is nice
	if err == nil {
		err = unix.Setpriority(unix.PRIO_PROCESS, pid, 20-now+niceness)
	}
	if err != nil && err != syscall.ESRCH {
		return fmt.Errorf("set the priority: %w", err)
	}
	return nil
}

// niceness makes a program with limits give way: it gets a third of the
// processor time of one that competes with it and has none.
const niceness = 5

// limitNumbers has the kernel give out no more process numbers in this
// namespace than there may be processes and threads. It binds root, too. Before
// Linux 6.14 this parameter was the whole system's: nothing is done there, and
// the watch is alone.
func (l *Limits) limitNumbers() {
	if l.Processes > 0 && kernelIs(6, 14) && os.Getpid() == 1 {
		const least = 301 // that the kernel accepts
		_ = os.WriteFile("/proc/sys/kernel/pid_max", fmt.Append(nil, max(l.tasks(), least)), 0)
	}
}

// kernelIs tells whether the kernel is of that version or a later one.
func kernelIs(major, minor int) bool {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return false
	}
	var a, b int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &a, &b); err != nil {
		return false
	}
	return a > major || a == major && b >= minor
}

// watchEach is how often a guest with limits is looked at: a program that
// does nothing but start others makes some hundred of them meanwhile.
const watchEach = 50 * time.Millisecond

// watch kills the guest when it uses too much.
func (g *Guest) watch(l *Limits) {
	ticker := time.NewTicker(watchEach)
	defer ticker.Stop()
	most := 1 << 30
	if l.Processes > 0 {
		most = l.Processes + 1
	}
	for {
		select {
		case <-g.done:
			return
		case <-ticker.C:
		}
		a, err := g.activity(most)
		if err != nil {
			continue // it is ending
		}
		if what := l.exceeded(a); what != "" {
			g.exceeded.Store(&what)
			g.Kill()
			return
		}
	}
}

// judge adds to how the program ended which limit it was. By its exit code a
// shell says that it was so of what it ran.
func (l *Limits) judge(s Status) Status {
	switch {
	case l == nil:
	case s.ExitCode() == 128+int(syscall.SIGXCPU) && l.CPU > 0:
		s.Exceeded = exceededCPU
	case s.ExitCode() == 128+int(syscall.SIGXFSZ) && l.FileSize > 0:
		s.Exceeded = exceededFileSize
	}
	return s
}
