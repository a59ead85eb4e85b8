package guest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// scratch is where a tmpfs is mounted for the moment in which its files are
// written and mounted elsewhere. It is a directory that every system has, and
// that gets a mount of its own right after.
const scratch = "/proc"

// mountEtc shows the program an /etc of its own: the system's, with the few
// files in front that say who the host is and whom to ask for names. They lie
// in a tmpfs that only this mount namespace has, so that nothing of them ever
// reaches the disk and nothing is left when the namespace is gone.
//
// An overlay does that whatever the system's files are: missing, or symbolic
// links to a resolver's directory. And a DHCP client inside can replace
// resolv.conf as on any host. Where the kernel refuses an overlay (unprivileged
// before Linux 5.11), each file is mounted over the system's.
func mountEtc(h Host, overlay bool) error {
	if err := unix.Mount("wirebook", scratch, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount a tmpfs: %w", err)
	}
	defer unix.Unmount(scratch, unix.MNT_DETACH)
	upper, work, empty := scratch+"/etc", scratch+"/work", scratch+"/empty"
	for _, dir := range []string{upper, work, empty} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	if err := writeEtc(upper, h); err != nil {
		return err
	}
	if overlay && mountOverlay("/etc", upper, work) == nil {
		return hideResolvers(empty)
	}
	return mountEach("/etc", upper)
}

func mountOverlay(dir, upper, work string) error {
	layers := "lowerdir=" + dir + ",upperdir=" + upper + ",workdir=" + work
	// A user namespace may not set the trusted.* attributes that an overlay
	// wants to use for its own notes, only user.* ones.
	err := unix.Mount("wirebook", dir, "overlay", 0, layers+",userxattr")
	if err != nil {
		err = unix.Mount("wirebook", dir, "overlay", 0, layers)
	}
	return err
}

// mountEach mounts every file of from over the file of the same name in dir,
// or over what that is a symbolic link to.
func mountEach(dir, from string) error {
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, file := range files {
		target := filepath.Join(dir, file.Name())
		err := unix.Mount(filepath.Join(from, file.Name()), target, "", unix.MS_BIND, "")
		if errors.Is(err, fs.ErrNotExist) && file.Name() != "resolv.conf" {
			continue
		}
		if err != nil {
			return fmt.Errorf("mount over %s: %w", target, err)
		}
	}
	return nil
}

// resolverDirs are where a system's name services listen. A program that
// found their sockets would ask the real Internet.
var resolverDirs = []string{"/run/systemd/resolve", "/run/nscd", "/var/run/nscd", "/run/avahi-daemon"}

func hideResolvers(empty string) error {
	for _, dir := range resolverDirs {
		err := unix.Mount(empty, dir, "", unix.MS_BIND, "")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("mount over %s: %w", dir, err)
		}
	}
	return nil
}

func writeEtc(dir string, h Host) error {
	system, _ := os.ReadFile("/etc/nsswitch.conf")
	for name, text := range map[string]string{
		"hostname":      h.label() + "\n",
		"hosts":         hostsFile(h),
		"resolv.conf":   resolvConf(h),
		"nsswitch.conf": nsswitch(string(system)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// resolvConf is resolv.conf(5).
func resolvConf(h Host) string {
	var text strings.Builder
	if len(h.Search) > 0 {
		fmt.Fprintf(&text, "search %s\n", strings.Join(h.Search, " "))
	}
	for _, addr := range h.Resolver {
		fmt.Fprintf(&text, "nameserver %s\n", addr)
	}
	return text.String()
}

// hostsFile is hosts(5). A host that has no address yet has 127.0.1.1 beside
// its name, as on Debian, so that it can always find itself.
func hostsFile(h Host) string {
	var text strings.Builder
	text.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
	names := h.Name
	if h.label() != h.Name {
		names += " " + h.label()
	}
	own := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 1, 1})}
	if len(h.Addrs) > 0 {
		own = own[:0]
	}
	for _, prefix := range h.Addrs {
		own = append(own, prefix.Addr())
	}
	for _, addr := range own {
		fmt.Fprintf(&text, "%s\t%s\n", addr, names)
	}
	for _, name := range slices.Sorted(maps.Keys(h.Hosts)) {
		fmt.Fprintf(&text, "%s\t%s\n", h.Hosts[name], name)
	}
	return text.String()
}

// nsswitch is nsswitch.conf(5), with host names looked up in /etc/hosts and
// then in the DNS and nowhere else; users and groups stay as the system has them.
func nsswitch(system string) string {
	var text strings.Builder
	for line := range strings.Lines(system) {
		if !strings.HasPrefix(strings.TrimSpace(line), "hosts:") {
			text.WriteString(strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	text.WriteString("hosts: files dns\n")
	return text.String()
}
