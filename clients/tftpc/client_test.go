package tftpc_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/clients/tftpc"
	"github.com/wirebook/wirebook/internal/datagrams"
	"github.com/wirebook/wirebook/protocol/tftp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a network with a client and the sockets of a server that a script
// moves.
func stage(t *testing.T) (*tftpc.Client, *datagrams.Player) {
	n := new(datagrams.Network)
	p := &datagrams.Player{Sockets: make(map[string]*datagrams.Socket)}
	for name, at := range map[string][2]string{
		"server": {"192.0.2.1", ":69"}, "tid": {"192.0.2.1", ":2000"}, "other": {"192.0.2.1", ":2001"}, "elsewhere": {"192.0.2.9", ":2000"},
	} {
		conn, err := n.Host(at[0]).ListenPacket(t.Context(), "udp", at[1])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		p.Sockets[name] = conn.(*datagrams.Socket)
	}
	return &tftpc.Client{Network: n.Host("192.0.2.2")}, p
}

// TestConversations plays the golden conversations, to the second. The first
// word of each name is what the client does.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		scripts, err := datagrams.ReadScripts(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, script := range scripts {
			t.Run(script.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					play(t, script, strings.Contains(script.Name, "option") || strings.Contains(script.Name, "asked"))
				})
			})
		}
	}
}

func play(t *testing.T, script datagrams.Script, options bool) {
	c, p := stage(t)
	if options {
		c.BlockSize, c.WindowSize, c.Size, c.AskTimeout, c.Timeout = 1000, 2, true, true, 3*time.Second
	}
	ended := make(chan error, 1)
	go func() {
		var err error
		if strings.Contains(script.Name, "put") {
			_, err = c.Put(t.Context(), "192.0.2.1", "boot", strings.NewReader(strings.Repeat("x", 600)))
		} else {
			_, err = c.Get(t.Context(), "192.0.2.1", "boot", new(bytes.Buffer))
		}
		ended <- err
	}()
	if err := p.Play(script); err != nil {
		t.Error(err)
	}
	var refused *tftp.Error
	if err := <-ended; errors.As(err, &refused) != strings.HasPrefix(script.Name, "refused") || refused == nil && err != nil {
		t.Errorf("the client ended with %v", err)
	}
}

func TestResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := stage(t)
		c.BlockSize, c.Size = 8, true
		var seen []tftpc.Progress
		c.Progress = func(at tftpc.Progress) { seen = append(seen, at) }
		done := make(chan error, 1)
		go func() {
			done <- p.Play(script(t, `server < RRQ boot octet blksize=8 tsize=0
server < +1s RRQ boot octet blksize=8 tsize=0
tid > OACK blksize=8 tsize=11
tid < ACK 0
tid > DATA 1 "12345678"
tid < ACK 1
tid > DATA 2 "end"
tid < ACK 2
`))
		}()
		var got strings.Builder
		r, err := c.Get(t.Context(), "192.0.2.1:69", "boot", &got)
		if played := <-done; err != nil || played != nil {
			t.Fatal(err, played)
		}
		if got.String() != "12345678end" || r.Bytes != 11 || r.Blocks != 2 || r.Resent != 1 || r.Took != time.Second || r.Server.String() != "192.0.2.1:2000" || len(r.Options) != 2 {
			t.Errorf("%q, %+v", got.String(), r)
		}
		if len(seen) != 2 || seen[0] != (tftpc.Progress{Bytes: 8, Size: 11}) || seen[1] != (tftpc.Progress{Bytes: 11, Size: 11}) {
			t.Errorf("progress: %v", seen)
		}
	})
}

func script(t *testing.T, text string) datagrams.Script {
	file := filepath.Join(t.TempDir(), "script.txt")
	if err := os.WriteFile(file, []byte("== \n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	scripts, err := datagrams.ReadScripts(file)
	if err != nil {
		t.Fatal(err)
	}
	return scripts[0]
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := stage(t)
		start := time.Now()
		_, err := c.Get(t.Context(), "192.0.2.1", "boot", new(bytes.Buffer))
		if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took != 39*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Get(ctx, "192.0.2.1", "boot", new(bytes.Buffer)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the context ended: %v", err)
		}
	})
}

// TestBrokenOff: a server whose client leaves is told.
func TestBrokenOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := stage(t)
		ctx, cancel := context.WithCancel(t.Context())
		c.Progress = func(tftpc.Progress) { cancel() }
		done := make(chan error, 1)
		go func() {
			done <- p.Play(script(t, `server < RRQ boot octet
tid > DATA 1 512*x
tid < ACK 1
tid < ERROR 0 "the transfer was broken off"
`))
		}()
		_, err := c.Get(ctx, "192.0.2.1", "boot", new(bytes.Buffer))
		if played := <-done; !errors.Is(err, context.Canceled) || played != nil {
			t.Error(err, played)
		}
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

// TestOurFault: what fails here is told the server, but not why.
func TestOurFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := stage(t)
		done := make(chan error, 1)
		go func() {
			done <- p.Play(script(t, "server < RRQ boot octet\ntid > DATA 1 512*x\ntid < ERROR 0 \"the transfer failed\"\n"))
		}()
		_, err := c.Get(t.Context(), "192.0.2.1", "boot", full{})
		if played := <-done; err == nil || !strings.Contains(err.Error(), "full") || played != nil {
			t.Error(err, played)
		}
	})
}

// TestLinger: the last acknowledgment is given again.
func TestLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := stage(t)
		c.Linger = 10 * time.Second
		done := make(chan error, 1)
		go func() {
			done <- p.Play(script(t, `server < RRQ boot octet
tid > DATA 1 "end"
tid < ACK 1
tid < nothing 3s
tid > DATA 1 "end"
tid < ACK 1
`))
		}()
		start := time.Now()
		_, err := c.Get(t.Context(), "192.0.2.1", "boot", new(bytes.Buffer))
		if played := <-done; err != nil || played != nil || time.Since(start) != 10*time.Second {
			t.Error(err, played, time.Since(start))
		}
	})
}

func TestWhatCannotBeAsked(t *testing.T) {
	for name, c := range map[string]tftpc.Client{
		"blksize": {BlockSize: 7}, "windowsize": {WindowSize: 1025}, "timeout": {AskTimeout: true, Timeout: time.Millisecond},
	} {
		c.Network = new(datagrams.Network).Host("192.0.2.2")
		if _, err := c.Get(t.Context(), "192.0.2.1", "boot", new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := tftpc.Client{Network: new(datagrams.Network).Host("192.0.2.2")}
	if _, err := c.Get(t.Context(), "192.0.2.1", "", nil); err == nil {
		t.Error("asked for a file without a name")
	}
	if _, err := c.Get(t.Context(), "192.0.2.1", strings.Repeat("x", 600), nil); err == nil {
		t.Error("sent a request that is too long")
	}
	if _, err := c.Get(t.Context(), "tftp.example.edu", "boot", nil); err == nil {
		t.Error("found a name on a network without names")
	}
}

// TestServers: a server is an address, with its port if that is not 69.
func TestServers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for server, want := range map[string]string{
		"192.0.2.1": "192.0.2.1:69", "192.0.2.1:6969": "192.0.2.1:6969",
		"2001:db8::1": "[2001:db8::1]:69", "[2001:db8::1]": "[2001:db8::1]:69", "[2001:db8::1]:6969": "[2001:db8::1]:6969",
	} {
		c := tftpc.Client{Network: new(datagrams.Network).Host("192.0.2.2")}
		if result, err := c.Get(ctx, server, "boot", nil); !errors.Is(err, context.Canceled) || result.Server.String() != want {
			t.Errorf("%s: %v, %v", server, result.Server, err)
		}
	}
}

func TestErrorsAreThoseOfFiles(t *testing.T) {
	for code, want := range map[tftp.Code]error{tftp.FileNotFound: fs.ErrNotExist, tftp.AccessViolation: fs.ErrPermission, tftp.FileExists: fs.ErrExist} {
		if err := error(&tftp.Error{Code: code}); !errors.Is(err, want) || errors.Is(err, fs.ErrClosed) {
			t.Errorf("%v is not %v", err, want)
		}
	}
}
