package classroom

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wirebook/wirebook/classroom/cabling"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/world"
	"github.com/wirebook/wirebook/world/authority"
)

// home is a LAN behind a NAT, and a web server on each side of it.
const home = `name: home
networks:
  lan: {domain: home.arpa, ipv4: 192.168.7.0/24, ipv6: "2001:db8:7::/64", router: nat, guests: 200-219}
  outside: {domain: example.com, ipv4: 203.0.113.0/24, ipv6: "2001:db8:3::/64", router: nat}
routers:
  nat:
    cards: {lan: 1, outside: 7}
    nat: {outside: outside, forward: {8080: nas:80}, helper: [ftp]}
    servers:
      dhcp: {on: lan, pool: 200-219, lease: 4s}
hosts:
  nas: {on: lan, at: 80, servers: {http: {site: site}}}
  www: {on: outside, at: 80, servers: {http: {site: site}}}
`

// class is a class of processes in network namespaces.
type class struct {
	t    *testing.T
	plan *world.Plan
	hub  *Hub
	dir  string
}

func startClass(t *testing.T, text string) *class {
	t.Helper()
	plan, err := world.Parse(files(), "world.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	a, err := authority.New("a class")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := a.Secret()
	if err != nil {
		t.Fatal(err)
	}
	hub, err := NewHub(plan, secret, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Skipf("no switches here: %v", err)
	}
	c := &class{t: t, plan: plan, hub: hub, dir: t.TempDir()}
	machines, newcomers := c.listen("machines"), c.listen("newcomers")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- hub.Serve(ctx, machines, newcomers) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the switches: %v", err)
		}
	})
	return c
}

func (c *class) listen(name string) cabling.Listener {
	ln, err := cabling.Listen(filepath.Join(c.dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return ln
}

// machine is a process in a network namespace of its own.
type machine struct {
	t   *testing.T
	cmd *exec.Cmd
	mu  sync.Mutex
	in  io.WriteCloser
	out *bufio.Scanner
}

// start has a machine come. Where it asks is the name of a socket.
func (c *class) start(name, where string) *machine {
	c.t.Helper()
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), memberVariable+"="+name, "CLASSROOM_WORLD="+home, "CLASSROOM_CABLES="+filepath.Join(c.dir, where))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Skipf("no network namespaces here: %v", err)
	}
	m := &machine{t: c.t, cmd: cmd, in: in, out: bufio.NewScanner(out)}
	c.t.Cleanup(m.end)
	return m
}

func (m *machine) end() {
	m.in.Close()
	m.cmd.Process.Kill()
	m.cmd.Wait()
}

// get asks for a page, from that machine: the page, or "error …".
func (m *machine) get(url string) string {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := io.WriteString(m.in, url+"\n"); err != nil {
		m.t.Fatal(err)
	}
	if !m.out.Scan() {
		m.t.Fatalf("the machine has ended: %v", m.out.Err())
	}
	var reply string
	if err := json.Unmarshal(m.out.Bytes(), &reply); err != nil {
		m.t.Fatal(err)
	}
	return reply
}

// until waits for something that is sure to come.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

func (c *class) whole() bool { return len(c.hub.Absent()) == 0 }

// told are a machine's Panels, as far as Go reads what it has written.
type told struct {
	Panels
	NAT *struct {
		On, Helper bool
		Mappings   []struct{ Protocol string }
	} `json:"nat"`
}

func (c *class) panels(name string) told {
	c.t.Helper()
	text, err := c.hub.Tell(c.t.Context(), name)
	if err != nil {
		c.t.Fatal(err)
	}
	var p told
	if err := json.Unmarshal(text, &p); err != nil {
		c.t.Fatalf("%v\n%s", err, text)
	}
	return p
}

// seen are the frames that the switches saw.
type seen struct {
	mu  sync.Mutex
	all []frame.Frame
}

func (s *seen) See(f frame.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, f)
}

func (s *seen) any(is func(frame.Frame) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.all {
		if is(f) {
			return true
		}
	}
	return false
}

// addresses are those of a machine that may not be here yet.
func (c *class) addresses(name string) []netip.Addr {
	for _, m := range c.hub.State(c.t.Context(), 0).Machines {
		if m.Name == name && m.Ill == "" {
			return m.Addrs
		}
	}
	return nil
}
