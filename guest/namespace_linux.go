package guest

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// newNamespaces makes a child process the first of a network of its own, a
// table of mounts, a table of processes and a host name. Root can do that.
// Anybody else first becomes root of a new user namespace, which has power
// over these namespaces and over nothing outside.
func newNamespaces() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS,
	}
	if !privileged() {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return attr
}

// privileged tells whether this process is a root that may do what root does:
// in a container it often may not.
func privileged() bool {
	if os.Geteuid() != 0 {
		return false
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	const needed = 1<<unix.CAP_SYS_ADMIN | 1<<unix.CAP_NET_ADMIN
	return data[0].Effective&needed == needed
}

// enterNamespaces makes the fresh namespaces a host: with its name, and with
// the files and the view of processes and devices that belong to it.
func enterNamespaces(h Host, overlay bool) error {
	if err := unix.Sethostname([]byte(h.label())); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	// From here on, what is mounted here is seen here only.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	if err := mountEtc(h, overlay); err != nil {
		return err
	}
	// A container with parts of /proc masked may refuse a fresh one. Then `ps`
	// shows the processes outside and all else works.
	const safe = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	_ = unix.Mount("proc", "/proc", "proc", safe, "")
	// /sys/class/net lists the cards of the namespace that mounted it.
	_ = unix.Mount("sysfs", "/sys", "sysfs", safe, "")
	// The old directory may lie under one of the new mounts.
	if dir, err := os.Getwd(); err == nil {
		_ = os.Chdir(dir)
	}
	return nil
}
