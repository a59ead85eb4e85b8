//go:build unix

package smtpd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

// A child is this test's binary as another process: a mail server, which is killed
// at any moment.
func init() { tasks["serve"] = serveAsChild }

// street is a network on which everybody listens at one port of this machine, and
// on which there is one other house.
type street struct {
	netx.OS
	own, other string
}

func (s street) Listen(ctx context.Context, network, _ string) (net.Listener, error) {
	return s.OS.Listen(ctx, network, s.own)
}

func (s street) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	return s.OS.DialContext(ctx, network, s.other)
}

func (street) LookupMX(context.Context, string) ([]*net.MX, error) {
	return []*net.MX{{Host: "mail.", Pref: 10}}, nil
}

func (street) LookupHost(context.Context, string) ([]string, error) {
	return []string{"192.0.2.25"}, nil
}

func serveAsChild() {
	dir, nw := os.Getenv("SMTPD_DIR"), street{own: os.Getenv("SMTPD_OWN"), other: os.Getenv("SMTPD_OTHER")}
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelWarn}))
	store, err := mailbox.OpenStore(filepath.Join(dir, "mail"), mailbox.Config{Host: "mail", Log: log})
	exitOn(err)
	at := queue.Schedule{Pauses: []time.Duration{20 * time.Millisecond, 100 * time.Millisecond}}
	q, err := queue.Open(filepath.Join(dir, "queue"), queue.Config{Log: log, Schedule: at})
	exitOn(err)
	s := &Server{
		Domains: []string{os.Getenv("SMTPD_DOMAIN")}, SubmissionAddr: None, Campus: campus,
		Mail: store, Users: testUsers, Queue: q, Resolver: nw, Log: log,
	}
	exitOn(s.Serve(context.Background(), nw))
}

func exitOn(err error) {
	if err != nil {
		fmt.Println("child:", err)
		os.Exit(1)
	}
}

// mortal is a server that is killed, and started again, time after time.
type mortal struct {
	t           *testing.T
	dir, domain string
	own, other  string
	mu          sync.Mutex
	process     *exec.Cmd
	doubts      atomic.Int64 // deliveries that it said may arrive twice
	deaths      int
	reader      sync.WaitGroup
}

func (m *mortal) start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SMTPD_CHILD=serve", "SMTPD_DIR="+m.dir, "SMTPD_OWN="+m.own, "SMTPD_OTHER="+m.other, "SMTPD_DOMAIN="+m.domain)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		m.t.Fatal(err)
	}
	m.process = cmd
	m.reader.Go(func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			switch line := lines.Text(); {
			case strings.Contains(line, "may arrive twice"):
				m.doubts.Add(1)
			case strings.Contains(line, "level=ERROR"), strings.HasPrefix(line, "child:"):
				m.t.Errorf("%s: %s", m.domain, line)
			}
		}
	})
}

// awaitReady waits until it listens.
func (m *mortal) awaitReady() {
	await(m.t, "a server that listens", func() bool {
		conn, err := net.Dial("tcp", m.own)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.process.Process.Kill()
	m.reader.Wait()
	m.process.Wait()
	m.deaths++
}

// submit hands one message in, and does not rest before it has heard 250. It
// returns how often it did not learn whether the server had taken it.
func submit(t *testing.T, address, text string) (doubts int64) {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		accepted, sent := tryToSubmit(address, text)
		if accepted {
			return doubts
		}
		if sent {
			doubts++
		}
	}
	t.Error("a message was not accepted within two minutes")
	return doubts
}

func tryToSubmit(address, text string) (accepted, sent bool) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return false, false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(conn)
	hears := func(code string) bool {
		line, err := in.ReadString('\n')
		return err == nil && strings.HasPrefix(line, code)
	}
	if !hears("220") {
		return false, false
	}
	for _, step := range []struct{ say, want string }{
		{"HELO x", "250"}, {"MAIL FROM:<alice@first.example>", "250"}, {"RCPT TO:<bob@second.example>", "250"}, {"DATA", "354"},
	} {
		if _, err := io.WriteString(conn, step.say+"\r\n"); err != nil || !hears(step.want) {
			return false, false
		}
	}
	if _, err := io.WriteString(conn, text+".\r\n"); err != nil {
		return false, false
	}
	return hears("250"), true
}

// TestKilledAtAnyMoment: two servers under load, the first of which hands on what
// it gets to the second. Both are killed again and again. Nothing is lost; and
// there are no more second copies than moments at which a server could not know
// whether the next one had taken a message (RFC 5321 §6.1, RFC 1047).
func TestKilledAtAnyMoment(t *testing.T) {
	messages := 200
	if testing.Short() {
		messages = 30
	}
	a, b := freeAddress(t), freeAddress(t)
	first := &mortal{t: t, dir: t.TempDir(), domain: "first.example", own: a, other: b}
	second := &mortal{t: t, dir: t.TempDir(), domain: "second.example", own: b, other: a}
	first.start()
	second.start()

	var doubts atomic.Int64
	var load sync.WaitGroup
	numbers := make(chan int, messages)
	for i := range messages {
		numbers <- i
	}
	close(numbers)
	for range 4 {
		load.Go(func() {
			for i := range numbers {
				text := fmt.Sprintf("Subject: test\r\nX-Number: <%d>\r\n\r\n%sthe end of %d\r\n", i, strings.Repeat("Lorem ipsum dolor sit amet.\r\n", 140), i)
				doubts.Add(submit(t, a, text))
			}
		})
	}
	all := make(chan struct{})
	go func() { load.Wait(); close(all) }()
	for running := true; running; {
		victim := []*mortal{first, second}[rand.IntN(2)]
		if rand.IntN(4) > 0 { // else it may die while it is starting
			victim.awaitReady()
		}
		select {
		case <-time.After(time.Duration(rand.IntN(40)) * time.Millisecond):
			victim.kill()
			victim.start()
		case <-all:
			running = false
		}
	}
	await(t, "an empty queue", func() bool {
		entries, err := queue.Read(filepath.Join(first.dir, "queue"))
		return err == nil && len(entries) == 0
	})
	first.kill()
	second.kill()

	copies := copiesOf(t, filepath.Join(second.dir, "mail"))
	extra := 0
	for i := range messages {
		n := copies[fmt.Sprint(i)]
		if n == 0 {
			t.Errorf("message %d is lost", i)
		}
		extra += max(0, n-1)
	}
	possible := doubts.Load() + first.doubts.Load()
	t.Logf("%d messages; the servers were killed %d and %d times; %d second copies, and %d times a sender could not know",
		messages, first.deaths, second.deaths, extra, possible)
	if int64(extra) > possible {
		t.Errorf("%d second copies, and only %d may be", extra, possible)
	}
}

var number = regexp.MustCompile(`X-Number: <(\d+)>`)

// copiesOf counts the whole messages in bob's mailbox, by number.
func copiesOf(t *testing.T, dir string) map[string]int {
	t.Helper()
	store, err := mailbox.OpenStore(dir, mailbox.Config{Host: "mail", Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	copies := make(map[string]int)
	for _, text := range (&testServer{Server: &Server{Mail: store}}).inbox(t, "bob") {
		found := number.FindStringSubmatch(text)
		if found == nil || !strings.HasSuffix(text, "the end of "+found[1]+"\r\n") {
			t.Errorf("a damaged message: %.300q", text)
			continue
		}
		copies[found[1]]++
	}
	return copies
}
