package mailbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func init() { tasks["full"] = fullDisk }

// fullDisk delivers to a disk of 256 KiB until it is full, in a mount namespace of
// its own.
func fullDisk(dir string) {
	fail(syscall.Mount("disk", dir, "tmpfs", 0, "size=256k"))
	m, inbox := childsMailbox(dir)
	accepted := 0
	var err error
	for err == nil {
		if err = m.Deliver(context.Background(), fmt.Sprint(accepted), strings.NewReader(letter(accepted))); err == nil {
			accepted++
		}
	}
	if !errors.Is(err, syscall.ENOSPC) || accepted < 5 {
		fail(fmt.Errorf("after %d messages: %w", accepted, err))
	}
	// Not a byte is left.
	filler, err := os.Create(filepath.Join(dir, "filler"))
	fail(err)
	for err == nil {
		_, err = filler.Write(make([]byte, 512))
	}
	if err := inbox.Refresh(); !errors.Is(err, ErrJournal) || !errors.Is(err, syscall.ENOSPC) {
		fail(fmt.Errorf("a view of a full disk: %w", err))
	}
	all := inbox.Messages()
	if len(all) != accepted {
		fail(fmt.Errorf("%d of %d messages", len(all), accepted))
	}
	for i, msg := range all {
		r, err := inbox.Open(msg.UID)
		fail(err)
		var text strings.Builder
		_, err = r.(*os.File).WriteTo(&text)
		fail(err)
		r.Close()
		if text.String() != letter(i) {
			fail(fmt.Errorf("message %d is damaged", i))
		}
	}
	// There is a way out: to remove something.
	fail(inbox.Remove([]uint32{all[0].UID, all[1].UID}))
	fail(inbox.Refresh())
	fail(m.Deliver(context.Background(), "0", strings.NewReader("not again")))
	fail(m.Deliver(context.Background(), "new", strings.NewReader("new")))
	fail(inbox.Refresh())
	if n := len(inbox.Messages()); n != accepted-1 {
		fail(fmt.Errorf("%d messages after there was room again, want %d", n, accepted-1))
	}
	left, err := filepath.Glob(filepath.Join(dir, "alice/tmp/*"))
	if len(left) > 0 || err != nil {
		fail(fmt.Errorf("left: %q, %w", left, err))
	}
	os.Exit(0)
}

// TestFullDisk: what does not fit is refused, nothing is lost, and there is a way
// out.
func TestFullDisk(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MAILBOX_CHILD=full", "MAILBOX_DIR="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		t.Skipf("no user namespaces here: %v", err)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
