package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/ftpd"
)

const (
	ftpRounds = 5
	ftpLarge  = 100 << 20 // bytes
	ftpSmall  = 1 << 10
	ftpWriter = "ftp" // the user that Debian's vsftpd writes as
)

// benchFTP compares our server with vsftpd: a large file down and up, and small
// files, over one session and over one session each.
func benchFTP(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench-ftp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	up := filepath.Join(dir, "up")
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "large"), make([]byte, ftpLarge), 0o644),
		os.WriteFile(filepath.Join(dir, "small"), make([]byte, ftpSmall), 0o644),
		os.Mkdir(up, 0o755),
		os.Chmod(dir, 0o555),
	)
	if err != nil {
		return err
	}
	if u, err := user.Lookup(ftpWriter); err == nil && os.Getuid() == 0 {
		uid, _ := strconv.Atoi(u.Uid)
		if err := os.Chown(up, uid, -1); err != nil {
			return err
		}
	}
	servers := []ftpServer{
		{"vsftpd", "anonymous", startVSFTPD},
		{"wirebook", "bench", startChild("ftp-wirebook")},
	}
	for _, task := range ftpTasks {
		if err := compareFTP(ctx, dir, task, servers); err != nil {
			return err
		}
	}
	return nil
}

type ftpServer struct {
	name, user string
	start      func(ctx context.Context, dir string, port int) (*exec.Cmd, error)
}

// ftpTask is something that a client does again and again.
type ftpTask struct {
	name, what, unit string
	per              float64 // units each time
	run              func(at, who string) (again func() error, end func(), err error)
}

var ftpTasks = []ftpTask{
	{"download", "100 MiB down", "MB/s", ftpLarge / 1e6, inSession(func(c *ftpLoad) error { return c.get("large", ftpLarge) })},
	{"upload", "100 MiB up", "MB/s", ftpLarge / 1e6, inSession(func(c *ftpLoad) error { return c.put("up/large", ftpLarge) })},
	{"small", "files of 1 KiB, in one session", "files/s", 1, inSession(func(c *ftpLoad) error { return c.get("small", ftpSmall) })},
	{"sessions", "files of 1 KiB, a session each", "files/s", 1, func(at, who string) (func() error, func(), error) {
		return func() error {
			c, err := dialFTP(at, who)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := c.get("small", ftpSmall); err != nil {
				return err
			}
			return c.do(221, "QUIT")
		}, func() {}, nil
	}},
}

func inSession(do func(*ftpLoad) error) func(at, who string) (func() error, func(), error) {
	return func(at, who string) (func() error, func(), error) {
		c, err := dialFTP(at, who)
		if err != nil {
			return nil, nil, err
		}
		return func() error { return do(c) }, func() { c.Close() }, nil
	}
}

// compareFTP has each server do the task in turn, and prints the medians and
// their ratio to the first's. The server has one core, and the client another.
func compareFTP(ctx context.Context, dir string, task ftpTask, servers []ftpServer) error {
	rates := make([][]float64, len(servers))
	for range ftpRounds {
		for i, s := range servers {
			rate, err := measureFTP(ctx, s, dir, task.name)
			if errors.Is(err, exec.ErrNotFound) {
				fmt.Printf("%s: skipped: %v\n", task.what, err)
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			rates[i] = append(rates[i], rate)
		}
	}
	fmt.Println(task.what)
	for i, s := range servers {
		line := fmt.Sprintf("  %-16s %7.0f %s", s.name, median(rates[i]), task.unit)
		if i > 0 {
			line += fmt.Sprintf("  %.2f × %s", median(rates[i])/median(rates[0]), servers[0].name)
		}
		fmt.Println(line)
	}
	return nil
}

func measureFTP(ctx context.Context, s ftpServer, dir, task string) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	command, err := s.start(ctx, dir, port)
	if err != nil {
		return 0, err
	}
	namespace, remove, err := loopback()
	if err != nil {
		return 0, err
	}
	defer remove()
	server := pin(ctx, "0", within(ctx, namespace, command))
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer server.Wait()
	defer cancel()
	load, err := os.Executable()
	if err != nil {
		return 0, err
	}
	client := within(ctx, namespace, exec.CommandContext(ctx, load, "ftp-load", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), s.user, task))
	out, err := pin(ctx, "1-1023", client).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("load: %w\n%s%s", err, out, said.String())
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// startVSFTPD runs it as Debian does, for anonymous, who may write. Only the network
// namespace that it would give each session is left out: to make one and to take it
// down takes longer than all else together, and the kernel takes them down during
// the next measurement.
func startVSFTPD(ctx context.Context, dir string, port int) (*exec.Cmd, error) {
	program, err := exec.LookPath("vsftpd")
	if err != nil {
		return nil, fmt.Errorf("%w: apt-get install vsftpd", err)
	}
	if os.Getuid() != 0 {
		return nil, fmt.Errorf("%w: vsftpd needs root", exec.ErrNotFound)
	}
	const empty = "/var/run/vsftpd/empty" // as its init script does
	if err := os.MkdirAll(empty, 0o755); err != nil {
		return nil, err
	}
	file := filepath.Join(filepath.Dir(dir), filepath.Base(dir)+"-vsftpd.conf")
	config := fmt.Sprintf(`listen=YES
listen_ipv6=NO
listen_address=127.0.0.1
listen_port=%d
background=NO
anonymous_enable=YES
anon_root=%s
anon_upload_enable=YES
anon_other_write_enable=YES
write_enable=YES
ftp_username=%s
secure_chroot_dir=%s
xferlog_enable=NO
isolate_network=NO
`, port, dir, ftpWriter, empty)
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { os.Remove(file) })
	return exec.CommandContext(ctx, program, file), nil
}

// serveFTP is our server as a process of its own.
func serveFTP(ctx context.Context, args []string) error {
	users := map[string]ftpd.User{"bench": {Password: "bench", Root: args[0]}}
	return (&ftpd.Server{Users: users, Addr: "127.0.0.1:" + args[1]}).Serve(ctx, netx.OS{})
}
