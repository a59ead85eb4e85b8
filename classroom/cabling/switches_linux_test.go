package cabling

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/wirebook/wirebook/internet"
)

// inside runs the test again in a user and a network namespace of its own, where it may
// do everything to the network; it is false outside, when that has been done.
func inside(t *testing.T) bool {
	t.Helper()
	const variable = "CABLING_INSIDE"
	if os.Getenv(variable) != "" {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), variable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	switch {
	case err == nil && strings.Contains(string(out), "--- SKIP"):
		t.Skip(string(out))
	case errors.As(err, &ended):
		t.Fatalf("in its namespaces: %v\n%s", err, out)
	case err != nil:
		t.Skipf("no user and network namespaces here: %v", err)
	}
	return false
}

// station is a network namespace, which the test enters for a moment.
type station struct {
	t    *testing.T
	file *os.File
}

func newStation(t *testing.T) *station {
	t.Helper()
	s := &station{t: t}
	s.do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Skipf("no network namespaces here: %v", err)
		}
		var err error
		s.file, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	t.Cleanup(func() { s.file.Close() })
	return s
}

// do runs f in the namespace, on a thread that ends with it.
func (s *station) do(f func() error) {
	s.t.Helper()
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread is not used again
		if s.file != nil {
			if err := unix.Setns(int(s.file.Fd()), unix.CLONE_NEWNET); err != nil {
				ended <- err
				return
			}
		}
		ended <- f()
	}()
	if err := <-ended; err != nil {
		s.t.Fatal(err)
	}
}

// TestCables has two stations on a switch: one sends datagrams to the other, by cables
// that are good, pulled, lossy, or lead by way of another device.
func TestCables(t *testing.T) {
	if !inside(t) {
		return
	}
	switches, err := NewSwitches()
	if err != nil {
		t.Fatal(err)
	}
	defer switches.Close()
	if err := switches.Add("a network with a long name"); err != nil {
		t.Skipf("no bridges here: %v", err)
	}
	a, b := newStation(t), newStation(t)
	var ports []int
	for i, s := range []*station{a, b} {
		mac := net.HardwareAddr{2, 0, 0, 0, 0, byte(i + 1)}
		port, err := switches.Plug(s.file, "a network with a long name", Card{Name: "eth0", MAC: mac})
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port)
		s.do(func() error {
			return SetUp("eth0", []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), 24)})
		})
	}
	var at *net.UDPConn
	b.do(func() error {
		at, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 7})
		return err
	})
	defer at.Close()
	var from *net.UDPConn
	a.do(func() error {
		from, err = net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 7})
		return err
	})
	defer from.Close()
	// comes reports whether one of several datagrams comes; few are enough where none
	// may. What was sent before, and was on its way yet, does not count.
	sent := byte(0)
	comes := func(tries int) bool {
		t.Helper()
		sent++
		for range tries {
			_, _ = from.Write([]byte{sent}) // an error of a former one is told now
			at.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			got := make([]byte, 1)
			for n := 1; n > 0; {
				if n, _, err = at.ReadFromUDP(got); err == nil && got[0] == sent {
					return true
				}
			}
		}
		return false
	}
	const surely, never = 600, 5
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if !comes(surely) {
		t.Fatal("nothing comes")
	}
	must(switches.Pull(ports[0], true))
	if comes(never) {
		t.Error("something comes by a cable that was pulled")
	}
	must(switches.Pull(ports[0], false))
	if !comes(surely) {
		t.Fatal("nothing comes by a cable that was put back")
	}
	if err := switches.SetFaults(ports[1], internet.Faults{Loss: 1}); err != nil {
		t.Logf("no loss here: %v", err)
	} else {
		if comes(never) {
			t.Error("something comes by a cable that loses everything")
		}
		must(switches.SetFaults(ports[1], internet.Faults{Loss: .5}))
		if !comes(surely) {
			t.Error("nothing comes by a cable that loses half")
		}
		must(switches.SetFaults(ports[1], internet.Faults{}))
	}
	if err := switches.SetFaults(ports[0], internet.Faults{Drop: []uint64{3}}); err == nil {
		t.Error("a kernel counts frames")
	}
	testNetem(t, switches, ports[0], func() bool { return comes(surely) })
	testDetour(t, switches, ports[0], func() bool { return comes(surely) })
	if table, err := switches.Table("a network with a long name"); err != nil || len(table) != 2 {
		t.Errorf("the table is %v, %v", table, err)
	}
	for _, port := range ports {
		must(switches.Unplug(port))
		must(switches.Unplug(port)) // it is gone already
	}
	b.do(PullOut)
}

// testNetem delays, where the kernel can; elsewhere it says so.
func testNetem(t *testing.T, s *Switches, port int, comes func() bool) {
	err := s.SetFaults(port, internet.Faults{Delay: time.Millisecond, Rate: 1e8})
	if s.HasNetem() != (err == nil) {
		t.Errorf("netem is here: %v; and yet: %v", s.HasNetem(), err)
	}
	if err != nil && !errors.Is(err, ErrNoNetem) {
		t.Error(err)
	}
	if !comes() {
		t.Error("nothing comes by a cable that is slow")
	}
	if err := s.SetFaults(port, internet.Faults{}); err != nil {
		t.Error(err)
	}
}

// testDetour leads frames by way of another device, in which nothing holds them.
func testDetour(t *testing.T, s *Switches, port int, comes func() bool) {
	link, err := s.kernel.LinkByIndex(port)
	if err != nil {
		t.Fatal(err)
	}
	there, err := s.detour(link)
	if err != nil {
		t.Logf("no detour here: %v", err) // ifb, cls_u32 and act_mirred are modules
		return
	}
	before := packets(t, s, there)
	if !comes() {
		t.Error("nothing comes by the detour")
	}
	if packets(t, s, there) == before {
		t.Error("what has come did not come by the detour")
	}
	if err := s.noDetour(port, link.Attrs().Name); err != nil {
		t.Error(err)
	}
	if !comes() {
		t.Error("nothing comes without the detour")
	}
}

func packets(t *testing.T, s *Switches, link netlink.Link) uint64 {
	now, err := s.kernel.LinkByName(link.Attrs().Name)
	if err != nil {
		t.Fatal(err)
	}
	return now.Attrs().Statistics.RxPackets + now.Attrs().Statistics.TxPackets
}
