package control

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestOneWorldOfAName(t *testing.T) {
	dir := ownDirectory(t)
	first, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := first.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	if _, err := Listen("default"); err == nil || !strings.Contains(err.Error(), "a world named default is running already") {
		t.Errorf("a second one: %v", err)
	}
	other, err := Listen("other")
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	first.Close()
	if left, _ := filepath.Glob(dir + "/wirebook/*"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// leaveDead leaves a socket behind, as kill -9 does.
func leaveDead(t *testing.T) {
	t.Helper()
	ln, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	ln.Close()
}

func TestSocketOfADeadProcess(t *testing.T) {
	dir := ownDirectory(t)
	leaveDead(t)
	if left, _ := filepath.Glob(dir + "/wirebook/*"); len(left) != 1 {
		t.Fatalf("there is no dead socket: %v", left)
	}
	if _, err := Dial(""); !errors.Is(err, ErrNoWorld) {
		t.Errorf("dial: %v", err)
	}
	if left, _ := filepath.Glob(dir + "/wirebook/*"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	leaveDead(t)
	ln, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
}

// Of many that find a dead socket at the same moment, one becomes the world.
func TestManyListen(t *testing.T) {
	ownDirectory(t)
	leaveDead(t)
	var all sync.WaitGroup
	winners := make(chan net.Listener, 20)
	for range cap(winners) {
		all.Go(func() {
			ln, err := Listen("")
			if err == nil {
				winners <- ln
			}
		})
	}
	all.Wait()
	close(winners)
	if len(winners) != 1 {
		t.Errorf("%d worlds of one name", len(winners))
	}
	for ln := range winners {
		ln.Close()
	}
}

func TestNoWorld(t *testing.T) {
	ownDirectory(t)
	if _, err := Dial("nowhere"); !errors.Is(err, ErrNoWorld) || !strings.Contains(err.Error(), "wirebook up") {
		t.Errorf("error %v", err)
	}
	for _, name := range []string{"a/b", "..", `a\b`} {
		if _, err := Listen(name); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestDirectoryOfSomebodyElse(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a user's directory for temporary files is private on Windows")
	}
	dir := ownDirectory(t)
	for name, prepare := range map[string]func(path string) error{
		"open to all": func(path string) error { return errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, 0o777)) },
		"a link":      func(path string) error { return os.Symlink(t.TempDir(), path) },
		"a file":      func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		path := filepath.Join(dir, "wirebook")
		if err := prepare(path); err != nil {
			t.Fatal(err)
		}
		if _, err := Listen(""); err == nil || !strings.Contains(err.Error(), "only you can enter") {
			t.Errorf("%s: %v", name, err)
		}
		os.Remove(path)
	}
}

func TestCall(t *testing.T) {
	type order struct{ Name string }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ps", func(w http.ResponseWriter, _ *http.Request) { Reply(w, []order{{"alice"}, {"bob"}}) })
	mux.HandleFunc("POST /kill", func(w http.ResponseWriter, _ *http.Request) {
		Fail(w, http.StatusNotFound, &net.OpError{Op: "kill", Err: syscall.ESRCH})
	})
	c, stop := serving(t, mux)

	var table []order
	if err := c.Call(t.Context(), "GET", "/ps", nil, &table); err != nil || len(table) != 2 || table[1].Name != "bob" {
		t.Errorf("%v, %v", table, err)
	}
	if err := c.Call(t.Context(), "POST", "/kill", order{"carol"}, nil); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("error %v", err)
	}
	if err := c.Call(t.Context(), "GET", "/nothing", nil, nil); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("error %v", err)
	}
	stop()
	if err := c.Call(context.Background(), "GET", "/ps", nil, &table); !errors.Is(err, ErrNoWorld) {
		t.Errorf("after the world's end: %v", err)
	}
}
