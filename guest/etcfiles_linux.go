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
	"syscall"

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
	if err := errors.Join(writeEtc(upper, h), ownClientDirs(scratch)); err != nil {
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
	return fs.WalkDir(os.DirFS(from), ".", func(name string, file fs.DirEntry, err error) error {
		if err != nil || file.IsDir() {
			return err
		}
		target := filepath.Join(dir, name)
		err = unix.Mount(filepath.Join(from, name), target, "", unix.MS_BIND, "")
		if errors.Is(err, fs.ErrNotExist) && name != "resolv.conf" {
			return nil
		}
		if err != nil {
			return fmt.Errorf("mount over %s: %w", target, err)
		}
		return nil
	})
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

// clientDirs are where DHCP clients keep what concerns the system's own cards:
// leases, process numbers, and the sockets by which they are commanded. A
// client in a guest, whose card has the same name as many a system's, must not
// find them; and an ordinary user's could not write there.
var clientDirs = []string{"/run/dhcpcd", "/var/lib/dhcpcd", "/var/lib/dhcp", "/var/lib/dhclient"}

// ownClientDirs gives the guest empty directories of its own instead.
func ownClientDirs(scratch string) error {
	for n, dir := range clientDirs {
		own := fmt.Sprintf("%s/client%d", scratch, n)
		if err := os.Mkdir(own, 0o755); err != nil {
			return err
		}
		err := unix.Mount(own, dir, "", unix.MS_BIND, "")
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return fmt.Errorf("mount over %s: %w", dir, err)
		}
	}
	return nil
}

func writeEtc(dir string, h Host) error {
	system, _ := os.ReadFile("/etc/nsswitch.conf")
	files := map[string]string{
		"hostname":      h.label() + "\n",
		"hosts":         hostsFile(h),
		"resolv.conf":   resolvConf(h),
		"nsswitch.conf": nsswitch(string(system)),
	}
	if len(h.Authority) > 0 {
		for _, name := range trustFiles {
			files[name] = string(h.Authority)
		}
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	return nil
}

// trustFiles are where the libraries for TLS look for the authorities that they
// trust: on Debian and its like, on Fedora, and where OpenSSL itself puts them.
var trustFiles = []string{debianTrust, "pki/tls/certs/ca-bundle.crt", "ssl/cert.pem"}

const debianTrust = "ssl/certs/ca-certificates.crt"

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
	localhost6 := "localhost ip6-localhost"
	if h.Loopback != LoopbackInside {
		localhost6 = "ip6-localhost" // ::1 is not on the cable: a client finds nobody there, nobody a server
	}
	fmt.Fprintf(&text, "127.0.0.1\tlocalhost\n::1\t%s ip6-loopback\n", localhost6)
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
	if h.Self.IsValid() {
		own = []netip.Addr{h.Self}
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
