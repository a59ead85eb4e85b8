package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/pop3d"
)

const (
	pop3Rounds   = 5
	pop3Users    = 8
	pop3Messages = 1000
	pop3Octets   = 4096
	pop3Seconds  = 2
)

// benchPOP3 compares our server with Dovecot, each with its own copy of the same
// mailboxes, and measures what it costs to open a large one.
func benchPOP3(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench-pop3-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := fillMailboxes(ctx, dir); err != nil {
		return err
	}
	for _, c := range []struct{ sessions, ahead int }{{1, 1}, {1, 32}, {pop3Users, 1}, {pop3Users, 32}} {
		if err := comparePOP3(ctx, dir, c.sessions, c.ahead); err != nil {
			return err
		}
	}
	return errors.Join(openLarge(dir, "1 KB", 1<<10), openLarge(dir, "1 GB", 1<<30))
}

// fillMailboxes makes "ours" and "theirs": for each user 1,000 messages of 4 KB,
// each a text of 64 lines.
func fillMailboxes(ctx context.Context, dir string) error {
	store, err := mailbox.OpenStore(filepath.Join(dir, "ours"), mailbox.Config{Host: "bench"})
	if err != nil {
		return err
	}
	defer store.Close()
	message := strings.Repeat(strings.Repeat("x", 62)+"\r\n", pop3Octets/64)
	var all sync.WaitGroup
	var failed atomic.Value
	for user := range pop3Users {
		all.Go(func() {
			box, err := store.Open(fmt.Sprint("user", user))
			for i := 0; i < pop3Messages && err == nil; i++ {
				err = box.Deliver(ctx, "", strings.NewReader(message))
			}
			if err != nil {
				failed.Store(err)
				return
			}
			box.Close()
		})
	}
	all.Wait()
	if err, _ := failed.Load().(error); err != nil {
		return err
	}
	theirs := filepath.Join(dir, "theirs")
	if err := os.CopyFS(theirs, os.DirFS(filepath.Join(dir, "ours"))); err != nil {
		return err
	}
	// Dovecot reads mail as a user that is not root.
	return filepath.WalkDir(theirs, func(path string, _ os.DirEntry, err error) error {
		if err != nil || os.Getuid() != 0 {
			return err
		}
		return os.Chown(path, dovecotUser(), dovecotUser())
	})
}

func dovecotUser() int {
	const nobody = 65534
	if os.Getuid() == 0 {
		return nobody
	}
	return os.Getuid()
}

// comparePOP3 has so many sessions at once retrieve a mailbox each, again and
// again, with so many RETRs sent before the first is answered. It prints the
// medians and their ratio. The server has one core, and the clients the others.
func comparePOP3(ctx context.Context, dir string, sessions, ahead int) error {
	how := "RETR after RETR"
	if ahead > 1 {
		how = fmt.Sprintf("%d RETRs ahead", ahead)
	}
	what := fmt.Sprintf("%d messages of %d bytes, %d at once, %s", pop3Messages, pop3Octets, sessions, how)
	servers := []pop3Server{{"dovecot", startDovecot}, {"wirebook", startWirebookPOP3}}
	rates, costs := make([][]float64, len(servers)), make([][]float64, len(servers))
	for range pop3Rounds {
		for i, s := range servers {
			rate, cost, err := measurePOP3(ctx, s, dir, sessions, ahead)
			if errors.Is(err, exec.ErrNotFound) {
				fmt.Printf("%s: skipped: %v\n", what, err)
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			rates[i], costs[i] = append(rates[i], rate), append(costs[i], cost)
		}
	}
	fmt.Println(what)
	for i, s := range servers {
		line := fmt.Sprintf("  %-16s %7.0f messages/s, %5.1f µs of processor each", s.name, median(rates[i]), median(costs[i]))
		if i > 0 {
			line += fmt.Sprintf("  %.2f × %s, 1/%.2f of its processor time", median(rates[i])/median(rates[0]), servers[0].name, median(costs[0])/median(costs[i]))
		}
		fmt.Println(line)
	}
	return nil
}

// pop3Server is one of those compared; start is the command that serves the
// mailboxes below dir at a port.
type pop3Server struct {
	name  string
	start func(ctx context.Context, dir, port string) (*exec.Cmd, error)
}

// measurePOP3 starts the server, retrieves from it for some seconds, and stops it.
// It returns the messages in a second, and the microseconds of processor time that
// the server took for each, which depends less on what else the machine does.
func measurePOP3(ctx context.Context, s pop3Server, dir string, sessions, ahead int) (rate, cost float64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	at, err := freeAddress()
	if err != nil {
		return 0, 0, err
	}
	_, port, _ := net.SplitHostPort(at)
	command, err := s.start(ctx, dir, port)
	if err != nil {
		return 0, 0, err
	}
	server := pin(ctx, "0", command)
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) } // Dovecot has children to end
	server.WaitDelay = 10 * time.Second
	if err := server.Start(); err != nil {
		return 0, 0, err
	}
	out, err := loadFromOutside(ctx, at, sessions, ahead)
	cancel()
	server.Wait()
	if err != nil {
		return 0, 0, fmt.Errorf("%w\n%s", err, said.String())
	}
	var messages float64
	if _, err := fmt.Sscan(out, &rate, &messages); err != nil {
		return 0, 0, fmt.Errorf("load: %w: %q", err, out)
	}
	used := server.ProcessState.UserTime() + server.ProcessState.SystemTime()
	return rate, float64(used.Microseconds()) / messages, nil
}

// loadFromOutside waits until the server answers, and has another process retrieve.
func loadFromOutside(ctx context.Context, at string, sessions, ahead int) (string, error) {
	if err := awaitPOP3(ctx, at); err != nil {
		return "", err
	}
	load, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, load, "pop3-load", at, strconv.Itoa(sessions), strconv.Itoa(ahead))
	out, err := pin(ctx, "1-1023", cmd).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("load: %w\n%s", err, out)
	}
	return string(out), err
}

func awaitPOP3(ctx context.Context, at string) error {
	for deadline := time.Now().Add(20 * time.Second); ; {
		err := loginPOP3(at)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// loginPOP3 is a session in which nothing is retrieved.
func loginPOP3(at string) error {
	conn, err := textproto.Dial("tcp", at)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, command := range []string{"", "USER user0", "PASS secret", "QUIT"} {
		if command != "" {
			if err := conn.PrintfLine("%s", command); err != nil {
				return err
			}
		}
		line, err := conn.ReadLine()
		if err != nil {
			return err
		}
		if !strings.HasPrefix(line, "+OK") {
			return fmt.Errorf("%s: the server says %q", command, line)
		}
	}
	return nil
}

// startWirebookPOP3 is our server as a process of its own.
func startWirebookPOP3(ctx context.Context, dir, port string) (*exec.Cmd, error) {
	self, err := os.Executable()
	return exec.CommandContext(ctx, self, "pop3-wirebook", filepath.Join(dir, "ours"), port), err
}

func servePOP3(ctx context.Context, args []string) error {
	store, err := mailbox.OpenStore(args[0], mailbox.Config{Host: "bench"})
	if err != nil {
		return err
	}
	defer store.Close()
	users := mailbox.Passwords{}
	for user := range pop3Users {
		users[fmt.Sprint("user", user)] = "secret"
	}
	server := pop3d.Server{Addr: "127.0.0.1:" + args[1], Mail: store, Users: users, Log: slog.New(slog.DiscardHandler)}
	return server.Serve(ctx, netx.OS{})
}

// startDovecot is Debian's dovecot-pop3d as for a busy server: processes are there
// before they are needed and serve more than one login, and nothing is logged.
func startDovecot(ctx context.Context, dir, port string) (*exec.Cmd, error) {
	program, err := exec.LookPath("dovecot")
	if err != nil {
		return nil, fmt.Errorf("%w: apt-get install dovecot-pop3d", err)
	}
	own, err := os.MkdirTemp(dir, "d") // its sockets' paths must be short
	if err != nil {
		return nil, err
	}
	names := "" // those that Debian has made for it
	if os.Getuid() != 0 {
		names = strings.ReplaceAll("default_login_user = U\ndefault_internal_user = U\n", "U", os.Getenv("USER"))
	}
	config := fmt.Sprintf(`
protocols = pop3
listen = 127.0.0.1
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = /dev/null
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
mail_location = maildir:%[2]s/theirs/%%u
pop3_no_flag_updates = yes
first_valid_uid = 1
%[5]s
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=%[4]d gid=%[4]d home=%[1]s/home/%%u
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service pop3 {
  process_min_avail = 8
  service_count = 1000
}
service pop3-login {
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener pop3 {
    port = %[3]s
  }
  inet_listener pop3s {
    port = 0
  }
}
`, own, dir, port, dovecotUser(), names)
	file := filepath.Join(own, "dovecot.conf")
	if err := errors.Join(os.Chmod(own, 0o755), os.WriteFile(file, []byte(config), 0o644)); err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, program, "-F", "-c", file), nil
}

// openLarge opens a mailbox of 100,000 messages whose names say that each is so
// large, and prints what the view of it keeps in memory.
func openLarge(dir, each string, octets int64) error {
	const messages = 100_000
	root := filepath.Join(dir, "large "+each)
	store, err := mailbox.OpenStore(root, mailbox.Config{Host: "bench"})
	if err != nil {
		return err
	}
	defer store.Close()
	box, err := store.Open("user")
	if err != nil {
		return err
	}
	defer box.Close()
	for i := range messages {
		name := fmt.Sprintf("%d.M1P1Q%d.bench,S=%d,W=%d:2,S", 1772442000+i, i, octets, octets)
		file, err := os.Create(filepath.Join(root, "user", "cur", name))
		if err != nil {
			return err
		}
		file.Close()
	}
	for _, which := range []string{"the first time", "again"} {
		inbox, err := box.Folder(mailbox.Inbox)
		if err != nil {
			return err
		}
		before := heapInUse()
		start := time.Now()
		if err := inbox.Refresh(); err != nil {
			return err
		}
		took := time.Since(start)
		kept := heapInUse() - before
		fmt.Printf("a mailbox of %d messages of %s, opened %s: %.2f s, %d bytes a message\n", messages, each, which, took.Seconds(), kept/messages)
		inbox.Close()
	}
	return nil
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
