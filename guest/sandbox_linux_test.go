package guest

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/peer"
)

// sandboxed is a guest whose program may write in a directory, and a file
// beside that which it must leave alone. HOME is there, too, as a user's is.
func sandboxed(t testing.TB, args ...string) (c Config, work, beside string) {
	t.Helper()
	needGuests(t)
	dir := filepath.Join("/tmp", fmt.Sprintf("guest-work-%d-%s", os.Getpid(), newMark()))
	t.Cleanup(func() { os.RemoveAll(dir) })
	work, beside = filepath.Join(dir, "work"), filepath.Join(dir, "beside")
	if err := errors.Join(os.MkdirAll(work, 0o755), os.WriteFile(beside, []byte("mine\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	c = host(args...)
	c.Sandbox = &Sandbox{Work: work}
	return c, work, beside
}

// bothWays runs a test as it is, and as on a kernel without mount_setattr.
func bothWays(t *testing.T, test func(t *testing.T)) {
	for _, noSetattr = range []bool{false, true} {
		t.Run(fmt.Sprintf("old kernel %t", noSetattr), test)
	}
	noSetattr = false
}

func TestSandbox(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		c, work, _ := sandboxed(t, "sh", "-c", `
			echo hello >written && pwd && cat given
			rm -f deleted
			echo tmp >/tmp/x-of-the-sandbox && echo tmp >/var/tmp/y-of-the-sandbox && cat /tmp/x-of-the-sandbox /var/tmp/y-of-the-sandbox
			ls -A /run /var/run/; ls /tmp; ls /dev
			echo null >/dev/null && head -c 3 /dev/zero | wc -c
			echo "TMPDIR=$TMPDIR HOME=$HOME"`)
		c.Env = append(os.Environ(), "HOME=/usr", "TMPDIR=/tmp/somewhere")
		os.WriteFile(filepath.Join(work, "given"), []byte("given\n"), 0o644)
		os.WriteFile(filepath.Join(work, "deleted"), nil, 0o644)
		text, status := output(t, c)
		top, _, _ := strings.Cut(strings.TrimPrefix(work, "/tmp/"), "/")
		want := work + "\ngiven\ntmp\ntmp\n/run:\n\n/var/run/:\n" + top +
			"\nx-of-the-sandbox\nfd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n3\nTMPDIR= HOME=/usr\n"
		if text != want || status.Code != 0 {
			t.Errorf("%v:\n%s\nwant\n%s", status, text, want)
		}
		if seen, _ := os.ReadFile(filepath.Join(work, "written")); string(seen) != "hello\n" {
			t.Errorf("outside one sees %q", seen)
		}
		if _, err := os.Stat(filepath.Join(work, "deleted")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the deleted file: %v", err)
		}
		for _, file := range []string{"/tmp/x-of-the-sandbox", "/var/tmp/y-of-the-sandbox"} {
			if _, err := os.Stat(file); err == nil {
				t.Errorf("%s is outside", file)
			}
		}
	})
}

// What a careless or a wicked program might try, as each prints.
func TestSandboxKeeps(t *testing.T) {
	peer.Path(t, "python3", "python3")
	const script = `import ctypes, errno, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def attempt(what, f):
    try: print(what, f(), flush=True)
    except OSError as e: print(what, errno.errorcode[e.errno], flush=True)
def call(name, *args):
    if getattr(libc, name)(*args) < 0: raise OSError(ctypes.get_errno(), "")
    return "done"
MS_REMOUNT, MS_BIND, NEWUSER, NEWNS = 32, 4096, 0x10000000, 0x20000
remount = lambda: call("mount", None, b"/", None, MS_REMOUNT|MS_BIND, None)
attempt("write /etc", lambda: open("/etc/hosts", "a"))
attempt("write /usr", lambda: open("/usr/x", "w"))
attempt("write HOME", lambda: open(os.environ["HOME"] + "/x", "w"))
attempt("write /run", lambda: open("/run/x", "w"))
attempt("write /dev", lambda: open("/dev/x", "w"))
attempt("see beside", lambda: open(sys.argv[1]).read())
attempt("sysctl", lambda: open("/proc/sys/kernel/pid_max", "w"))
attempt("remount", remount)
attempt("umount", lambda: call("umount2", b"/tmp", 2))
attempt("mknod", lambda: os.mknod("/tmp/disk", 0o60600, os.makedev(254, 0)))
attempt("around process 1", lambda: os.listdir("/proc/1/root/"))
attempt("trace process 1", lambda: call("ptrace", 16, 1, 0, 0))
attempt("connect", lambda: socket.socket(socket.AF_UNIX).connect(sys.argv[2]))
os.kill(1, 9)
print("processes", [p for p in os.listdir("/proc") if p.isdigit() and p not in ("1", str(os.getpid()))])
attempt("terminal", lambda: open("/dev/tty"))
socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); socket.socket().bind(("", 80)); print("raw sockets and port 80")
def refused(f):
    try: f()
    except OSError: return True
try: call("unshare", NEWUSER|NEWNS)
except OSError: pass # systems differ in whether that is allowed, and what is then possible
print("refused", refused(remount), refused(lambda: call("umount2", b"/tmp", 2)), refused(lambda: open("/usr/x", "w")))`
	const want = `write /etc EROFS
write /usr EROFS
write HOME EROFS
write /run EROFS
write /dev EROFS
see beside ENOENT
sysctl EROFS
remount EPERM
umount EPERM
mknod EPERM
around process 1 EACCES
trace process 1 EPERM
connect ENOENT
processes []
terminal ENXIO
raw sockets and port 80
refused True True True
`
	bothWays(t, func(t *testing.T) {
		c, _, beside := sandboxed(t)
		control := filepath.Join(filepath.Dir(beside), "s")
		listener, err := net.Listen("unix", control)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		c.Args = []string{"/usr/bin/python3", "-c", script, beside, control}
		c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/usr"}
		text, status := output(t, c)
		if differ := differences(text, want); differ != "" || status.Code != 0 {
			t.Errorf("%v:\n%s", status, differ)
		}
	})
}

// differences are the lines in which two texts differ.
func differences(got, want string) string {
	var all strings.Builder
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for n := range max(len(a), len(b)) {
		x, y := "", ""
		if n < len(a) {
			x = a[n]
		}
		if n < len(b) {
			y = b[n]
		}
		if x != y {
			fmt.Fprintf(&all, "got %q, want %q\n", x, y)
		}
	}
	return all.String()
}

func TestSandboxAgainstRemoval(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		c, work, beside := sandboxed(t)
		home, _ := os.UserHomeDir()
		elsewhere, err := os.MkdirTemp(home, "wirebook-test-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(elsewhere) })
		file := filepath.Join(elsewhere, "file")
		os.WriteFile(file, nil, 0o644)
		os.WriteFile(filepath.Join(work, "own"), nil, 0o644)
		c.Args = []string{"sh", "-c", "rm -rf " + elsewhere + " " + beside + " ./* /tmp/*; ls -A"}
		text, _ := output(t, c)
		if inHome := !strings.HasPrefix(elsewhere, "/tmp/"); strings.Contains(text, "Read-only file system") != inHome || strings.HasSuffix(text, "own\n") {
			t.Errorf("got %q", text)
		}
		for _, kept := range []string{file, beside} {
			if _, err := os.Stat(kept); err != nil {
				t.Error(err)
			}
		}
	})
}

// A tmpfs that a program fills is full, and not the machine's memory.
func TestSandboxIsFull(t *testing.T) {
	c, _, _ := sandboxed(t, "sh", "-c", "dd if=/dev/zero of=/tmp/big bs=1M count=200 2>&1 | grep -o 'No space left on device'")
	if text, _ := output(t, c); text != "No space left on device\n" {
		t.Errorf("got %q", text)
	}
}

// With both, and what is told to the card and /etc/hosts meanwhile.
func TestSandboxWithLimits(t *testing.T) {
	c, work, _ := sandboxed(t)
	c.Limits = &Limits{Processes: 40, Memory: 1 << 30, Files: 100, CPU: time.Minute}
	s := newSession(t, c)
	if got := s.do("pwd; ulimit -n; ulimit -c"); got != work+" 100 0" {
		t.Errorf("got %q", got)
	}
	if err := s.g.Configure(lent("10.1.0.9/24", "10.1.0.1")); err != nil {
		t.Fatal(err)
	}
	s.comes("10.1.0.9/24 default via 10.1.0.1 dev eth0 onlink 10.1.0.9 alice.example.edu alice" + ownName)
	if a, err := s.g.Activity(); err != nil || a.Processes != 1 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestSandboxInAnotherDirectory(t *testing.T) {
	c, _, _ := sandboxed(t, "pwd")
	c.Dir = "/usr"
	if text, _ := output(t, c); text != "/usr\n" {
		t.Errorf("got %q", text)
	}
}

func TestSandboxThatCannotBe(t *testing.T) {
	c, work, beside := sandboxed(t, "true")
	for _, test := range []struct {
		work string
		want error
	}{
		{filepath.Join(work, "none"), fs.ErrNotExist}, {beside, syscall.ENOTDIR}, {"/", syscall.EPERM},
	} {
		c.Sandbox = &Sandbox{Work: test.work}
		if _, err := Start(t.Context(), c, newNeighbour().attach); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v", test.work, err)
		}
	}
}
