package netx

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs an Acceptor on loopback and returns its address, and a function
// that ends it and waits.
func serve(t *testing.T, ctx context.Context, a *Acceptor, handle func(context.Context, net.Conn)) (string, func() error) {
	t.Helper()
	ln, err := OS{}.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx, ln, handle) }()
	stop := sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { stop() })
	return ln.Addr().String(), stop
}

func ask(t *testing.T, address, line string) string {
	t.Helper()
	conn, err := OS{}.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, line)
	conn.(*net.TCPConn).CloseWrite()
	reply, _ := io.ReadAll(conn)
	return string(reply)
}

func shout(_ context.Context, conn net.Conn) {
	text, _ := io.ReadAll(conn)
	conn.Write(bytes.ToUpper(text))
}

func TestAcceptorServes(t *testing.T) {
	var a Acceptor
	address, stop := serve(t, t.Context(), &a, shout)
	if got := ask(t, address, "hello"); got != "HELLO" {
		t.Errorf("got %q", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("the listener is still open")
	}
}

func TestAcceptorEndsConversationsThatWait(t *testing.T) {
	var a Acceptor
	began := make(chan bool)
	address, stop := serve(t, t.Context(), &a, func(_ context.Context, conn net.Conn) {
		began <- true
		io.ReadAll(conn) // nothing will ever come
	})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	<-began
	stop() // would hang, were the connection left open
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection outlived its server")
	}
}

func TestPanicEndsOnlyItsConversation(t *testing.T) {
	var log bytes.Buffer
	a := Acceptor{Log: slog.New(slog.NewTextHandler(&log, nil))}
	address, stop := serve(t, WithHealing(t.Context()), &a, func(_ context.Context, conn net.Conn) {
		text, _ := io.ReadAll(conn)
		if string(text) == "boom" {
			panic("the student's favourite bug")
		}
		conn.Write(text)
	})
	if got := ask(t, address, "boom"); got != "" {
		t.Errorf("got %q", got)
	}
	if got := ask(t, address, "still here?"); got != "still here?" {
		t.Errorf("got %q", got)
	}
	stop()
	if !strings.Contains(log.String(), "the student's favourite bug") || !strings.Contains(log.String(), "netx_test.go") {
		t.Errorf("the log has neither fault nor stack: %s", log.String())
	}
}

func TestGuardDoesNotHealInTests(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the panic was swallowed")
		}
	}()
	Guard(t.Context(), nil, "test", func() { panic("seen") })
}

func TestAcceptorLimitsOpenConnections(t *testing.T) {
	a := Acceptor{MaxConns: 2}
	var open, most atomic.Int32
	release := make(chan bool)
	address, _ := serve(t, t.Context(), &a, func(_ context.Context, conn net.Conn) {
		n := open.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		<-release
		open.Add(-1)
	})
	var clients sync.WaitGroup
	for range 6 {
		clients.Go(func() { ask(t, address, "") })
	}
	for range 6 {
		release <- true
	}
	clients.Wait()
	if most.Load() > 2 {
		t.Errorf("%d connections at once", most.Load())
	}
}

// flaky fails to accept a few times, as a system short of descriptors does.
type flaky struct {
	net.Listener
	failures atomic.Int32
}

type shortage struct{}

func (shortage) Error() string   { return "too many open files" }
func (shortage) Timeout() bool   { return false }
func (shortage) Temporary() bool { return true }

func (f *flaky) Accept() (net.Conn, error) {
	if f.failures.Add(-1) >= 0 {
		return nil, shortage{}
	}
	return f.Listener.Accept()
}

func TestAcceptorOutlivesAShortage(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{Listener: ln}
	f.failures.Store(3)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	a := Acceptor{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	go func() { done <- a.Serve(ctx, f, shout) }()
	if got := ask(t, ln.Addr().String(), "x"); got != "X" {
		t.Errorf("got %q", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAcceptorReportsABrokenListener(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	var a Acceptor
	if err := a.Serve(t.Context(), ln, shout); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestDialFromTakesThePortAgain(t *testing.T) {
	var a Acceptor
	address, _ := serve(t, t.Context(), &a, func(_ context.Context, conn net.Conn) {
		io.WriteString(conn, conn.RemoteAddr().String())
	})
	first, err := OS{}.DialFrom(t.Context(), "tcp", "127.0.0.1:0", address)
	if err != nil {
		t.Fatal(err)
	}
	source := first.LocalAddr().String()
	if seen, _ := io.ReadAll(first); string(seen) != source {
		t.Errorf("the server saw %s, we dialled from %s", seen, source)
	}
	first.Close() // the server closed first: TIME-WAIT is on its side
	second, err := OS{}.DialFrom(t.Context(), "tcp", source, address)
	if err != nil && !strings.Contains(err.Error(), "assign requested address") {
		t.Fatal(err)
	}
	if err == nil {
		second.Close()
	}
}

func TestDialFromSaysWhatIsWrong(t *testing.T) {
	if _, err := (OS{}).DialFrom(t.Context(), "sctp", "127.0.0.1:1", "127.0.0.1:2"); err == nil || !strings.Contains(err.Error(), "sctp") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := (OS{}).DialFrom(ctx, "tcp", "nonsense", "127.0.0.1:2"); err == nil {
		t.Error("no error for a source that is no address")
	}
}
