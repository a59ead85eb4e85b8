package guest

import "time"

// Limits are what the program may use of the machine; 0 is as much as there
// is. No program with limits leaves a core dump.
//
// Memory, Stack, Files, FileSize and CPU are limits of each process (setrlimit(2)),
// at which the kernel refuses what it is asked for: a Python program has a
// MemoryError, say, and can print where. Beyond that, the guest as a whole is
// watched: it is killed when its processes are too many, or together have
// twice the memory or have used all of the time. [Status.Exceeded] says so.
// While the processors are busy, a program with limits gets less of them than
// others do, so that what watches it is in time.
type Limits struct {
	Memory    int64  // bytes of data
	Stack     int64  // bytes of each thread's stack, which all count as data
	Files     uint64 // open at the same time
	FileSize  int64  // bytes in any file that is written
	Processes int    // at the same time, and 64 threads and 4 for each of these
	CPU       time.Duration
}

// threads is how many there may be: some languages' runtimes start two dozen
// before the program does anything.
func (l *Limits) threads() int { return 64 + 4*l.Processes }

// tasks is how many threads the kernel is to allow in a guest, with its process
// 1, where it can be told: enough that the watch sees too many before there are.
func (l *Limits) tasks() int { return l.threads() + 64 }

// What Status.Exceeded can be.
const (
	exceededMemory    = "memory"
	exceededProcesses = "processes"
	exceededThreads   = "threads"
	exceededCPU       = "cpu"
	exceededFileSize  = "file size"
)

// exceeded is what a guest has too much of, or "".
func (l *Limits) exceeded(a Activity) string {
	switch {
	case l.Processes > 0 && a.Processes > l.Processes:
		return exceededProcesses
	case l.Processes > 0 && a.Threads > l.threads():
		return exceededThreads
	case l.Memory > 0 && a.Memory > 2*l.Memory:
		return exceededMemory
	case l.CPU > 0 && a.CPU > l.CPU:
		return exceededCPU
	}
	return ""
}
