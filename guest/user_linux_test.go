package guest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const nobody = 65534

// TestAsOrdinaryUser runs all other tests once more as a user without any
// rights, who gets a user namespace.
func TestAsOrdinaryUser(t *testing.T) {
	if !privileged() {
		t.Skip("only root can become somebody else; the other tests ran as an ordinary user")
	}
	needGuests(t)
	dir, err := os.MkdirTemp("", "guest-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "guest.test")
	if err := errors.Join(os.Chown(dir, nobody, nobody), copyExecutable(binary)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Args = []string{"drop", binary, "-test.v", "-test.skip=TestAsOrdinaryUser"}
	if testing.Short() {
		cmd.Args = append(cmd.Args, "-test.short")
	}
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	if skipped := strings.Count(string(text), "--- SKIP"); skipped > 0 {
		t.Errorf("%d tests were skipped:\n%s", skipped, text)
	}
	t.Logf("%d tests passed as nobody", strings.Count(string(text), "--- PASS"))
}

func copyExecutable(to string) error {
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer from.Close()
	file, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, file.Close())
}

// dropRole, in a mount namespace of its own, lets everybody use the TAP
// device, as udev does on most systems and a bare container does not; becomes
// nobody; and runs its arguments.
func dropRole() int {
	err := errors.Join(
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount("wirebook-test", "/dev/net", "tmpfs", 0, ""),
		unix.Mknod(tunDevice, unix.S_IFCHR|0o666, int(unix.Mkdev(10, 200))),
		os.Chmod(tunDevice, 0o666),
		syscall.Setgroups(nil),
		syscall.Setgid(nobody),
		syscall.Setuid(nobody),
	)
	if err == nil {
		err = syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "drop:", err)
	return 125
}
