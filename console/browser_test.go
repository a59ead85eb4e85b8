package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/world"
)

// patience is how long a condition may take on a machine that has much else to do.
const patience = 2 * time.Minute

// shown is the page of the default world.
type shown struct {
	world *world.World
	clock *clock.Movable
	page  *console.Page
	tap   frame.Tap // shows the page a frame that nobody has sent
	url   string
}

// show starts a world and its page.
func show(t *testing.T, more ...func(*console.Options)) *shown {
	t.Helper()
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	s := &shown{clock: clock.NewMovable()}
	s.world, err = world.Start(t.Context(), plan, world.Options{Clock: s.clock, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.world.Close)
	s.clock.OnSettle(s.world.Internet.Settle)
	if err := s.world.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	options := console.ForWorld(s.world, s.clock)
	options.CommandLine = echo{}
	options.Tap = func(tap frame.Tap) func() {
		s.tap = tap
		return s.world.Internet.Tap(tap)
	}
	for _, change := range more {
		change(&options)
	}
	s.page = console.New(options)
	t.Cleanup(s.page.Close)
	server := httptest.NewServer(s.page.Handler(console.Access{}))
	t.Cleanup(server.CloseClientConnections)
	s.url = server.URL
	t.Cleanup(server.Close)
	return s
}

// echo is a command line that says what it was told.
type echo struct{}

func (echo) Run(ctx context.Context, c world.Command) int {
	if len(c.Args) > 0 && c.Args[0] == "wait" {
		<-ctx.Done()
		return 130
	}
	fmt.Fprintf(c.Stdout, "%s: %s\n", c.Host, strings.Join(c.Args, " "))
	fmt.Fprintln(c.Stderr, "and that is all")
	return 3
}

func (echo) Complete(_ context.Context, _ string, words []string) []world.Completion {
	if strings.HasPrefix("dns", words[len(words)-1]) {
		return []world.Completion{{Word: "dns", Text: "ask for a name"}}
	}
	return nil
}

// say has a client of the world ask for a page of www.
func (s *shown) say(t *testing.T, host, path string) {
	t.Helper()
	conn, err := s.world.Host(host).DialContext(t.Context(), "tcp", "203.0.113.80:80")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n", path)
	buffer := make([]byte, 4096)
	for {
		if _, err := conn.Read(buffer); err != nil {
			return
		}
	}
}

// browser is a page in a real browser.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	mistakes []string // what its console has said
	expected []string // what it may say
}

// chromium opens a tab with a window of that size, in a profile of its own, or skips
// the test.
func chromium(t *testing.T, width, height int64, phone bool) *browser {
	t.Helper()
	program, err := startProgram()
	if err != nil {
		t.Skip(err)
	}
	tab, err := newTab(t, program)
	if err != nil {
		t.Fatal(err)
	}
	ctx, closeTab := chromedp.NewContext(program, chromedp.WithTargetID(tab))
	t.Cleanup(closeTab)
	b := &browser{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, b.hear)
	b.do(emulation.SetDeviceMetricsOverride(width, height, 1, phone))
	return b
}

// newTab opens a window with a profile of its own, which remembers nothing of other
// tests.
func newTab(t *testing.T, program context.Context) (target.ID, error) {
	to := cdp.WithExecutor(program, chromedp.FromContext(program).Browser)
	profile, err := target.CreateBrowserContext().Do(to)
	if err != nil {
		return "", err
	}
	t.Cleanup(func() { _ = target.DisposeBrowserContext(profile).Do(to) })
	return target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(to)
}

// hear notes what goes wrong in the page.
func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.mistakes = append(b.mistakes, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			b.mistakes = append(b.mistakes, fmt.Sprintf("%s %+v", e.Type, e.Args))
		}
	case *log.EventEntryAdded:
		expected := slices.ContainsFunc(b.expected, func(text string) bool { return strings.Contains(e.Entry.Text, text) })
		if !expected && (e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning) {
			b.mistakes = append(b.mistakes, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

// expect lets the browser's console say something.
func (b *browser) expect(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, text)
}

// clean fails the test if the browser's console has said something.
func (b *browser) clean() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.mistakes {
		b.t.Errorf("the browser's console: %s", m)
	}
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// open opens the page, and waits until its scripts run.
func (b *browser) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	b.until(`document.documentElement.dataset.ready === "true"`)
}

// visit goes to an address, whatever is there.
func (b *browser) visit(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// until waits until an expression is true.
func (b *browser) until(expression string) {
	b.t.Helper()
	var is bool
	err := chromedp.Run(b.ctx, chromedp.Poll(expression, &is, chromedp.WithPollingTimeout(patience), chromedp.WithPollingInterval(50*time.Millisecond)))
	if errors.Is(err, chromedp.ErrPollingTimeout) || err != nil {
		b.picture("failed")
		b.clean()
		b.t.Fatalf("in vain waited for %s: %v\n%s", expression, err, b.text("document.body.innerText"))
	}
}

func (b *browser) text(expression string) string {
	b.t.Helper()
	var text string
	b.do(chromedp.Evaluate("String("+expression+")", &text))
	return text
}

// run evaluates something for what it does.
func (b *browser) run(script string) {
	b.t.Helper()
	b.do(chromedp.Evaluate("void("+script+")", nil))
}

// evaluate waits for what a promise becomes.
func (b *browser) evaluate(script string, result any) {
	b.t.Helper()
	b.do(chromedp.Evaluate(script, result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// click presses what a selector finds.
func (b *browser) click(selector string) {
	b.t.Helper()
	b.until(fmt.Sprintf("Boolean(document.querySelector(%q)) && !document.querySelector(%q).disabled", selector, selector))
	b.run(fmt.Sprintf("document.querySelector(%q).click()", selector))
}

func (b *browser) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// key presses a key that is no text: what listens to it has it alone.
func (b *browser) key(key string) {
	b.t.Helper()
	b.do(input.DispatchKeyEvent(input.KeyRawDown).WithKey(key), input.DispatchKeyEvent(input.KeyUp).WithKey(key))
}

// pictures is the folder of screenshots, if somebody wants to look at them.
const pictures = "WIREBOOK_SCREENSHOTS"

// picture takes a screenshot.
func (b *browser) picture(name string) {
	dir := os.Getenv(pictures)
	if dir == "" {
		return
	}
	b.run(`document.getAnimations().forEach((a) => a.finish())`)
	var image []byte
	if err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot(&image)); err != nil {
		b.t.Log(err)
		return
	}
	name = strings.ReplaceAll(b.t.Name(), "/", "-") + "-" + name + ".png"
	if err := os.WriteFile(filepath.Join(dir, name), image, 0o644); err != nil {
		b.t.Log(err)
	}
}
