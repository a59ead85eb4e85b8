package console_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(allTests{m}) }

// allTests are run, and then the browser ends that they have shared.
type allTests struct{ m *testing.M }

func (a allTests) Run() int {
	defer endProgram()
	return a.m.Run()
}

// program is the browser of all tests: it takes longer to start than most of them.
var program struct {
	once sync.Once
	ctx  context.Context
	err  error
	end  func()
}

// startProgram starts the browser, if that was not done yet.
func startProgram() (context.Context, error) {
	program.once.Do(func() { program.ctx, program.end, program.err = newProgram() })
	return program.ctx, program.err
}

func newProgram() (ctx context.Context, end func(), err error) {
	path, err := findProgram()
	if err != nil {
		return nil, nil, err
	}
	profile, err := os.MkdirTemp("", "wirebook-browser-")
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(patience), chromedp.UserDataDir(profile),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", "en"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, leave := chromedp.NewContext(allocator, chromedp.WithErrorf(ignore)) // it names events that it is too old for
	end = func() {
		_ = chromedp.Cancel(ctx) // waits until the browser has gone
		leave()
		stop()
		_ = os.RemoveAll(profile)
	}
	if err := chromedp.Run(ctx); err != nil {
		end()
		return nil, nil, err
	}
	return ctx, end, nil
}

func ignore(string, ...any) {}

func findProgram() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no chromium here: apt-get install chromium")
}

func endProgram() {
	if program.end != nil {
		program.end()
	}
}
