//go:build linux

// Package netns makes network namespaces for tests: the kernel's own TCP/IP
// stack, with cards and addresses that belong to the test alone. It needs root,
// and skips the test otherwise.
package netns

import (
	"context"
	"crypto/rand"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/netx"
)

// Namespace is a network namespace with a card eth0. It is a [netx.Network] and
// a [netx.CardBinder], whose sockets are opened inside.
type Namespace struct {
	Name string
	t    testing.TB
	ip   string // the program
}

// Pair makes two namespaces, whose cards are the ends of one cable. They are
// gone when the test ends.
func Pair(t testing.TB) (a, b *Namespace) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can make network namespaces")
	}
	ip := peer.Path(t, "ip", "iproute2")
	tag := strings.ToLower(rand.Text()[:8])
	a = &Namespace{"wb-" + tag + "a", t, ip}
	b = &Namespace{"wb-" + tag + "b", t, ip}
	for _, n := range []*Namespace{a, b} {
		n.run("netns", "add", n.Name)
		t.Cleanup(func() { n.run("netns", "del", n.Name) })
	}
	a.run("-n", a.Name, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", b.Name)
	for _, n := range []*Namespace{a, b} {
		n.IP("link", "set", "lo", "up")
		n.IP("link", "set", "eth0", "up")
	}
	return a, b
}

func (n *Namespace) run(args ...string) {
	n.t.Helper()
	if out, err := exec.Command(n.ip, args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// IP runs ip(8) inside, as in IP("addr", "add", "192.0.2.1/24", "dev", "eth0").
func (n *Namespace) IP(args ...string) {
	n.t.Helper()
	n.run(append([]string{"-n", n.Name}, args...)...)
}

// Command is a command to be run inside.
func (n *Namespace) Command(program string, args ...string) *exec.Cmd {
	return exec.Command(n.ip, append([]string{"netns", "exec", n.Name, program}, args...)...)
}

// Listen listens inside.
func (n *Namespace) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	return inside(n, func() (net.Listener, error) { return netx.OS{}.Listen(ctx, network, address) })
}

// ListenPacket opens a packet socket inside.
func (n *Namespace) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	return inside(n, func() (net.PacketConn, error) { return netx.OS{}.ListenPacket(ctx, network, address) })
}

// ListenPacketOn opens a packet socket inside that is tied to a card.
func (n *Namespace) ListenPacketOn(ctx context.Context, card, network, address string) (net.PacketConn, error) {
	return inside(n, func() (net.PacketConn, error) { return netx.OS{}.ListenPacketOn(ctx, card, network, address) })
}

// DialContext connects from inside to an address (not to a name).
func (n *Namespace) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return inside(n, func() (net.Conn, error) { return netx.OS{}.DialContext(ctx, network, address) })
}

// inside calls open in a thread that is in the namespace. A socket belongs to
// the namespace in which it was opened, whoever uses it. The thread ends with
// its goroutine, which has it locked.
func inside[T any](n *Namespace, open func() (T, error)) (opened T, err error) {
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread()
		var handle *os.File
		if handle, err = os.Open("/run/netns/" + n.Name); err != nil {
			return
		}
		defer handle.Close()
		if err = unix.Setns(int(handle.Fd()), unix.CLONE_NEWNET); err == nil {
			opened, err = open()
		}
	}()
	<-done
	return opened, err
}
