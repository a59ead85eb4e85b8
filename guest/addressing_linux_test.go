package guest

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internal/peer"
)

// A session is a shell on a guest that does what it is told, line by line.
type session struct {
	t    *testing.T
	g    *Guest
	told *os.File
	says *lines
}

func newSession(t *testing.T, c Config) *session {
	t.Helper()
	needGuests(t)
	peer.Path(t, "ip", "iproute2")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	t.Cleanup(func() { w.Close() })
	c.Args = []string{"sh", "-c", `echo ready; while read -r line; do eval "$line"; echo .; done`}
	c.Stdin = r
	g, says := running(t, c)
	return &session{t, g, w, says}
}

// do runs a command, and returns what it prints, with single spaces.
func (s *session) do(command string) string {
	s.t.Helper()
	typed(s.t, s.told, command+"\n")
	return strings.Join(strings.Fields(strings.TrimSuffix(s.says.until(".\n"), ".\n")), " ")
}

// show is the card's configuration for IPv4, and the host's own name for it.
const show = addresses + "; ip -4 route show default; grep alice /etc/hosts"

const addresses = "ip -4 -o addr show dev eth0 | tr -s ' ' | cut -d' ' -f4"

// comes waits until the kernel shows what it was told.
func (s *session) comes(want string) {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("the configuration %q", want), func() bool { return s.do(show) == want })
}

func lent(addr, gateway string) Addressing {
	a := host().Addressing.of(netip.Addr.Is6)
	if addr != "" {
		a.Addrs = append([]netip.Prefix{netip.MustParsePrefix(addr)}, a.Addrs...)
		a.Gateways = append(a.Gateways, netip.MustParseAddr(gateway))
	}
	return a
}

const ownName = " 2001:db8:1::5 alice.example.edu alice"

// What a DHCP client of a host does, from the first lease to the last.
func TestConfigure(t *testing.T) {
	c := host()
	c.Addressing = lent("", "")
	s := newSession(t, c)
	if got := s.do(show); got != strings.TrimSpace(ownName) {
		t.Errorf("at the start: %q", got)
	}
	for _, step := range []struct{ addr, gateway, want string }{
		{"10.1.0.7/24", "10.1.0.1", "10.1.0.7/24 default via 10.1.0.1 dev eth0 onlink 10.1.0.7 alice.example.edu alice" + ownName},
		{"10.1.0.8/24", "10.1.0.1", "10.1.0.8/24 default via 10.1.0.1 dev eth0 onlink 10.1.0.8 alice.example.edu alice" + ownName},
		{"10.1.0.8/24", "10.1.0.2", "10.1.0.8/24 default via 10.1.0.2 dev eth0 onlink 10.1.0.8 alice.example.edu alice" + ownName},
		{"", "", strings.TrimSpace(ownName)},
		{"10.1.0.7/24", "10.1.0.1", "10.1.0.7/24 default via 10.1.0.1 dev eth0 onlink 10.1.0.7 alice.example.edu alice" + ownName},
	} {
		if err := s.g.Configure(lent(step.addr, step.gateway)); err != nil {
			t.Fatal(err)
		}
		s.comes(step.want)
	}
	if got := s.do("ip -6 route show default"); !strings.HasPrefix(got, "default via 2001:db8:1::1 dev eth0") || strings.Count(got, "default") != 1 {
		t.Errorf("the other family was touched: %q", got)
	}
}

func TestConfiguredBeforeTheProgramStarts(t *testing.T) {
	needGuests(t)
	peer.Path(t, "ip", "iproute2")
	c := host("sh", "-c", addresses)
	c.Addressing = Addressing{}
	var out strings.Builder
	c.Stdout = &out
	g, err := Start(t.Context(), c, func(g *Guest, tap *Tap) error {
		return errors.Join(newNeighbour().attach(g, tap), g.Configure(lent("10.1.0.7/24", "10.1.0.1")))
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Wait(); err != nil || out.String() != "10.1.0.7/24\n" {
		t.Errorf("%q, %v", &out, err)
	}
}

func TestConfigurationThatCannotBe(t *testing.T) {
	needGuests(t)
	_, err := Start(t.Context(), host("true"), func(g *Guest, _ *Tap) error {
		return g.Configure(Addressing{Addrs: []netip.Prefix{netip.MustParsePrefix("ff02::5/64")}})
	})
	if err == nil || !strings.Contains(err.Error(), "ip address replace ff02::5/64 dev eth0: cannot assign requested address") {
		t.Errorf("error %v", err)
	}
}

// A student's own configuration is the student's.
func TestConfigureLeavesTheProgramsOwn(t *testing.T) {
	s := newSession(t, host())
	s.do("ip addr add 10.9.0.1/24 dev eth0; ip addr del 10.1.0.5/24 dev eth0; echo 10.9.0.2 friend >/etc/hosts")
	s.g.Configure(lent("10.1.0.7/24", "10.1.0.1"))
	eventually(t, "both addresses", func() bool {
		return s.do(addresses) == "10.9.0.1/24 10.1.0.7/24"
	})
	if got := s.do("cat /etc/hosts"); got != "10.9.0.2 friend" {
		t.Errorf("/etc/hosts is %q", got)
	}
	// Without its card the guest goes on.
	s.do("ip link del eth0")
	s.g.Configure(lent("10.1.0.8/24", "10.1.0.1"))
	if got := s.do("echo alive"); got != "alive" {
		t.Errorf("got %q", got)
	}
}
