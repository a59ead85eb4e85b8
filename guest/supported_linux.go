package guest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// Supported tells whether guests can be started here. If not, the error says
// in one line what is missing and what to do. It makes a guest to find out;
// an error of [Start] says the same, so that there is no need to ask before.
func Supported() error {
	g, err := Start(context.Background(), Config{Args: []string{"/proc/self/exe"}, Host: Host{Name: "probe"}}, probed)
	if errors.Is(err, errProbed) {
		return nil
	}
	if err == nil {
		g.Kill()
		g.Wait()
	}
	return err
}

// errProbed ends a probe where the host is complete.
var errProbed = errors.New("guest: works")

func probed(*Guest, *Tap) error { return errProbed }

// explain adds to an error what a person can do about it.
func explain(err error) error {
	if advice := advise(err, privileged(), sysctl); advice != "" {
		return fmt.Errorf("%w: %s", err, advice)
	}
	return err
}

// advise finds the reason why a host could not be made. The kernel's error
// says little: it is the same for a missing right, a sysctl and a container's
// filter, so this looks at the switches that there are.
func advise(err error, privileged bool, sysctl func(name string) string) string {
	if f, ok := errors.AsType[*failure](err); ok && f.Path == tunDevice {
		return adviseTun(f.Errno)
	}
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EINVAL) {
		return ""
	}
	switch {
	case privileged:
		return "root may not do that here: " + containerAdvice
	case sysctl("user/max_user_namespaces") == "0":
		return "user namespaces are switched off here: sudo sysctl user.max_user_namespaces=15000, or run this as root"
	case sysctl("kernel/unprivileged_userns_clone") == "0":
		return "user namespaces are root's only here: sudo sysctl kernel.unprivileged_userns_clone=1, or run this as root"
	case sysctl("kernel/apparmor_restrict_unprivileged_userns") == "1":
		return "AppArmor restricts user namespaces here: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run this as root"
	}
	return "user namespaces are forbidden here: run this as root; if this is a container, " + containerAdvice
}

const containerAdvice = "start the container with --cap-add SYS_ADMIN --cap-add NET_ADMIN --device /dev/net/tun --security-opt apparmor=unconfined"

func adviseTun(errno syscall.Errno) string {
	switch errno {
	case syscall.ENOENT:
		return "there is no TAP device: sudo modprobe tun, or for a container, --device /dev/net/tun"
	case syscall.EACCES:
		return "the TAP device is root's only here: sudo chmod 666 " + tunDevice + " (it gives no power over the real network)"
	case syscall.ENODEV, syscall.ENXIO:
		return "the kernel's TAP driver is not loaded: sudo modprobe tun"
	}
	return "for a container: --device /dev/net/tun"
}

// sysctl reads a kernel parameter; "" if there is none of that name.
func sysctl(name string) string {
	value, _ := os.ReadFile("/proc/sys/" + name)
	return strings.TrimSpace(string(value))
}
