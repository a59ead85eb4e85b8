package guest

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/wirebook/wirebook/internal/peer"
	"golang.org/x/sys/unix"
)

func TestPing(t *testing.T) {
	needGuests(t)
	peer.Path(t, "ping", "iputils-ping")
	lan := newNeighbour()
	for _, addr := range []string{"10.1.0.1", "2001:db8:1::1", "router"} {
		var text strings.Builder
		c := host("ping", "-n", "-c", "2", "-i", "0.1", "-W", "5", addr)
		c.Stdout, c.Stderr = &text, &text
		g, err := Start(t.Context(), c, lan.attach)
		if err != nil {
			t.Fatal(err)
		}
		if status, err := g.Wait(); status.Code != 0 || err != nil || !strings.Contains(text.String(), "2 received") {
			t.Errorf("ping %s: %v, %v:\n%s", addr, status, err, &text)
		}
	}
	for _, frame := range lan.received() {
		if !bytes.Equal(frame[6:12], net.HardwareAddr{2, 0, 0, 0, 0, 5}) {
			t.Errorf("a frame from %s", net.HardwareAddr(frame[6:12]))
		}
	}
}

func TestCardBeforeDHCP(t *testing.T) {
	needGuests(t)
	peer.Path(t, "ip", "iproute2")
	c := host("ip", "-4", "route")
	c.Addrs, c.Gateways = nil, []netip.Addr{netip.IPv4Unspecified()}
	if text, _ := output(t, c); !strings.Contains(text, "default dev eth0 scope link") {
		t.Errorf("nothing can be broadcast:\n%s", text)
	}
}

func TestCard(t *testing.T) {
	needGuests(t)
	peer.Path(t, "ip", "iproute2")
	c := host("sh", "-c", "ip -o link; ip -o -brief addr; ip -4 route; ip -6 route show default; ls /sys/class/net; cat /proc/sys/net/ipv4/ping_group_range")
	c.MTU = 9000
	text, _ := output(t, c)
	for _, want := range []string{
		"eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9000",
		"link/ether 02:00:00:00:00:05",
		"lo: <LOOPBACK,UP,LOWER_UP>",
		"10.1.0.5/24", "2001:db8:1::5/64",
		"fe80::ff:fe00:5/64", // at once: no duplicate address detection
		"default via 10.1.0.1 dev eth0",
		"default via 2001:db8:1::1 dev eth0",
		"eth0\nlo\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "tentative") {
		t.Errorf("an address is not usable yet:\n%s", text)
	}
}

// Root inside may take the card down and up again, as an exercise does.
func TestCardDownAndUp(t *testing.T) {
	needGuests(t)
	peer.Path(t, "ip", "iproute2")
	text, status := output(t, host("sh", "-c", "ip link set eth0 down && ip link set eth0 up && ping -n -c 1 -W 5 10.1.0.1"))
	if status.Code != 0 {
		t.Errorf("%v:\n%s", status, text)
	}
}

// Before a DHCP client has run, a card is up and has no address.
func TestCardWithoutAddress(t *testing.T) {
	needGuests(t)
	peer.Path(t, "ip", "iproute2")
	c := host("sh", "-c", "ip -4 -o addr show dev eth0; cat /sys/class/net/eth0/carrier; getent hosts alice")
	c.Addrs, c.Gateways, c.Resolver, c.Name = nil, nil, nil, "alice"
	if text, _ := output(t, c); strings.Join(strings.Fields(text), " ") != "1 127.0.1.1 alice" {
		t.Errorf("got %q", text)
	}
}

func TestAddressThatCannotBe(t *testing.T) {
	needGuests(t)
	c := host("true")
	c.Addrs = append(c.Addrs, netip.MustParsePrefix("ff02::5/64"))
	_, err := Start(t.Context(), c, newNeighbour().attach)
	if err == nil || !strings.Contains(err.Error(), "ip address replace ff02::5/64 dev eth0: cannot assign requested address") {
		t.Errorf("error %v", err)
	}
}

func TestLowPortsAreTheProgram(t *testing.T) {
	needGuests(t)
	peer.Path(t, "python3", "python3-minimal")
	const script = `import socket
s = socket.socket(socket.AF_INET6); s.bind(("", 80)); s.listen()
c = socket.create_connection(("10.1.0.5", 80)); print(c.getpeername())`
	if text, _ := output(t, host("python3", "-c", script)); text != "('10.1.0.5', 80)\n" {
		t.Errorf("got %q", text)
	}
}

// The Tap of a guest in one process is used by another: what joining a
// running world is.
func TestTapPassedOn(t *testing.T) {
	needGuests(t)
	here, there := socketPair(t)
	lan := newNeighbour()
	c := host("ping", "-n", "-c", "1", "-W", "5", "10.1.0.1")
	var text strings.Builder
	c.Stdout = &text
	g, err := Start(t.Context(), c, func(g *Guest, tap *Tap) error {
		if err := SendTap(here, tap); err != nil {
			return err
		}
		received, err := ReceiveTap(there)
		if err != nil {
			return err
		}
		t.Cleanup(func() { received.Close() })
		tap.Close()
		return lan.attach(g, received)
	})
	if err != nil {
		t.Fatal(err)
	}
	if status, err := g.Wait(); status.Code != 0 || err != nil {
		t.Error(status, err, text.String())
	}
}

// When whoever has the Tap is gone, the guest sees that its cable is out.
func TestPulledCable(t *testing.T) {
	needGuests(t)
	var tap *Tap
	c := host("sh", "-c", "echo ready; while [ $(cat /sys/class/net/eth0/carrier) = 1 ]; do sleep 0.01; done; echo out")
	r, w, _ := os.Pipe()
	defer r.Close()
	c.Stdout = w
	g, err := Start(t.Context(), c, func(_ *Guest, far *Tap) error { tap = far; return nil })
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	out := &lines{t: t, r: r, stop: g.Kill}
	out.until("ready")
	tap.Close()
	out.until("out")
	g.Wait()
}

func TestReceiveTapRefuses(t *testing.T) {
	file, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fd := int(file.Fd())
	for name, message := range map[string]struct {
		data string
		fds  []int
	}{
		"no descriptor":      {"T", nil},
		"another descriptor": {"T", []int{fd}},
		"two":                {"T", []int{fd, fd}},
		"many":               {"T", bytesOf(fd, maxDescriptors)},
		"another mark":       {"x", []int{fd}},
	} {
		here, there := socketPair(t)
		before := openFiles(t)
		if _, _, err := here.WriteMsgUnix([]byte(message.data), unix.UnixRights(message.fds...), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := ReceiveTap(there); err == nil || !strings.Contains(err.Error(), "network card") {
			t.Errorf("%s: error %v", name, err)
		}
		if after := openFiles(t); after != before {
			t.Errorf("%s: %d descriptors before, %d after", name, before, after)
		}
	}
	here, there := socketPair(t)
	here.Close()
	if _, err := ReceiveTap(there); err == nil {
		t.Error("no error at the end of the connection")
	}
}

func bytesOf(fd, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = fd
	}
	return all
}

func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func socketPair(t *testing.T) (here, there *net.UnixConn) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]*net.UnixConn
	for i, fd := range fds {
		end, err := lineFrom(fd)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { end.Close() })
		ends[i] = end.UnixConn
	}
	return ends[0], ends[1]
}
