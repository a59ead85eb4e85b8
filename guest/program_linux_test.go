package guest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestExitStatus(t *testing.T) {
	needGuests(t)
	for _, test := range []struct {
		program string
		want    Status
		code    int
	}{
		{"exit 0", Status{}, 0},
		{"exit 7", Status{Code: 7}, 7},
		{"exit 255", Status{Code: 255}, 255},
		{"kill -TERM $$", Status{Signal: syscall.SIGTERM}, 143},
		{"kill -KILL $$", Status{Signal: syscall.SIGKILL}, 137},
		{"kill -INT $$", Status{Signal: syscall.SIGINT}, 130},
	} {
		_, status := output(t, host("sh", "-c", test.program))
		if status != test.want || status.ExitCode() != test.code {
			t.Errorf("%s: %+v (%d), want %+v (%d)", test.program, status, status.ExitCode(), test.want, test.code)
		}
	}
}

func TestProgramsThatDoNotStart(t *testing.T) {
	needGuests(t)
	dir := openDir(t)
	data := filepath.Join(dir, "data")
	broken := filepath.Join(dir, "broken")
	os.WriteFile(data, []byte("x"), 0o644)
	os.WriteFile(broken, []byte("#!/no/such/interpreter\n"), 0o755)
	for _, test := range []struct {
		program, message string
		code             int
	}{
		{"no-such-program", "no-such-program: command not found", 127},
		{"/no/such/program", "/no/such/program: no such file or directory", 127},
		{broken, broken + ": no such file or directory", 127},
		{data, data + ": permission denied", 126},
		{dir, dir + ": is a directory", 126},
	} {
		_, err := Start(t.Context(), host(test.program), newNeighbour().attach)
		failed, ok := errors.AsType[*ProgramError](err)
		if !ok || failed.Code != test.code || failed.Error() != test.message {
			t.Errorf("%s: %v, want %s (%d)", test.program, err, test.message, test.code)
		}
	}
}

// openDir is a t.TempDir that a user namespace's root can enter as well.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestScriptWithoutInterpreterBelongsToTheShell(t *testing.T) {
	needGuests(t)
	script := filepath.Join(openDir(t), "script")
	os.WriteFile(script, []byte("echo script says $1\n"), 0o755)
	if text, _ := output(t, host(script, "hello")); text != "script says hello\n" {
		t.Errorf("got %q", text)
	}
}

func TestStandardStreams(t *testing.T) {
	needGuests(t)
	sent := make([]byte, 3<<20)
	rand.Read(sent)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		w.Write(sent)
		w.Close()
	}()
	var out, diag bytes.Buffer
	c := host("sh", "-c", "cat; echo done >&2")
	c.Stdin, c.Stdout, c.Stderr = r, &out, &diag
	g, err := Start(t.Context(), c, newNeighbour().attach)
	if err != nil {
		t.Fatal(err)
	}
	if status, err := g.Wait(); err != nil || status.Code != 0 {
		t.Fatal(status, err)
	}
	if !bytes.Equal(out.Bytes(), sent) || diag.String() != "done\n" {
		t.Errorf("%d of %d bytes came back on standard output, and %q on standard error", out.Len(), len(sent), diag.String())
	}
}

// A dialogue through a pipe. When its writer closes it, the program hears so,
// though another guest was started while it was open; when the program has
// ended, the writer does.
func TestDialogueThroughAPipe(t *testing.T) {
	needGuests(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	c := host("sh", "-c", `echo ready; while read -r line; do echo "heard $line"; done; echo end; exit 4`)
	c.Stdin = r
	g, out := running(t, c)
	r.Close()
	for _, line := range []string{"one", "two"} {
		typed(t, w, line+"\n")
		out.until("heard " + line)
	}
	running(t, host("sh", "-c", "echo ready; sleep 1000"))
	w.Close()
	out.until("end")
	if status, err := g.Wait(); status.Code != 4 || err != nil {
		t.Error(status, err)
	}

	r, w, _ = os.Pipe()
	defer w.Close()
	c = host("sh", "-c", "echo ready; read -r line")
	c.Stdin = r
	g, _ = running(t, c)
	r.Close()
	typed(t, w, "stop\n")
	g.Wait()
	if _, err := w.WriteString("too late\n"); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the program has ended, and writing gives %v", err)
	}
}

func TestNoStreamsAreDevNull(t *testing.T) {
	needGuests(t)
	g, err := Start(t.Context(), host("sh", "-c", "cat && echo lost"), newNeighbour().attach)
	if err != nil {
		t.Fatal(err)
	}
	if status, err := g.Wait(); status.Code != 0 || err != nil {
		t.Error(status, err)
	}
}

func TestDirectoryAndEnvironment(t *testing.T) {
	needGuests(t)
	c := host("sh", "-c", "pwd; env | sort")
	c.Dir = "/usr"
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "https_proxy=http://10.9.9.9", "ALL_PROXY=x", "No_Proxy=y", "KEPT=1"}
	text, _ := output(t, c)
	got := slices.DeleteFunc(strings.Fields(text), func(s string) bool { return strings.HasPrefix(s, "PATH=") || strings.HasPrefix(s, "_=") })
	want := []string{"/usr", "KEPT=1", "PWD=/usr", "WIREBOOK_HOST=alice.example.edu"}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestContextEndsTheGuest(t *testing.T) {
	needGuests(t)
	ctx, cancel := context.WithCancel(t.Context())
	g, err := Start(ctx, host("sleep", "1000"), newNeighbour().attach)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := g.Wait(); err == nil {
		t.Error("no error from a guest that was killed")
	}
	if _, err := Start(ctx, host("true"), newNeighbour().attach); !errors.Is(err, context.Canceled) {
		t.Errorf("start under an ended context: %v", err)
	}
}

func TestAttachRefused(t *testing.T) {
	needGuests(t)
	full := errors.New("all ports are taken")
	var kept *Tap
	_, err := Start(t.Context(), host("true"), func(_ *Guest, tap *Tap) error { kept = tap; return full })
	if !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	if _, err := kept.ReadFrame(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the Tap of a guest that never was: %v", err)
	}
}

func TestSignalFromTheCaller(t *testing.T) {
	needGuests(t)
	g, out := running(t, host("bash", "-c", `trap 'echo caught; exit 3' USR1; echo ready; while :; do sleep 0.02; done`))
	if err := g.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	out.until("caught")
	if status, err := g.Wait(); status.Code != 3 || err != nil {
		t.Error(status, err)
	}
	io.Copy(io.Discard, out.r)
}

// Which host to be may be known only later: Join says it, while the namespaces
// are being made.
func TestJoin(t *testing.T) {
	needGuests(t)
	c := host("sh", "-c", "hostname; echo $WIREBOOK_HOST")
	c.Host, c.Join = Host{}, func(context.Context) (Host, error) { return Host{Name: "bob.example.edu"}, nil }
	if text, status := output(t, c); text != "bob\nbob.example.edu\n" {
		t.Errorf("%v: %q", status, text)
	}
}

func TestJoinThatFails(t *testing.T) {
	needGuests(t)
	full := errors.New("no place for another guest")
	attached := func(*Guest, *Tap) error { t.Error("attached"); return nil }
	for want, join := range map[string]func(context.Context) (Host, error){
		full.Error():  func(context.Context) (Host, error) { return Host{}, full },
		"host name":   func(context.Context) (Host, error) { return Host{Name: "not a name"}, nil },
		"MAC address": func(context.Context) (Host, error) { return Host{Name: "bob", MAC: []byte{2}}, nil },
	} {
		if _, err := Start(t.Context(), Config{Args: []string{"true"}, Join: join}, attached); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Start(ctx, Config{Args: []string{"true"}, Join: func(ctx context.Context) (Host, error) {
		cancel()
		return Host{}, ctx.Err()
	}}, attached)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
