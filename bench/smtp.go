package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/smtpd"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

const (
	smtpRounds      = 3
	smtpMessages    = 2000
	smtpConnections = 16
	smtpOctets      = 4 << 10
)

// benchSMTP compares our server with postfix: messages of 4 KiB that come over
// several connections, until the last one lies in the Maildir of its recipient.
// Both have a message on the disk (fsync) before they say 250, and once more
// before they forget it: postfix in its queue and then in the Maildir, ours in the
// Maildir, which brings the folder's names to the disk, too. Neither writes a log.
func benchSMTP(ctx context.Context) error {
	servers := []smtpServer{{"postfix", startPostfix, stopPostfix}, {"wirebook", startChild("smtp-wirebook"), nil}}
	accepted, delivered := make([][]float64, len(servers)), make([][]float64, len(servers))
	for range smtpRounds {
		for i, s := range servers {
			a, d, err := measureSMTP(ctx, s)
			if errors.Is(err, exec.ErrNotFound) {
				fmt.Printf("skipped: %v\n", err)
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			accepted[i], delivered[i] = append(accepted[i], a), append(delivered[i], d)
		}
	}
	for _, table := range []struct {
		what  string
		rates [][]float64
	}{{"accepted (250)", accepted}, {"in the Maildir", delivered}} {
		fmt.Printf("messages of 4 KiB, over %d connections, %s\n", smtpConnections, table.what)
		for i, s := range servers {
			line := fmt.Sprintf("  %-16s %7.0f messages/s", s.name, median(table.rates[i]))
			if i > 0 {
				line += fmt.Sprintf("  %.2f × %s", median(table.rates[i])/median(table.rates[0]), servers[0].name)
			}
			fmt.Println(line)
		}
	}
	return nil
}

// smtpServer is one that is measured. start gives it a folder, in which it delivers
// bob's mail to mail/bob.
type smtpServer struct {
	name  string
	start func(ctx context.Context, dir string, port int) (*exec.Cmd, error)
	stop  func(dir string) // nil: it is killed
}

func measureSMTP(ctx context.Context, s smtpServer) (accepted, delivered float64, err error) {
	dir, err := os.MkdirTemp("", "bench-smtp-")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return 0, 0, err
	}
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	command, err := s.start(ctx, dir, port)
	if err != nil {
		return 0, 0, err
	}
	server := pin(ctx, "0", command)
	if err := server.Start(); err != nil {
		return 0, 0, err
	}
	defer server.Wait()
	defer cancel()
	if s.stop != nil {
		defer s.stop(dir)
	}
	load, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}
	at := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	out, err := pin(ctx, "1-1023", exec.CommandContext(ctx, load, "smtp-load", at, filepath.Join(dir, "mail", "bob", "new"))).CombinedOutput()
	if err != nil {
		return 0, 0, fmt.Errorf("load: %w\n%s", err, out)
	}
	_, err = fmt.Sscan(string(out), &accepted, &delivered)
	return accepted, delivered, err
}

// startPostfix runs postfix with a configuration of its own: Debian's, but for a
// log, the DNS and what would slow it down on purpose.
func startPostfix(ctx context.Context, dir string, port int) (*exec.Cmd, error) {
	program, err := exec.LookPath("postfix")
	if err != nil {
		return nil, fmt.Errorf("%w: apt-get install postfix", err)
	}
	if os.Getuid() != 0 {
		return nil, fmt.Errorf("%w: postfix needs root", exec.ErrNotFound)
	}
	owner, err := user.Lookup("postfix")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "etc")
	mainFile := fmt.Sprintf(postfixMain, dir, uid)
	masterFile := fmt.Sprintf(postfixMaster, port)
	for _, folder := range []string{"etc", "spool", "data", "mail"} {
		err = errors.Join(err, os.Mkdir(filepath.Join(dir, folder), 0o755))
	}
	err = errors.Join(err,
		os.Chown(filepath.Join(dir, "data"), uid, -1), os.Chown(filepath.Join(dir, "mail"), uid, -1),
		os.WriteFile(filepath.Join(config, "main.cf"), []byte(mainFile), 0o644),
		os.WriteFile(filepath.Join(config, "master.cf"), []byte(masterFile), 0o644))
	return exec.CommandContext(ctx, program, "-c", config, "start-fg"), err
}

const postfixMain = `compatibility_level = 3.6
queue_directory = %[1]s/spool
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = /dev/stdout
myhostname = mail.example.com
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
in_flow_delay = 0
virtual_mailbox_domains = example.com
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = static:bob/
virtual_uid_maps = static:%[2]d
virtual_gid_maps = static:%[2]d
`

const postfixMaster = `127.0.0.1:%d inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`

// stopPostfix ends all of its processes, which are not children of the one that was
// started.
func stopPostfix(dir string) {
	exec.Command("postfix", "-c", filepath.Join(dir, "etc"), "stop").Run()
}

// serveSMTP is our server as a process of its own.
func serveSMTP(ctx context.Context, args []string) error {
	log := slog.New(slog.DiscardHandler)
	store, err := mailbox.OpenStore(filepath.Join(args[0], "mail"), mailbox.Config{Log: log})
	if err != nil {
		return err
	}
	defer store.Close()
	q, err := queue.Open(filepath.Join(args[0], "queue"), queue.Config{Log: log})
	if err != nil {
		return err
	}
	defer q.Close()
	return (&smtpd.Server{
		Addr: net.JoinHostPort("127.0.0.1", args[1]), SubmissionAddr: smtpd.None,
		Domains: []string{"example.com"}, Mail: store, Users: mailbox.Passwords{"bob": "bob"},
		Queue: q, Resolver: net.DefaultResolver, Log: log,
	}).Serve(ctx, netx.OS{})
}

// loadSMTP sends messages, waits until they are in a folder, and prints how many a
// second were accepted, and delivered.
func loadSMTP(_ context.Context, args []string) error {
	at, folder := args[0], args[1]
	message := "From: alice@example.edu\r\nTo: bob@example.com\r\nSubject: bench\r\n\r\n"
	for len(message) < smtpOctets-80 {
		message += strings.Repeat("x", 76) + "\r\n"
	}
	if err := sendMails(at, message, 50); err != nil { // every process of postfix is there
		return err
	}
	if err := awaitFiles(folder, 50); err != nil {
		return err
	}
	start := time.Now()
	if err := sendMails(at, message, smtpMessages); err != nil {
		return err
	}
	accepted := time.Since(start)
	if err := awaitFiles(folder, 50+smtpMessages); err != nil {
		return err
	}
	fmt.Println(smtpMessages/accepted.Seconds(), smtpMessages/time.Since(start).Seconds())
	return nil
}

func sendMails(at, message string, count int) error {
	var clients sync.WaitGroup
	failures := make(chan error, smtpConnections)
	for i := range smtpConnections {
		clients.Go(func() {
			failures <- smtpClient(at, message, (count+i)/smtpConnections)
		})
	}
	clients.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// smtpClient sends messages over one connection, with the envelope in one write.
func smtpClient(at, message string, count int) error {
	conn, err := net.Dial("tcp", at)
	for start := time.Now(); err != nil && time.Since(start) < 20*time.Second; conn, err = net.Dial("tcp", at) {
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	hear := func(codes ...string) error {
		for _, code := range codes {
			line, err := in.ReadString('\n')
			for err == nil && len(line) > 3 && line[3] == '-' {
				line, err = in.ReadString('\n')
			}
			if err != nil || !strings.HasPrefix(line, code) {
				return fmt.Errorf("want %s, got %q, %w", code, line, err)
			}
		}
		return nil
	}
	say := func(text string) error { _, err := io.WriteString(conn, text); return err }
	err = errors.Join(hear("220"), say("EHLO bench\r\n"), hear("250"))
	for range count {
		if err != nil {
			return err
		}
		err = errors.Join(say("MAIL FROM:<alice@example.edu>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n"), hear("250", "250", "354"))
		if err == nil {
			err = errors.Join(say(message+".\r\n"), hear("250"))
		}
	}
	return err
}

// awaitFiles waits until a folder has so many files.
func awaitFiles(folder string, count int) error {
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(5 * time.Millisecond) {
		if entries, err := os.ReadDir(folder); err == nil && len(entries) >= count {
			return nil
		}
	}
	return fmt.Errorf("%s has not got %d files within a minute", folder, count)
}
