package smtpd

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/mail"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

// tasks are what this test's binary does as another process.
var tasks = map[string]func(){}

func TestMain(m *testing.M) {
	if task := tasks[os.Getenv("SMTPD_CHILD")]; task != nil {
		task()
		return
	}
	goleak.VerifyTestMain(m)
}

var quiet = slog.New(slog.DiscardHandler)

// streets are a DNS and some hosts, all on this machine's loopback: a connection
// to port 25 of a host's address goes to where that host listens.
type streets struct {
	mu    sync.Mutex
	at    map[string]string // "192.0.2.25:25" is at "127.0.0.1:41234"
	mx    map[string][]*net.MX
	hosts map[string][]string
	dials int
}

func newStreets() *streets {
	return &streets{at: map[string]string{}, mx: map[string][]*net.MX{}, hosts: map[string][]string{}}
}

// domain gives a domain one mail server.
func (i *streets) domain(name, host, address string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mx[name] = []*net.MX{{Host: host + ".", Pref: 10}}
	i.hosts[host] = []string{address}
}

func (i *streets) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if records, found := i.mx[name]; found {
		return records, nil
	}
	return nil, &net.DNSError{Err: "no such name", Name: name, IsNotFound: true}
}

func (i *streets) LookupHost(_ context.Context, name string) ([]string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if addresses, found := i.hosts[name]; found {
		return addresses, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// host is the network as the host of an address has it.
func (i *streets) host(address string) *host {
	return &host{streets: i, address: address, listening: make(chan string, 3)}
}

type host struct {
	*streets
	netx.OS
	address   string
	listening chan string
}

func (h *host) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	ln, err := h.OS.Listen(ctx, network, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(address)
	h.mu.Lock()
	h.at[net.JoinHostPort(h.address, port)] = ln.Addr().String()
	h.mu.Unlock()
	h.listening <- port
	return ln, nil
}

func (h *host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	h.mu.Lock()
	at, up := h.at[address]
	h.dials++
	h.mu.Unlock()
	if !up {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return h.OS.DialContext(ctx, network, at)
}

// gone takes a host off the network.
func (i *streets) gone(address string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.at, address+":25")
}

var campus = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

var testUsers = mailbox.Passwords{"alice": "secret", "bob": "builder", "carol": "carol", "postmaster": "p"}

// office of a test: one running server.
type testServer struct {
	*Server
	host       *host
	mx, submit string // where it listens
	secure     string
	stop       func()
}

// start serves until the test ends. What the server lacks it is given.
func start(t testing.TB, nw *streets, s *Server) *testServer {
	t.Helper()
	s.Resolver = nw
	equip(t, s)
	running := &testServer{Server: s, host: nw.host("192.0.2." + fmt.Sprint(len(s.Domains[0])))}
	running.serve(t)
	t.Cleanup(func() { running.stop() })
	return running
}

// equip gives a server what it lacks.
func equip(t testing.TB, s *Server) {
	t.Helper()
	dir := t.TempDir()
	if s.Domains == nil {
		s.Domains = []string{"example.edu"}
	}
	if s.Hostname == "" {
		s.Hostname = "mail." + s.Domains[0]
	}
	if s.Users == nil {
		s.Users = testUsers
	}
	s.Log = quiet
	if s.LoginDelay == 0 {
		s.LoginDelay = time.Millisecond
	}
	if s.Mail == nil {
		store, err := mailbox.OpenStore(filepath.Join(dir, "mail"), mailbox.Config{Host: "mail", Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		s.Mail = store
	}
	if s.Queue == nil {
		s.Queue = openQueue(t, filepath.Join(dir, "queue"), s.Hostname, s.Clock)
	}
}

func openQueue(t testing.TB, dir, host string, c clock.Clock) *queue.Queue {
	t.Helper()
	q, err := queue.Open(dir, queue.Config{Hostname: host, Log: quiet, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

func (s *testServer) serve(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, s.host) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	ports := 2
	if s.SecureAddr != "" {
		ports++
	}
	for range ports {
		select {
		case <-s.host.listening:
		case err := <-ended:
			ended <- nil
			t.Fatalf("Serve: %v", err)
		}
	}
	s.host.mu.Lock()
	defer s.host.mu.Unlock()
	s.mx, s.submit = s.host.at[s.host.address+":25"], s.host.at[s.host.address+":587"]
	s.secure = s.host.at[s.host.address+":465"]
}

// inbox is a user's messages, whatever their flags.
func (s *testServer) inbox(t testing.TB, user string) []string {
	t.Helper()
	all := mailboxtest.Stored(t, s.Mail, user)
	for i := range all {
		_, all[i], _ = strings.Cut(all[i], ":")
	}
	return all
}

// await waits for something to become true.
func await(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// awaitMail waits for a user to have so many messages.
func (s *testServer) awaitMail(t testing.TB, user string, n int) []string {
	t.Helper()
	var all []string
	await(t, fmt.Sprintf("%d messages for %s", n, user), func() bool {
		all = s.inbox(t, user)
		return len(all) >= n
	})
	if len(all) > n {
		t.Errorf("%s has %d messages, want %d", user, len(all), n)
	}
	return all
}

// talk is a client that is written out.
type talk struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

// dial connects, and reads the greeting.
func dial(t testing.TB, address string) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	c := &talk{t, conn, bufio.NewReader(conn)}
	c.hear("220")
	return c
}

// send sends bytes as they are.
func (c *talk) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatal(err)
	}
}

// hear reads a reply, which must begin with code, and returns its last line.
func (c *talk) hear(code string) string {
	c.t.Helper()
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Fatalf("want %s, got %q, %v", code, line, err)
		}
		if len(line) > 3 && line[3] == '-' {
			continue
		}
		if !strings.HasPrefix(line, code) {
			c.t.Fatalf("want %s, got %q", code, line)
		}
		return strings.TrimSuffix(line, "\r\n")
	}
}

// says has pairs of what is said and how the reply must begin.
func (c *talk) says(pairs ...string) {
	c.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		c.send(pairs[i] + "\r\n")
		c.hear(pairs[i+1])
	}
}

// ended waits for the server to close.
func (c *talk) ended() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.in); err != nil || len(rest) > 0 {
		c.t.Errorf("want the end, got %q, %v", rest, err)
	}
}

// mail sends a message, and returns the last reply.
func (c *talk) mail(from, to, text string) string {
	c.t.Helper()
	c.says("MAIL FROM:<"+from+">", "250", "RCPT TO:<"+to+">", "250", "DATA", "354")
	var dots bytes.Buffer
	w := bufio.NewWriter(&dots)
	d := mail.NewDotWriter(w)
	io.WriteString(d, text)
	d.Close()
	w.Flush()
	c.send(dots.String())
	return c.hear("")
}

// freeAddress is one at which nobody listens now.
func freeAddress(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
