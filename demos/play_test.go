package demos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/world"
)

// newWorld is a world of two hosts and a cable's length between them.
func newWorld(t *testing.T) *world.World {
	t.Helper()
	plan, err := world.Parse(nil, "world.yaml", []byte(`
name: two
networks: {lan: {ipv4: 192.0.2.0/24}}
hosts:
  alice: {on: lan, at: 11}
  www: {on: lan, at: 80}
`))
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewMovable()
	w, err := world.Start(t.Context(), plan, world.Options{Clock: c, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	c.OnSettle(w.Internet.Settle)
	return w
}

// says is a client that says something, and ends as it is told to.
type says struct{}

func (says) Run(ctx context.Context, c world.Command) int {
	switch c.Args[0] {
	case "fail":
		fmt.Fprintln(c.Stderr, "it does not work")
		return 1
	case "stay":
		<-ctx.Done()
		return 130
	}
	_, _ = io.WriteString(c.Stdout, strings.Join(c.Args[1:], "\n"))
	return 0
}

func (says) Complete(context.Context, string, []string) []world.Completion { return nil }

// transcript is what a demo has told, a line an event.
type transcript struct {
	mu    sync.Mutex
	lines []string
}

func (tr *transcript) tell(e Event) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	text := ""
	switch e.Kind {
	case Said, Asked, Answered:
		text = e.Words.In(explain.English)
	case Done:
		text = e.Command
		if e.Sentence != nil {
			text = e.Sentence.In(explain.English)
		}
	case Missing:
		text = e.Sentence.In(explain.English)
	case Printed:
		text = fmt.Sprintf("%q %d", e.Text, e.Cut)
	case Happened:
		text = fmt.Sprintf("%s -> %s: %s", e.Message.From, e.Message.To, e.Message.Summary)
		if e.Message.Lost {
			text += " (lost)"
		}
	case Shown:
		text = e.Explain
		if e.Table != nil {
			text = fmt.Sprint(e.Table.Name, " of ", e.Table.Of, " ", e.Table.Rows)
		}
	default:
		return
	}
	tr.lines = append(tr.lines, string(e.Kind)+" "+text)
}

// played plays steps, and returns what was told.
func played(t *testing.T, steps string, o Options) ([]string, error) {
	t.Helper()
	d, err := Parse("demo.yaml", []byte("title: {en: x, zh-CN: x}\nsummary: {en: x, zh-CN: x}\nonly: not arp\nsteps:\n- say: {en: Go, zh-CN: 开始}\n"+steps))
	if err != nil {
		t.Fatal(err)
	}
	var tr transcript
	if o.World == nil {
		o.World = newWorld(t)
	}
	o.Clients, o.Tell = says{}, tr.tell
	err = d.Play(t.Context(), o)
	return tr.lines, err
}

func compare(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A question is answered when all that shows the answer has happened.
func TestStepsAreTold(t *testing.T) {
	got, err := played(t, `
- say: {en: One, zh-CN: 一}
  exec: alice say a b c
  lines: 2
- ask: {en: Two, zh-CN: 二}
  answer: {en: Three, zh-CN: 三}
- exec: alice fail
  fails: true
- show: explain http.status.304
- say: {en: Four, zh-CN: 四}
  faults: alice delay=5ms
- faults: alice none
- clock: +90m
- clock: next
- unplug: alice
- plug: alice
`, Options{})
	if err != nil {
		t.Error(err)
	}
	compare(t, got,
		"said Go", "said One", "done wirebook exec alice say a b c", `printed "a\nb\n" 1`,
		"asked Two", "done wirebook exec alice fail", `printed "it does not work" 0`, "shown http.status.304", "answered Three",
		"said Four", "done The link alice is made bad: delay=5ms", "done The link alice is good again.",
		"done The clock of the miniature Internet is moved ahead by 1h30m.", "done The clock of the miniature Internet is moved to the next timer.",
		"done The cable alice is pulled out.", "done The cable alice is plugged in again.")
}

// Packets are lost as the file says: the nth, or each.
func TestPingsAreLost(t *testing.T) {
	got, err := played(t, `
- serve: www udp 12000
- lose: 2 udp from alice
- ping: alice www 12000 3
  only: udp and lost
  expect: lost and "Ping 2"
  lines: 0
- lose: each "ping 1"
- ping: alice www 12000 1
  only: lost
  expect: lost and "Ping 1"
- lose: 'off'
- ping: alice www 12000 1
  only: '"nobody says this"'
  never: lost
  lines: 0
`, Options{})
	if err != nil {
		t.Error(err)
	}
	var lost []string
	for _, line := range got {
		if strings.HasPrefix(line, "happened") || strings.HasPrefix(line, "printed") {
			lost = append(lost, strings.Fields(line)[0]+line[strings.LastIndex(line, " ("):])
		}
	}
	compare(t, lost, "happened (lost)", "happened (lost)", `printed (100 %)" 0`)
}

// Held packets go one at a time, and the sockets' states are seen on the way.
func TestSegmentsGoOneAtATime(t *testing.T) {
	got, err := played(t, `
- serve: www tcp 12000
- hold: tcp
- open: alice www 12000
  until: sockets alice SYN-SENT
- step: 3
  until: [sockets alice ESTABLISHED, sockets www ESTABLISHED]
- send: alice Hello
- step: 1
  expect: '"Hello"'
- hold: 'off'
- close: www
- close: alice
  until: sockets www TIME-WAIT
`, Options{})
	if err != nil {
		t.Errorf("%v\n%s", err, strings.Join(got, "\n"))
	}
	if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, `7 bytes: Hello\r\n`) }) {
		t.Error(got)
	}
}

// What does not happen, and what should not, is said where it is missed; the demo
// goes on.
func TestWhatIsMissing(t *testing.T) {
	got, err := played(t, `
- serve: www udp 12000
- ping: alice www 12000 1
  expect: http
  never: udp from www
  only: http
  lines: 0
- exec: alice fail
  lines: 0
- exec: alice say hello
  fails: true
  lines: 0
- step: 1
- until: sockets alice ESTABLISHED
- wait: http
- exec: alice stay
- send: alice hello
- close: alice
- lose: each http
- lose: 'off'
- exec: alice stay
  background: true
- await: clients
- stop: www/http
- serve: www udp 12000
`, Options{Limit: 50 * time.Millisecond})
	if !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
	var missing []string
	for _, line := range got {
		if after, ok := strings.CutPrefix(line, "missing This should have gone otherwise: "); ok {
			missing = append(missing, after)
		}
	}
	for i, want := range []string{
		"demo.yaml:9: no message has come that is http",
		"demo.yaml:10: a message has come that is udp from www",
		"demo.yaml:13: wirebook exec alice fail ends with 1: it does not work",
		"demo.yaml:15: wirebook exec alice say hello succeeds",
		"demo.yaml:18: 0 packets waited, and not 1",
		"demo.yaml:19: sockets of alice has no row with ESTABLISHED",
		"demo.yaml:20: no message has come that is http",
		"demo.yaml:21: context deadline exceeded",
		"demo.yaml:22: alice has no connection",
		"demo.yaml:23: alice has no connection",
		"demo.yaml:25: nothing was lost that is http",
		"demo.yaml:28: a client does not end",
		`demo.yaml:29: there is no server "www/http"`,
		"demo.yaml:30: ",
	} {
		if i >= len(missing) || !strings.HasPrefix(missing[i], want) {
			t.Errorf("%d: want %s", i, want)
		}
	}
	if t.Failed() {
		t.Log(strings.Join(missing, "\n"))
	}
}

// Each step with words waits for the class, which may have had enough.
func TestWaiting(t *testing.T) {
	enough := errors.New("enough")
	waited := 0
	w := newWorld(t)
	wait := func(context.Context) error {
		if !w.Clock().(*clock.Movable).Frozen() {
			t.Error("time passes while the class thinks")
		}
		if waited++; waited == 4 {
			return enough
		}
		return nil
	}
	got, err := played(t, `
- say: {en: One, zh-CN: 一}
- clock: +1s
- say: {en: Two, zh-CN: 二}
  exec: alice stay
  background: true
- say: {en: Three, zh-CN: 三}
  hold: udp
- say: {en: Four, zh-CN: 四}
`, Options{World: w, Wait: wait})
	if w.Clock().(*clock.Movable).Frozen() {
		t.Error("the clock stands still when all is over")
	}
	if !errors.Is(err, enough) || waited != 4 || got[len(got)-1] != "said Three" {
		t.Errorf("%v after %d\n%s", err, waited, strings.Join(got, "\n"))
	}
}

// A demo that is broken off leaves nothing behind.
func TestBrokenOff(t *testing.T) {
	w := newWorld(t)
	for _, steps := range []string{
		"- exec: alice stay",
		"- exec: alice stay\n  background: true\n- await: clients",
		"- serve: www tcp 12000\n- hold: tcp\n- open: alice www 12000\n- step: 100",
		"- lose: each udp\n- ping: alice www 12000 100",
		"- wait: http",
		"- until: sockets alice ESTABLISHED",
		"- expect: http",
	} {
		quiet := goleak.IgnoreCurrent()
		d, err := Parse("demo.yaml", []byte("title: {en: x, zh-CN: x}\nsummary: {en: x, zh-CN: x}\nsteps:\n"+steps))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if err := d.Play(ctx, Options{World: w, Clients: says{}, Tell: func(Event) {}}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", steps, err)
		}
		cancel()
		if err := goleak.Find(quiet); err != nil {
			t.Errorf("%s: %v", steps, err)
		}
		if w.Internet.Hold().State().Holding {
			t.Errorf("%s: packets are still held", steps)
		}
	}
	d, err := Parse("demo.yaml", []byte("title: {en: x, zh-CN: x}\nsummary: {en: x, zh-CN: x}\nsteps: [{plug: bob}]"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Play(t.Context(), Options{World: w, Clients: says{}}); err == nil || !strings.Contains(err.Error(), "no link bob") {
		t.Error(err)
	}
}
