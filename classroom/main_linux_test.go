package classroom

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/world"
)

// A test of this package that has switches and machines needs network namespaces, and
// Linux lets anybody have them in a user namespace of one's own (user_namespaces(7)).
// So it runs itself again, in one, as the switches; and each machine is this program
// once more, in a network namespace below it.
const (
	insideVariable = "CLASSROOM_INSIDE"
	memberVariable = "CLASSROOM_MEMBER"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(memberVariable); name != "" {
		if err := beMember(name); err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// inside runs the rest of the test in namespaces; it is false outside of them, when all
// has been done.
func inside(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideVariable) != "" {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	switch {
	case err == nil && strings.Contains(string(out), "--- SKIP"):
		t.Skip(string(out))
	case errors.As(err, &ended):
		t.Fatalf("in its namespaces: %v\n%s", err, out)
	case err != nil:
		t.Skipf("no user and network namespaces here: %v (kernel.unprivileged_userns_clone, or AppArmor's rules for them)", err)
	}
	return false
}

// patience is how long something may take on a machine that has much else to do.
const patience = 2 * time.Minute

// beMember is a machine until its standard input ends. Each line of that is a request.
func beMember(name string) error {
	plan, err := world.Parse(files(), "world.yaml", []byte(os.Getenv("CLASSROOM_WORLD")))
	if err != nil {
		return err
	}
	for _, setting := range []string{"net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"} {
		if m, _ := plan.Machine(name); m.Router {
			_ = os.WriteFile("/proc/sys/"+setting, []byte("1"), 0) // IPv6 may be off
		}
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	m := &Member{Plan: plan, Name: name, Newcomer: strings.HasPrefix(name, "visitor"), Path: os.Getenv("CLASSROOM_CABLES"), Log: log}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		reply, err := request(lines.Text())
		if err != nil {
			reply = "error " + err.Error()
		}
		text, _ := json.Marshal(reply)
		fmt.Println(string(text))
	}
	cancel()
	return errors.Join(<-ended, m.Close())
}

// request gets a page, on the machine's network.
func request(url string) (string, error) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, DialContext: (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
	}}
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func files() fstest.MapFS {
	return fstest.MapFS{"site/index.html": {Data: []byte(page)}}
}

const page = "<!DOCTYPE html>\n<title>a page</title>\n"
