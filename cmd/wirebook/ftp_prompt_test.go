//go:build linux

package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/ftpd"
)

// typist sits at a terminal on which a program runs.
type typist struct {
	t        *testing.T
	terminal *os.File
	program  *exec.Cmd

	mu   sync.Mutex
	seen string // and not yet looked at
	all  string
}

// sitDown starts a program on a terminal.
func sitDown(t *testing.T, program *exec.Cmd) *typist {
	terminal, err := pty.StartWithSize(program, &pty.Winsize{Rows: 24, Cols: 120})
	if err != nil {
		t.Fatal(err)
	}
	p := &typist{t: t, terminal: terminal, program: program}
	var reading sync.WaitGroup
	reading.Go(func() {
		b := make([]byte, 4096)
		for {
			n, err := terminal.Read(b)
			p.mu.Lock()
			p.seen += string(b[:n])
			p.all += string(b[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	})
	t.Cleanup(func() {
		program.Process.Kill()
		terminal.Close()
		reading.Wait()
	})
	return p
}

// see waits until the program has written text, after what was seen before.
func (p *typist) see(text string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		p.mu.Lock()
		_, after, ok := strings.Cut(p.seen, text)
		if ok {
			p.seen = after
		}
		p.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("no %q; there was:\n%s", text, p.screen())
		}
	}
}

// screen is everything that the program has written.
func (p *typist) screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all
}

func (p *typist) types(keys string) {
	p.t.Helper()
	if _, err := p.terminal.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// waitFor waits until the program has taken something of the terminal away, such
// as that what is typed is shown.
func (p *typist) waitFor(gone uint32) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		mode, err := unix.IoctlGetTermios(int(p.terminal.Fd()), unix.TCGETS)
		if err == nil && mode.Lflag&gone == 0 {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("the terminal's mode is %+v, %v", mode, err)
		}
	}
}

const (
	enter = "\r"
	up    = "\x1b[A"
	tab   = "\t"
	ctrlC = "\x03"
)

// startFTPServer serves dir to alice on this machine.
func startFTPServer(t *testing.T, dir string) (address string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = ln.Addr().String()
	ln.Close()
	server := &ftpd.Server{Addr: address, Users: map[string]ftpd.User{"alice": {Password: "secret", Root: dir}}}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, netx.OS{}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return address
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// makeLongFile makes a file of which nobody sees the end, and no byte is on the
// disk.
func makeLongFile(t *testing.T, dir string) {
	name := filepath.Join(dir, "long")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 1<<40); err != nil {
		t.Skip("no long files here:", err)
	}
}

// Without a prompt, Ctrl-C ends the program; the server is told before.
func TestFTPInterrupted(t *testing.T) {
	dir := t.TempDir()
	makeLongFile(t, dir)
	program := exec.Command("wirebook", "ftp", "-v", "alice:secret@"+startFTPServer(t, dir), "get", "long", "/dev/null")
	program.Env = append(os.Environ(), "WIREBOOK_LANG=en")
	p := sitDown(t, program)
	p.see("S: 150")
	p.types(ctrlC)
	p.see("C: ABOR")
	p.see("D: passive:")
	if err := program.Wait(); program.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("%v; there was:\n%s", err, p.screen())
	}
}

// Ctrl-C where the password is asked for leaves the terminal as it was.
func TestFTPPasswordInterrupted(t *testing.T) {
	program := exec.Command("wirebook", "ftp", "alice@127.0.0.1:1")
	program.Env = append(os.Environ(), "WIREBOOK_LANG=en")
	p := sitDown(t, program)
	p.see("Password of alice")
	p.waitFor(unix.ECHO)
	p.types(ctrlC)
	if err := program.Wait(); program.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("%v; there was:\n%s", err, p.screen())
	}
	if mode, err := unix.IoctlGetTermios(int(p.terminal.Fd()), unix.TCGETS); err != nil || mode.Lflag&unix.ECHO == 0 {
		t.Errorf("the terminal is left silent: %+v, %v", mode, err)
	}
}

func TestFTPPrompt(t *testing.T) {
	dir, here := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "读 我"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"hello.txt": "hello\n", "读 我/first.txt": "1", "读 我/second.txt": "2"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	makeLongFile(t, dir)
	address := startFTPServer(t, dir)
	state := t.TempDir()
	start := func() *typist {
		program := exec.Command("wirebook", "ftp", "alice@"+address)
		program.Dir = here
		program.Env = append(os.Environ(), "TERM=xterm", "XDG_STATE_HOME="+state, "LC_ALL=C.UTF-8", "WIREBOOK_LANG=en")
		p := sitDown(t, program)
		p.see("Password of alice at " + address + ": ")
		p.waitFor(unix.ECHO)
		p.types("secret" + enter)
		p.see("You are logged in")
		p.see("ftp> ")
		return p
	}

	p := start()
	p.types("ls" + enter)
	p.see("hello.txt")
	p.see("读 我")
	p.see("ftp> ")
	// A name is completed, also one with a space.
	p.types("get he" + tab + enter)
	p.see("hello.txt: 6 bytes")
	if got, err := os.ReadFile(filepath.Join(here, "hello.txt")); err != nil || string(got) != "hello\n" {
		t.Errorf("got %q, %v", got, err)
	}
	p.types("cd 读" + tab + enter)
	p.see("ftp> ")
	p.types("pwd" + enter)
	p.see("/读 我")
	p.types("get " + tab + tab)
	p.see("first.txt")
	p.see("second.txt")
	p.types("f" + tab + " -" + enter)
	p.see("1")
	p.see("first.txt: 1 bytes")
	// A mistake is told, and the session goes on.
	p.types("fetch x" + enter)
	p.see(`"fetch" is not a command`)
	p.types("get nosuch" + enter)
	p.see("550")
	// A transfer of more than a second shows how far it is. Ctrl-C ends it.
	p.types("get /long /dev/null" + enter)
	p.see(" of 1099511627776 bytes (0 %)")
	p.types(ctrlC)
	p.see("Broken off. The session goes on.")
	p.types("verbose" + enter + "active" + enter + "get /hello.txt" + enter)
	p.see("C: EPRT |1|127.0.0.1|")
	p.see("D: active: 127.0.0.1:")
	p.types("quote PASS terrible" + enter)
	p.see("C: PASS ***")
	p.types("quit" + enter)
	p.see("S: 221")
	if err := p.program.Wait(); err != nil {
		t.Error(err)
	}

	// The next day: the history is there, without the password.
	p = start()
	p.types(up + up + enter)
	p.see("get /hello.txt")
	p.see("hello.txt: 6 bytes")
	p.types("lpwd" + enter)
	p.see(filepath.Base(here))
	p.see("ftp> ")
	p.waitFor(unix.ISIG) // from here on, Ctrl-C is a key as others are
	p.types(ctrlC)
	if err := p.program.Wait(); err != nil {
		t.Errorf("after Ctrl-C at the prompt: %v", err)
	}
	told := start()
	told.program.Process.Signal(syscall.SIGTERM)
	if err := told.program.Wait(); told.program.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("after SIGTERM at the prompt: %v; there was:\n%s", err, told.screen())
	}
	if strings.Contains(p.screen(), "secret") {
		t.Error("the password was shown")
	}
	history := filepath.Join(state, "wirebook", "ftp_history")
	kept, err := os.ReadFile(history)
	if err != nil || !strings.Contains(string(kept), "get /hello.txt\n") || strings.Contains(string(kept), "terrible") {
		t.Errorf("the history is %q, %v", kept, err)
	}
	if info, err := os.Stat(history); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the history is for others to read: %v, %v", info.Mode(), err)
	}
}
