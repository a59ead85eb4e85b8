package dhcpd

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/netns"
	"github.com/wirebook/wirebook/internal/peer"
)

// The clients that people have get a lease, renew it, and give it back, over
// the kernel's own TCP/IP.

// script is what the clients call when something has happened. It configures
// the card and writes down what the client was told.
const script = `#!/bin/sh
what=${reason:-$1}
echo "$what ${new_ip_address:-$ip} ${new_subnet_mask:-$subnet} ${new_routers:-$router} ${new_domain_name_servers:-$dns} ${new_domain_name:-$domain}" >> "$(dirname "$0")/log"
case $what in
BOUND|bound|RENEW|renew) ip addr replace ${new_ip_address:-$ip}/24 dev eth0 ;;
esac
exit 0
`

type guest struct {
	t      *testing.T
	server *Server
	place  *netns.Namespace
	dir    string
}

func newGuest(t *testing.T, lease time.Duration) *guest {
	t.Helper()
	home, away := netns.Pair(t)
	home.IP("addr", "add", "192.0.2.67/24", "dev", "eth0")
	network := campus(100)
	network.Lease = lease
	g := &guest{t: t, place: away, dir: t.TempDir(), server: &Server{
		Card: "eth0", ID: addr("192.0.2.67"), Networks: []Network{network}, Dir: openRoot(t, t.TempDir()), Log: quiet,
	}}
	if err := os.WriteFile(g.file("script"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.server.Serve(ctx, home) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return g
}

func (g *guest) file(name string) string { return filepath.Join(g.dir, name) }

// start runs a client until the test ends.
func (g *guest) start(program string, args ...string) *exec.Cmd {
	g.t.Helper()
	// Pdeathsig is about the thread that starts the client. In netns threads end, and
	// one that had started a client would take it along: this one is the test's.
	runtime.LockOSThread()
	cmd := g.place.Command(program, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		if g.t.Failed() {
			log, _ := os.ReadFile(g.file("log"))
			g.t.Logf("%s said:\n%s\nand did:\n%s", program, said.String(), log)
		}
	})
	return cmd
}

// run runs a command to its end.
func (g *guest) run(program string, args ...string) {
	g.t.Helper()
	if out, err := g.place.Command(program, args...).CombinedOutput(); err != nil {
		g.t.Errorf("%s: %v\n%s", program, err, out)
	}
}

// await waits until the client's lease is as it should be, and returns it.
func (g *guest) await(what string, good func(Lease) bool) Lease {
	g.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if all := g.server.Leases(); len(all) > 0 && good(all[0]) {
			return all[0]
		}
	}
	g.t.Fatalf("never %s: %+v", what, g.server.Leases())
	return Lease{}
}

func (g *guest) awaitBound() Lease {
	g.t.Helper()
	l := g.await("lent", func(l Lease) bool { return l.State == Bound })
	const told = "192.0.2.100 255.255.255.0 192.0.2.1 192.0.2.53 example.edu"
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if log, _ := os.ReadFile(g.file("log")); strings.Contains(string(log), told) {
			return l
		}
	}
	g.t.Fatalf("the client was not told %s", told)
	return l
}

func (g *guest) awaitRenewed(first Lease) {
	g.t.Helper()
	g.await("renewed", func(l Lease) bool { return l.State == Bound && l.Since.After(first.Since) })
}

func (g *guest) awaitReleased() {
	g.t.Helper()
	g.await("given back", func(l Lease) bool { return l.State == Released })
}

func TestUdhcpc(t *testing.T) {
	busybox := peer.Path(t, "busybox", "busybox")
	g := newGuest(t, time.Hour)
	client := g.start(busybox, "udhcpc", "-i", "eth0", "-f", "-R", "-s", g.file("script"), "-T", "1")
	lease := g.awaitBound()
	client.Process.Signal(syscall.SIGUSR1) // renew now
	g.awaitRenewed(lease)
	client.Process.Signal(syscall.SIGTERM)
	g.awaitReleased()
}

func TestDhclient(t *testing.T) {
	dhclient := peer.Path(t, "dhclient", "isc-dhcp-client")
	g := newGuest(t, 6*time.Second)
	args := []string{"-4", "-d", "-cf", "/dev/null", "-sf", g.file("script"), "-lf", g.file("leases"), "-pf", g.file("pid")}
	g.start(dhclient, append(args, "eth0")...)
	g.awaitRenewed(g.awaitBound()) // at T1, after 3 seconds
	g.run(dhclient, append(args, "-r", "eth0")...)
	g.awaitReleased()
}

func TestDhcpcd(t *testing.T) {
	dhcpcd := peer.Path(t, "dhcpcd", "dhcpcd-base")
	g := newGuest(t, time.Hour)
	config := "clientid\nnoarp\nnoipv4ll\nnodelay\nnohook resolv.conf\n" +
		"option subnet_mask, routers, domain_name_servers, domain_name\nscript " + g.file("script") + "\n"
	if err := os.WriteFile(g.file("conf"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"-4", "-f", g.file("conf")}
	g.start(dhcpcd, append(args, "-B", "eth0")...)
	lease := g.awaitBound()
	g.run(dhcpcd, append(args, "-N", "eth0")...) // renew now
	g.awaitRenewed(lease)
	g.release(dhcpcd, append(args, "-k", "eth0"))
	g.awaitReleased()
}

// release runs the command that makes a client give its lease back. dhcpcd 9.4
// can lose the signal by which it is told so while it is still busy with the
// renewal: then it has to be told again.
func (g *guest) release(program string, args []string) {
	g.t.Helper()
	var out []byte
	var err error
	for range 3 {
		if out, err = g.place.Command(program, args...).CombinedOutput(); err == nil {
			return
		}
	}
	g.t.Errorf("%s: %v\n%s", program, err, out)
}
