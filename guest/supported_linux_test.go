package guest

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

func TestAdvice(t *testing.T) {
	clone := &fs.PathError{Op: "fork/exec", Path: "/proc/self/exe", Err: syscall.EPERM}
	tun := func(errno syscall.Errno) error { return failed(&fs.PathError{Op: "open", Path: tunDevice, Err: errno}) }
	for _, test := range []struct {
		err        error
		privileged bool
		sysctl     string // the one that is set as it should not be
		value      string
		want       string
	}{
		{tun(syscall.ENOENT), false, "", "", "modprobe tun"},
		{tun(syscall.ENODEV), false, "", "", "modprobe tun"},
		{tun(syscall.EACCES), false, "", "", "chmod 666 /dev/net/tun"},
		{tun(syscall.EPERM), true, "", "", "--device /dev/net/tun"},
		{&fs.PathError{Op: "fork/exec", Err: syscall.ENOSPC}, false, "user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000"},
		{clone, false, "kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"},
		{clone, false, "kernel/apparmor_restrict_unprivileged_userns", "1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
		{failed(syscall.EACCES), false, "kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor"},
		{clone, false, "", "", "run this as root"},
		{clone, true, "", "", "--cap-add SYS_ADMIN"},
	} {
		got := advise(test.err, test.privileged, func(name string) string {
			if name == test.sysctl {
				return test.value
			}
			return ""
		})
		if !strings.Contains(got, test.want) || strings.Contains(got, "\n") {
			t.Errorf("%v: %q, want something about %q", test.err, got, test.want)
		}
	}
	if got := advise(errors.New("all ports are taken"), false, sysctl); got != "" {
		t.Errorf("advice for what has nothing to do with it: %q", got)
	}
}

// Here the TAP device is hidden, and Supported says what to do about that.
func TestSupportedWithoutTap(t *testing.T) {
	needGuests(t)
	cmd := bash(t, "mount --make-rprivate / && mount -t tmpfs none /dev/net && run true")
	cmd.SysProcAttr = newMountNamespace()
	text, _ := cmd.CombinedOutput()
	const want = "guest: open /dev/net/tun: no such file or directory: there is no TAP device: sudo modprobe tun, or for a container, --device /dev/net/tun\n"
	if string(text) != want || cmd.ProcessState.ExitCode() != 125 {
		t.Errorf("exit code %d, %q", cmd.ProcessState.ExitCode(), text)
	}
}

func BenchmarkStart(b *testing.B) {
	needGuests(b)
	for b.Loop() {
		g, err := Start(b.Context(), host("true"), newNeighbour().attach)
		if err != nil {
			b.Fatal(err)
		}
		if status, err := g.Wait(); err != nil || status.Code != 0 {
			b.Fatal(status, err)
		}
	}
}
