package guest

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Activity tells what the guest's processes are doing. The error is
// os.ErrProcessDone once the guest has ended.
func (g *Guest) Activity() (Activity, error) { return g.activity(1 << 30) }

// activity stops counting after most processes, since whoever asks may have to
// stop a program that makes them faster than they can be counted.
func (g *Guest) activity(most int) (Activity, error) {
	c, err := newCensus(g.process.Process.Pid)
	if err != nil || g.hasEnded() {
		return Activity{}, os.ErrProcessDone
	}
	defer c.close()
	a := Activity{}
	for _, pid := range c.processes() {
		if a.Processes >= most {
			break
		}
		c.count(pid, &a)
	}
	if first, ok := c.stat(c.first); ok {
		a.CPU += first.children // whose parents have ended before them
	}
	return a, nil
}

// A census goes through the processes of a guest, as a /proc shows them: see
// proc(5). It is done many times a second, hence plain system calls and one
// buffer.
type census struct {
	proc   int    // the directory
	first  string // process 1, by its number there
	space  string // the PID namespace, if proc shows those of others as well
	input  unix.Stat_t
	piped  bool // input is known
	buffer [4096]byte
}

// newCensus opens the /proc that the guest sees, which lists its processes and
// no others. Where a container's rules forbade the guest one of its own, that
// is the /proc that this process sees, and the namespaces tell them apart.
func newCensus(first int) (*census, error) {
	inside := fmt.Sprintf("/proc/%d/root/proc", first)
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC
	c := &census{first: "1"}
	var here, there unix.Stat_t
	var err error
	if c.proc, err = unix.Open(inside, flags, 0); err == nil {
		if unix.Fstat(c.proc, &there) == nil && unix.Stat("/proc", &here) == nil && here.Dev != there.Dev {
			return c, nil
		}
		unix.Close(c.proc)
	}
	c.first = strconv.Itoa(first)
	if c.proc, err = unix.Open("/proc", flags, 0); err != nil {
		return nil, err
	}
	if c.space = c.link(c.first + "/ns/pid"); c.space == "" {
		c.close()
		return nil, os.ErrProcessDone
	}
	return c, nil
}

func (c *census) close() { unix.Close(c.proc) }

// processes are the numbers of the guest's processes, but for its first.
func (c *census) processes() []string {
	own := func(pid string) bool {
		return pid != c.first && (c.space == "" || c.link(pid+"/ns/pid") == c.space)
	}
	var all []string
	for _, pid := range c.list(".") {
		if own(pid) {
			all = append(all, pid)
		}
	}
	return all
}

// list are the entries of a directory that are numbers.
func (c *census) list(dir string) (numbers []string) {
	fd, err := unix.Openat(c.proc, dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	for {
		n, err := unix.ReadDirent(fd, c.buffer[:])
		if err != nil || n <= 0 {
			return numbers
		}
		var names []string
		_, _, names = unix.ParseDirent(c.buffer[:n], -1, names)
		for _, name := range names {
			if name[0] >= '0' && name[0] <= '9' {
				numbers = append(numbers, name)
			}
		}
	}
}

func (c *census) link(name string) string {
	n, err := unix.Readlinkat(c.proc, name, c.buffer[:])
	if err != nil {
		return ""
	}
	return string(c.buffer[:n])
}

// read returns the start of a file, until the next read.
func (c *census) read(name string) []byte {
	fd, err := unix.Openat(c.proc, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, c.buffer[:])
	if err != nil {
		return nil
	}
	return c.buffer[:n]
}

// count adds a process to a. One that has ended meanwhile is left out.
func (c *census) count(pid string, a *Activity) {
	process, ok := c.stat(pid)
	if !ok {
		return
	}
	a.Processes++
	a.CPU += process.own + process.children
	a.Memory += process.memory
	switch {
	case process.state == 'Z' && process.threads <= 1:
	case process.threads <= 1:
		a.Threads++
		c.countThread(pid, process.state, a)
	default:
		c.countThreads(pid, a)
	}
}

func (c *census) countThreads(pid string, a *Activity) {
	for _, thread := range c.list(pid + "/task") {
		name := pid + "/task/" + thread
		if s, ok := c.stat(name); ok && s.state != 'Z' {
			a.Threads++
			c.countThread(name, s.state, a)
		}
	}
}

func (c *census) countThread(name string, state byte, a *Activity) {
	a.Running = a.Running || state == 'R' || state == 'D'
	a.Delayed += parseDelay(c.read(name + "/schedstat"))
	a.Reading = a.Reading || state == 'S' && c.reads(name)
}

// reads tells whether a thread waits in a read of descriptor 0, if that is the
// guest's standard input: in a pipeline that the program has made, it is not.
func (c *census) reads(name string) bool {
	call, rest, _ := strings.Cut(string(c.read(name+"/syscall")), " ")
	number, err := strconv.ParseInt(call, 10, 32)
	if err != nil || number != unix.SYS_READ && number != unix.SYS_READV || !strings.HasPrefix(rest, "0x0 ") {
		return false
	}
	var input unix.Stat_t
	if !c.piped {
		c.piped = unix.Fstatat(c.proc, c.first+"/fd/0", &c.input, 0) == nil
	}
	return c.piped && unix.Fstatat(c.proc, name+"/fd/0", &input, 0) == nil && input.Dev == c.input.Dev && input.Ino == c.input.Ino
}

// parseDelay reads the second field of schedstat, which is nanoseconds.
func parseDelay(line []byte) time.Duration {
	fields := bytes.Fields(line)
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return time.Duration(n)
}

// A statLine is what there is to know from a process's or a thread's stat file.
type statLine struct {
	state         byte
	threads       int
	own, children time.Duration // processor time, the children's once they are waited for
	memory        int64
}

func (c *census) stat(name string) (statLine, bool) { return parseStat(c.read(name + "/stat")) }

// tick is the unit of times in /proc, on all processors that Go runs on.
const tick = 10 * time.Millisecond

// parseStat reads proc_pid_stat(5). The second field is the program's name in
// brackets, and can have anything in it.
func parseStat(line []byte) (s statLine, ok bool) {
	fields := bytes.Fields(line[bytes.LastIndexByte(line, ')')+1:])
	const state, rss = 3, 24 // as they are numbered there
	if len(fields) <= rss-state {
		return s, false
	}
	number := func(n int) int64 {
		v, _ := strconv.ParseInt(string(fields[n-state]), 10, 64)
		return v
	}
	return statLine{
		state:    fields[0][0],
		own:      time.Duration(number(14)+number(15)) * tick,
		children: time.Duration(number(16)+number(17)) * tick,
		threads:  int(number(20)),
		memory:   number(rss) * int64(os.Getpagesize()),
	}, true
}
