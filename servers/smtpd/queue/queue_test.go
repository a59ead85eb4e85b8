package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/netx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, dir string, c Config) *Queue {
	t.Helper()
	c.Log = slog.New(slog.DiscardHandler)
	q, err := Open(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

func add(t testing.TB, q *Queue, from, text string, to ...string) string {
	t.Helper()
	id, err := q.Add(t.Context(), Envelope{From: from, To: to}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// deliverer says of each recipient what a function says, and remembers who was
// tried.
type deliverer struct {
	say func(to string, text string) Result

	mu    sync.Mutex
	tried []string
}

func (d *deliverer) Courier(domain string) Courier { return &testCourier{d, domain} }

type testCourier struct {
	*deliverer
	domain string
}

func (c *testCourier) Close() {}

func (c *testCourier) Deliver(ctx context.Context, m *Delivery) (results []Result) {
	text, err := m.Open()
	if err != nil {
		return nil
	}
	defer text.Close()
	content, _ := io.ReadAll(text)
	for _, to := range m.To {
		c.mu.Lock()
		c.tried = append(c.tried, to)
		c.mu.Unlock()
		results = append(results, c.say(to, string(content)))
	}
	return results
}

func (d *deliverer) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.tried)
}

// run has a queue run until the test ends, or stop is called.
func run(t testing.TB, q *Queue, d *deliverer) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx, d) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func always(state State, reply string) func(string, string) Result {
	return func(string, string) Result { return Result{State: state, Reply: reply, Remote: "mail.example.com"} }
}

// TestTheSchedule: when a message is tried, in virtual time.
func TestTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := open(t, t.TempDir(), Config{})
		start := time.Now()
		var at []string
		d := &deliverer{say: func(to, text string) Result {
			if to == "bob@example.com" {
				at = append(at, time.Since(start).Round(time.Minute).String())
			}
			return Result{State: Waiting, Reply: "421 4.3.2 busy"}
		}}
		add(t, q, "", "x\r\n", "bob@example.com")
		stop := run(t, q, d)
		time.Sleep(6 * 24 * time.Hour)
		stop()
		want := "0s 1m0s 6m0s 21m0s 51m0s 1h51m0s 3h51m0s 7h51m0s 11h51m0s"
		if got := strings.Join(at, " "); !strings.HasPrefix(got, want+" ") || at[len(at)-1] != "123h51m0s" {
			t.Errorf("tried at %s", got)
		}
		if n := len(q.List()); n != 0 {
			t.Errorf("%d wait after six days", n)
		}
	})
}

// TestNoticesInVirtualTime: a warning after four hours, and the end after five
// days, one each.
func TestNoticesInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := open(t, t.TempDir(), Config{Hostname: "mail.example.edu"})
		var notices []string
		start := time.Now()
		d := &deliverer{say: func(to, text string) Result {
			if to == "bob@example.com" {
				return Result{State: Waiting, Reply: "421 4.3.2 busy", Remote: "mail.example.com"}
			}
			notices = append(notices, fmt.Sprint(time.Since(start).Round(time.Hour))+"\n"+text)
			return Result{State: Delivered}
		}}
		add(t, q, "alice@example.edu", "Subject: 1\r\n\r\nx\r\n", "bob@example.com")
		stop := run(t, q, d)
		time.Sleep(6 * 24 * time.Hour)
		stop()
		if len(notices) != 2 || !strings.HasPrefix(notices[0], "8h0m0s\n") || !strings.Contains(notices[0], "Action: delayed") ||
			!strings.HasPrefix(notices[1], "124h0m0s\n") || !strings.Contains(notices[1], "Status: 4.4.7") {
			t.Errorf("%q", notices)
		}
	})
}

// TestLanes: a domain that does not answer keeps no other's mail waiting, and no
// domain gets more than its share at once.
func TestLanes(t *testing.T) {
	q := open(t, t.TempDir(), Config{Workers: 5, PerDomain: 2})
	release := make(chan bool)
	var slow, most atomic.Int32
	var others sync.WaitGroup
	others.Add(30)
	d := &deliverer{say: func(to, _ string) Result {
		if to != "x@slow.example" {
			others.Done()
			return Result{State: Delivered}
		}
		n := slow.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		<-release
		slow.Add(-1)
		return Result{State: Delivered}
	}}
	for range 10 {
		add(t, q, "", "x\r\n", "x@slow.example")
	}
	for i := range 30 {
		add(t, q, "", "x\r\n", fmt.Sprintf("x@d%d.example", i%7))
	}
	run(t, q, d)
	others.Wait()
	close(release)
	awaitEmpty(t, q)
	if most.Load() > 2 {
		t.Errorf("%d at once", most.Load())
	}
}

func awaitEmpty(t testing.TB, q *Queue) {
	t.Helper()
	for end := time.Now().Add(time.Minute); len(q.List()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%v wait still", q.List())
		}
	}
}

// TestManyRecipients of one domain are served a hundred at a time.
func TestManyRecipients(t *testing.T) {
	q := open(t, t.TempDir(), Config{})
	var to []string
	for i := range 250 {
		to = append(to, fmt.Sprintf("x%d@example.com", i))
	}
	d := &deliverer{say: always(Delivered, "250 ok")}
	add(t, q, "alice@example.edu", "x\r\n", to...)
	run(t, q, d)
	awaitEmpty(t, q)
	got := d.all()
	slices.Sort(got)
	slices.Sort(to)
	if !slices.Equal(got, to) {
		t.Errorf("%d were tried", len(got))
	}
}

// TestWhatIsNotAdded leaves nothing behind.
func TestWhatIsNotAdded(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, Config{MaxMessages: 2})
	broken := errors.New("the client has gone")
	if _, err := q.Add(t.Context(), Envelope{To: []string{"a@b"}}, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := q.Add(t.Context(), Envelope{}, strings.NewReader("x")); err == nil {
		t.Error("a message for nobody")
	}
	if _, err := q.Add(t.Context(), Envelope{ID: "../x", To: []string{"a@b"}}, strings.NewReader("x")); err == nil {
		t.Error("an ID with a slash")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Add(ctx, Envelope{To: []string{"a@b"}}, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	add(t, q, "", "1", "a@b")
	id := add(t, q, "", "2", "a@b")
	if _, err := q.Add(t.Context(), Envelope{To: []string{"a@b"}}, strings.NewReader("3")); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if again, err := q.Add(t.Context(), Envelope{ID: id, To: []string{"a@b"}}, strings.NewReader("2")); err != nil || again != id {
		t.Errorf("%s, %v", again, err)
	}
	if err := q.Remove("nothing"); !errors.Is(err, ErrNoMessage) {
		t.Error(err)
	}
	if files, _ := filepath.Glob(dir + "/*/*"); len(files) != 2 {
		t.Errorf("%q", files)
	}
}

// TestWhatACrashLeaves: half a message in tmp, half a line at a file's end, a
// delivery without an outcome, and a file that is none of ours.
func TestWhatACrashLeaves(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, Config{})
	id := add(t, q, "alice@example.edu", "hello\r\n", "a@example.com", "b@example.com", "c@example.com")
	q.Close()
	file := filepath.Join(dir, "messages", id+",S=7")
	appendTo(t, file, "\n"+`{"at":"2026-01-01T00:00:00Z","to":[0],"state":"delivered"}`+"\n\n"+`{"at":"2026-01-01T00:00:00Z","to":[1],"state":"sending","remote":"mx"}`+"\n\n"+`{"at":"2026-01-01T00:00:00Z","to":[2],"state":"deliv`)
	appendTo(t, filepath.Join(dir, "tmp", "half"), "half")
	appendTo(t, filepath.Join(dir, "messages", "notes.txt"), "mine")
	appendTo(t, filepath.Join(dir, "messages", "short,S=100"), `{"id":"short","to":["a@b"]}`+"\nshort")

	q = open(t, dir, Config{})
	if n := q.InDoubt(); n != 1 {
		t.Errorf("%d in doubt", n)
	}
	if list := q.List(); len(list) != 1 || list[0].Recipients[0].State != Delivered || list[0].Recipients[1].State != Waiting || list[0].Recipients[2].State != Waiting {
		t.Errorf("%+v", list)
	}
	var said []string
	d := &deliverer{say: func(to, text string) Result {
		said = append(said, to+" "+text)
		if to == "b@example.com" {
			return Result{State: Waiting, Reply: "450 later"}
		}
		return Result{State: Delivered}
	}}
	stop := run(t, q, d)
	for len(d.all()) < 2 {
		time.Sleep(time.Millisecond)
	}
	stop()
	q.Close()
	if want := []string{"b@example.com hello\r\n", "c@example.com hello\r\n"}; !slices.Equal(said, want) {
		t.Errorf("%q", said)
	}
	// What was noted behind the half line is known the next time.
	list, err := Read(dir)
	if err != nil || len(list) != 1 || list[0].Recipients[2].State != Delivered || list[0].Recipients[1].Reply != "450 later" {
		t.Errorf("%+v, %v", list, err)
	}
	if left, _ := filepath.Glob(dir + "/tmp/*"); len(left) > 0 {
		t.Errorf("%q", left)
	}
}

func appendTo(t testing.TB, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// TestANoticeIsWrittenOnce, also when a crash comes between it and the note that
// it was written.
func TestANoticeIsWrittenOnce(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, Config{})
	id := add(t, q, "alice@example.edu", "Subject: 1\r\n\r\n", "nobody@example.com")
	file := filepath.Join(dir, "messages", id+",S=14")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wait := func(to, _ string) Result {
		if to == "alice@example.edu" {
			return Result{State: Waiting, Reply: "450 later"}
		}
		return Result{State: Failed, Reply: "550 5.1.1 nobody"}
	}
	for range 2 {
		d := &deliverer{say: wait}
		stop := run(t, q, d)
		for len(q.List()) != 1 || q.List()[0].From != "" || q.List()[0].Recipients[0].Attempts == 0 {
			time.Sleep(time.Millisecond)
		}
		stop()
		q.Close()
		if err := os.WriteFile(file, before, 0o600); err != nil { // as if it had not come to be removed
			t.Fatal(err)
		}
		q = open(t, dir, Config{})
		if n := len(q.List()); n != 2 {
			t.Errorf("%d messages", n)
		}
	}
}

// TestAFullQueueGetsEmpty, although each of its messages needs a notice.
func TestAFullQueueGetsEmpty(t *testing.T) {
	q := open(t, t.TempDir(), Config{MaxMessages: 3})
	d := &deliverer{say: func(to, _ string) Result {
		if to == "alice@example.edu" {
			return Result{State: Delivered}
		}
		return Result{State: Failed, Reply: "550 5.1.1 nobody"}
	}}
	for range 3 {
		add(t, q, "alice@example.edu", "x\r\n", "nobody@example.com")
	}
	run(t, q, d)
	awaitEmpty(t, q)
	if n := len(d.all()); n != 6 {
		t.Errorf("%d deliveries", n)
	}
}

// TestTheEndInTheMiddle of a delivery: what was broken off is no try, and a
// failure that was heard all the same is told.
func TestTheEndInTheMiddle(t *testing.T) {
	q := open(t, t.TempDir(), Config{})
	begun, release := make(chan bool), make(chan bool)
	d := &deliverer{say: func(to, _ string) Result {
		begun <- true
		<-release
		if to == "nobody@example.com" {
			return Result{State: Failed, Reply: "550 5.1.1 nobody"}
		}
		return Result{State: Waiting, Reply: "451 4.4.2 broken off"}
	}}
	add(t, q, "alice@example.edu", "x\r\n", "bob@example.org")
	add(t, q, "alice@example.edu", "x\r\n", "nobody@example.com")
	stop := run(t, q, d)
	<-begun
	<-begun
	go func() {
		for q.running() {
			time.Sleep(time.Millisecond)
		}
		close(release)
	}()
	stop()
	list := q.List()
	if len(list) != 2 || list[0].Recipients[0].Attempts != 0 || list[0].Recipients[0].Reply != "" || list[1].To[0] != "alice@example.edu" {
		t.Errorf("%+v", list)
	}
}

func (q *Queue) running() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.agent.ctx != nil
}

// TestAFault of a deliverer is one of this delivery only.
func TestAFault(t *testing.T) {
	q := open(t, t.TempDir(), Config{})
	d := &deliverer{say: func(to, _ string) Result {
		if to == "bad@example.com" {
			panic("the student's favourite bug")
		}
		return Result{State: Delivered}
	}}
	add(t, q, "", "x", "bad@example.com")
	add(t, q, "", "x", "good@example.com")
	ctx, cancel := context.WithCancel(netx.WithHealing(context.Background()))
	ended := make(chan error)
	go func() { ended <- q.Run(ctx, d) }()
	for list := q.List(); len(list) != 1 || list[0].Recipients[0].Attempts != 1; list = q.List() {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-ended
	if r := q.List()[0].Recipients[0]; r.Address != "bad@example.com" || !strings.HasPrefix(r.Reply, "451 4.3.0") {
		t.Errorf("%+v", r)
	}
}

func TestStatus(t *testing.T) {
	for reply, want := range map[string]string{"550 5.1.1 no": "5.1.1", "550 no": "5.0.0", "450 4.2.0": "4.2.0", "": "4.0.0", "x": "4.0.0", "550-5.7.1 see 1.2.3.4": "5.0.0", "554 10.1.1.1 is listed": "5.0.0"} {
		if got := statusOf(reply); got != want {
			t.Errorf("%q: %s", reply, got)
		}
	}
}

// TestStrangersCannotWriteNotices: what a server says is one line of them.
func TestStrangersCannotWriteNotices(t *testing.T) {
	evil := "550 no\r\n--=_x--\r\nContent-Type: text/html\r\n\r\n<b>" + strings.Repeat("x", 10_000)
	if got := fold(evil); strings.ContainsAny(got, "\r\n") || len(got) > 600 {
		t.Errorf("%q", got)
	}
}

// FuzzFile: a file that something has written over is an error, or a message.
func FuzzFile(f *testing.F) {
	f.Add(`{"id":"1","to":["a@b"]}`+"\nhello\r\n\n"+`{"to":[0],"state":"sending"}`, int64(7))
	f.Add("", int64(0))
	f.Add(`{"id":"1","to":["a@b"]}`+"\n", int64(1)<<62)
	f.Add(`{"id":"1","to":["a@b"]}`+"\n"+`{"to":[-1,5,0],"attempts":-3}`, int64(0))
	f.Fuzz(func(t *testing.T, text string, size int64) {
		m, err := parse(strings.NewReader(text), max(0, size))
		if err == nil && (len(m.recipients) == 0 || m.begins+m.size > int64(len(text))) {
			t.Fatalf("%+v", m)
		}
	})
}
