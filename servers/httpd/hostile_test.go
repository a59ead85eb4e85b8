package httpd

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/netx"
)

func status(t testing.TB, conn net.Conn) int {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
	return response.StatusCode
}

func TestSlowHeadersAre408(t *testing.T) {
	address := start(t, &Server{HeaderTimeout: 300 * time.Millisecond})
	conn := dial(t, address)
	stop := make(chan struct{})
	var drip sync.WaitGroup
	drip.Go(func() {
		// A byte now and then: each is progress, the whole is none.
		for _, b := range []byte("GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 1000)) {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
			if _, err := conn.Write([]byte{b}); err != nil {
				return
			}
		}
	})
	if got := status(t, conn); got != 408 {
		t.Errorf("status %d", got)
	}
	close(stop)
	drip.Wait()
}

func TestASlowBodyIs408(t *testing.T) {
	address := start(t, &Server{BodyTimeout: 50 * time.Millisecond, HeaderTimeout: time.Minute})
	conn := dial(t, address)
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
	if got := status(t, conn); got != 408 {
		t.Errorf("status %d", got)
	}
}

func TestSilenceEndsWithoutAWord(t *testing.T) {
	address := start(t, &Server{IdleTimeout: 50 * time.Millisecond})
	conn := dial(t, address)
	if said, err := io.ReadAll(conn); err != nil || len(said) > 0 {
		t.Errorf("got %q, %v", said, err)
	}
}

func TestAClientThatDoesNotReadIsLeft(t *testing.T) {
	large := bytes.Repeat([]byte("x"), 32<<20)
	address := start(t, &Server{
		FS:           fstest.MapFS{"large": {Data: large, ModTime: changed}},
		WriteTimeout: 300 * time.Millisecond,
	})
	conn := dial(t, address)
	fmt.Fprint(conn, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
	// Once the server has left, what is still sent to it is answered with a
	// reset, and the write after that fails.
	for {
		if _, err := conn.Write([]byte("x")); err != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	n, _ := io.Copy(io.Discard, conn)
	if n >= int64(len(large)) {
		t.Errorf("all %d bytes came", n)
	}
}

// TestSilentConnectionsDoNotKeepOthersOut has far more silent and half-asked
// connections than the server takes, and asks between them.
func TestSilentConnectionsDoNotKeepOthersOut(t *testing.T) {
	address := start(t, &Server{MaxConns: 20})
	for i := range 200 {
		silent := dial(t, address)
		if i%2 == 0 {
			fmt.Fprint(silent, "GET / HTTP/1.1\r\nHost:")
		}
		if i%20 == 0 {
			conn := dial(t, address)
			fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			if got := status(t, conn); got != 200 {
				t.Fatalf("after %d: status %d", i, got)
			}
		}
	}
}

// TestIdleConnectionsCostLittle counts memory for connections that have asked
// once and wait.
func TestIdleConnectionsCostLittle(t *testing.T) {
	const conns, most = 500, 24 << 10
	address := start(t, &Server{})
	before := memory()
	for range conns {
		conn := dial(t, address)
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if got := status(t, conn); got != 200 {
			t.Fatalf("status %d", got)
		}
	}
	// What the client in this process has is counted, too.
	each := (int64(memory()) - int64(before)) / conns
	t.Logf("%d bytes a connection, both ends", each)
	if each > most {
		t.Errorf("%d bytes a connection, want at most %d", each, most)
	}
}

func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// TestBombsDoNotGrow sends what never ends, and looks at the memory.
func TestBombsDoNotGrow(t *testing.T) {
	address := start(t, &Server{})
	before := memory()
	for name, bomb := range map[string]struct{ begin, again string }{
		"request line": {"GET /", "xxxxxxxxxxxxxxxx"},
		"one field":    {"GET / HTTP/1.1\r\nHost: x\r\nX: ", "xxxxxxxxxxxxxxxx"},
		"fields":       {"GET / HTTP/1.1\r\nHost: x\r\n", "X: y\r\n"},
		"chunks":       {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1;xxxxxxxxxxxx=yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\nx\r\n"},
		"chunk line":   {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1", ";xxxxxxxxxxxxxxx"},
		"trailer":      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, address)
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				conn.Write([]byte(bomb.begin))
				again := []byte(strings.Repeat(bomb.again, 1000))
				for range 2000 {
					if _, err := conn.Write(again); err != nil {
						return
					}
				}
			}()
			got := status(t, conn)
			if got < 400 || got > 431 {
				t.Errorf("status %d", got)
			}
			conn.Close()
			<-sent
		})
	}
	if grown := int64(memory()) - int64(before); grown > 8<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
}

// faulty is a file system with a fault in it.
type faulty struct{ fstest.MapFS }

func (f faulty) Open(name string) (fs.File, error) {
	if name == "fault" {
		panic("a fault in the file system")
	}
	return f.MapFS.Open(name)
}

// logBook keeps what is logged.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestAPanicEndsOneConversation(t *testing.T) {
	site := testSite()
	site["fault"] = &fstest.MapFile{Data: []byte("x")}
	var log logBook
	server := &Server{FS: faulty{site}, Log: slog.New(slog.NewTextHandler(&log, nil))}
	address := startIn(t, netx.WithHealing(t.Context()), server)
	other := dial(t, address)
	fmt.Fprint(other, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	in := bufio.NewReader(other)
	first, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, first.Body)

	conn := dial(t, address)
	fmt.Fprint(conn, "GET /fault HTTP/1.1\r\nHost: x\r\n\r\n")
	if said, _ := io.ReadAll(conn); len(said) > 0 {
		t.Errorf("got %q", said)
	}
	if !strings.Contains(log.String(), "a fault in the file system") {
		t.Errorf("the log has %q", log.String())
	}

	fmt.Fprint(other, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	second, err := http.ReadResponse(in, nil)
	if err != nil || second.StatusCode != 200 {
		t.Errorf("the other connection: %v %v", second, err)
	}
}

// TestARefusalIsReadToItsEnd has a client that sends far more than it is let:
// it must still be able to read why it was refused.
func TestARefusalIsReadToItsEnd(t *testing.T) {
	address := start(t, &Server{})
	conn := dial(t, address)
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
	if _, err := conn.Write(make([]byte, 10_000_000)); err != nil {
		t.Fatal(err)
	}
	if got := status(t, conn); got != 413 {
		t.Errorf("status %d", got)
	}
}
