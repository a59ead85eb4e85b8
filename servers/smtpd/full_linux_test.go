package smtpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

func init() { tasks["full"] = serveOnAFullDisk }

// serveOnAFullDisk serves on a disk of 256 KiB, in a mount namespace of its own.
func serveOnAFullDisk() {
	dir := os.Getenv("SMTPD_DIR")
	exitOn(syscall.Mount("disk", dir, "tmpfs", 0, "size=256k"))
	store, err := mailbox.OpenStore(filepath.Join(dir, "mail"), mailbox.Config{Host: "mail", Log: quiet})
	exitOn(err)
	q, err := queue.Open(filepath.Join(dir, "queue"), queue.Config{Log: quiet})
	exitOn(err)
	nw := street{own: "127.0.0.1:0"}
	ln, err := nw.Listen(context.Background(), "tcp", "")
	exitOn(err)
	nw.own = ln.Addr().String()
	ln.Close()
	s := &Server{
		Domains: []string{"second.example"}, SubmissionAddr: None,
		Mail: store, Users: testUsers, Queue: q, Resolver: nw, Log: quiet,
	}
	go s.Serve(context.Background(), nw)

	accepted, text := 0, "Subject: full\r\n\r\n"+strings.Repeat("Lorem ipsum dolor sit amet.\r\n", 500)
	for try := 0; ; try++ {
		reply, err := replyTo(nw.own, text)
		if try > 1000 {
			exitOn(fmt.Errorf("after %d accepted: %q, %w", accepted, reply, err))
		}
		if strings.HasPrefix(reply, "250") {
			accepted++
		} else if reply != "" {
			if !strings.HasPrefix(reply, "452 4.3.1") || accepted < 5 {
				exitOn(fmt.Errorf("after %d accepted: %s", accepted, reply))
			}
			break
		}
	}
	for _, folder := range []string{"mail/bob/tmp", "queue/tmp", "queue/messages"} {
		if left, err := os.ReadDir(filepath.Join(dir, folder)); err != nil || len(left) > 0 {
			exitOn(fmt.Errorf("left in %s: %v, %w", folder, left, err))
		}
	}
	all, err := filepath.Glob(filepath.Join(dir, "mail/bob/new/*"))
	if err != nil || len(all) != accepted {
		exitOn(fmt.Errorf("%d messages are there, %d were accepted; %w", len(all), accepted, err))
	}
	exitOn(errors.Join(os.Remove(all[0]), os.Remove(all[1])))
	if reply, err := replyTo(nw.own, text); !strings.HasPrefix(reply, "250") {
		exitOn(fmt.Errorf("there is room again: %q, %w", reply, err))
	}
}

// replyTo is what is answered to a message.
func replyTo(address, text string) (string, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "HELO x\r\nMAIL FROM:<alice@first.example>\r\nRCPT TO:<bob@second.example>\r\nDATA\r\n%s.\r\nQUIT\r\n", text)
	var replies [4096]byte
	said := ""
	for !strings.Contains(said, "\n221") {
		n, err := conn.Read(replies[:])
		if err != nil {
			return "", err
		}
		said += string(replies[:n])
	}
	lines := strings.Split(said, "\r\n")
	return lines[len(lines)-3], nil
}

// TestAFullDisk: what does not fit is refused with 452, nothing half is left, and
// what was accepted is there.
func TestAFullDisk(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SMTPD_CHILD=full", "SMTPD_DIR="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		t.Skipf("no user namespaces here: %v", err)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
