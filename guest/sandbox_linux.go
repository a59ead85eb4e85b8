package guest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A confinement is a sandbox as the inner stage is told of it.
type confinement struct {
	Work   string   // the real path
	Dir    string   // where the program starts
	Hidden []string // the user's directories for sockets
	Temp   []string // those for temporary files
	Alone  bool     // in a session of its own
	Old    bool     // for tests: be as on a kernel without mount_setattr(2)
}

func (c *Config) confinement() *confinement {
	s := &confinement{Work: c.Sandbox.Work, Dir: c.Dir, Alone: !c.Foreground && !c.Job, Old: noSetattr}
	for _, own := range []struct {
		name string
		to   *[]string
	}{{"XDG_RUNTIME_DIR", &s.Hidden}, {"TMPDIR", &s.Temp}} {
		if dir := os.Getenv(own.name); filepath.IsAbs(dir) && filepath.Clean(dir) != "/" {
			*own.to = append(*own.to, dir)
		}
	}
	return s
}

// noSetattr lets the tests be on a kernel before Linux 5.12.
var noSetattr bool

// enter confines this thread, and what it will start, to a sandbox: it has
// mounts of its own from here on, while those of the rest of this process stay
// as they are, since that has yet to write /etc/hosts.
func (s *confinement) enter() error {
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWIPC); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	work, err := openTree(s.Work)
	if err != nil {
		return err
	}
	defer unix.Close(work)
	if err := privateDevices(); err != nil {
		return err
	}
	temp := append([]string{"/tmp", "/var/tmp", "/dev/shm"}, s.Temp...)
	if err := errors.Join(
		coverAll(append([]string{"/run", "/var/run"}, s.Hidden...), "mode=755,size=1m"),
		coverAll(temp, "mode=1777,size=64m,nr_inodes=16k"),
	); err != nil {
		return err
	}
	if err := os.MkdirAll(s.Work, 0o755); err != nil {
		return err
	}
	if err := s.readOnly(temp); err != nil {
		return err
	}
	if err := placeTree(work, s.Work); err != nil {
		return err
	}
	return unix.Chdir(s.Dir)
}

// openTree takes a directory or a file as it is now, with what is mounted below
// it, to be mounted elsewhere or after something is over it (open_tree(2)).
func openTree(path string) (int, error) {
	const flags = unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_RECURSIVE
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, flags)
	if err != nil {
		return -1, fmt.Errorf("open_tree %s: %w", path, err)
	}
	return fd, nil
}

func placeTree(tree int, path string) error {
	if err := unix.MoveMount(tree, "", unix.AT_FDCWD, path, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("move_mount to %s: %w", path, err)
	}
	return nil
}

// coverAll mounts something empty over each directory that there is. One may
// be gone, since it lay in another.
func coverAll(dirs []string, options string) error {
	for _, dir := range dirs {
		// /var/run is a link to /run, mostly.
		if real, err := filepath.EvalSymlinks(dir); err != nil || real != filepath.Clean(dir) && slices.Contains(dirs, real) {
			continue
		}
		if err := unix.Mount("wirebook", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
			return fmt.Errorf("mount over %s: %w", dir, err)
		}
	}
	return nil
}

// devices are those that everybody may use. The rest of /dev is the machine:
// of root, no permission would keep its disks.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty"}

var deviceLinks = map[string]string{
	"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx",
}

// privateDevices gives this mount namespace a /dev with little in it.
func privateDevices() error {
	trees := make(map[string]int)
	defer func() {
		for _, tree := range trees {
			unix.Close(tree)
		}
	}()
	for _, name := range devices {
		tree, err := openTree("/dev/" + name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		trees[name] = tree
	}
	if err := coverAll([]string{"/dev"}, "mode=755,size=1m"); err != nil {
		return err
	}
	for name, tree := range trees {
		if err := errors.Join(os.WriteFile("/dev/"+name, nil, 0o666), placeTree(tree, "/dev/"+name)); err != nil {
			return err
		}
	}
	for name, target := range deviceLinks {
		if err := os.Symlink(target, "/dev/"+name); err != nil {
			return err
		}
	}
	if err := errors.Join(os.Mkdir("/dev/shm", 0o755), os.Mkdir("/dev/pts", 0o755)); err != nil {
		return err
	}
	// Terminals of its own, where the kernel lets us.
	_ = unix.Mount("devpts", "/dev/pts", "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")
	return nil
}

// readOnly makes all that is mounted so, but those of these directories that
// are mount points.
func (s *confinement) readOnly(but []string) error {
	all := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	err := error(syscall.ENOSYS)
	if !s.Old {
		err = unix.MountSetattr(unix.AT_FDCWD, "/", unix.AT_RECURSIVE, &all)
	}
	if errors.Is(err, syscall.ENOSYS) {
		return readOnlyEach(but)
	}
	if err != nil {
		return fmt.Errorf("mount_setattr: %w", err)
	}
	writable := unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}
	for _, dir := range but {
		err := unix.MountSetattr(unix.AT_FDCWD, dir, 0, &writable)
		// It may not be there, or be a link to one that has been done.
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.EINVAL) {
			return fmt.Errorf("mount_setattr %s: %w", dir, err)
		}
	}
	return nil
}

// readOnlyEach is for kernels before Linux 5.12: `mount -o remount,bind,ro` of
// each mount. What other options a mount has it must keep.
func readOnlyEach(but []string) error {
	table, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || slices.Contains(but, fields[4]) {
			continue
		}
		flags := uintptr(unix.MS_REMOUNT | unix.MS_BIND | unix.MS_RDONLY)
		for option := range strings.SplitSeq(fields[5], ",") {
			flags |= mountOptions[option]
		}
		dir := unescape.Replace(fields[4])
		if err := unix.Mount("", dir, "", flags, ""); err != nil && !hidden(dir, err) {
			return fmt.Errorf("mount -o remount,bind,ro %s: %w", dir, err)
		}
	}
	return nil
}

var mountOptions = map[string]uintptr{
	"nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC,
	"noatime": unix.MS_NOATIME, "nodiratime": unix.MS_NODIRATIME, "relatime": unix.MS_RELATIME,
}

// unescape undoes what mountinfo does to names; see proc_pid_mountinfo(5).
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// hidden tells whether a mount cannot be found by its path, since another is
// over it or the user may not go there. Then the program does not either.
func hidden(dir string, err error) bool {
	var now unix.Statfs_t
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EACCES) ||
		errors.Is(err, syscall.EINVAL) && unix.Statfs(dir, &now) == nil && now.Flags&unix.ST_RDONLY != 0
}

// keptInSandbox are the capabilities that root of a host needs for the network,
// for users and for files of its own, and with which it can neither mount nor
// get at another process's view of the file system.
func keptInSandbox(capability int) bool {
	switch capability {
	case unix.CAP_NET_RAW, unix.CAP_NET_BIND_SERVICE, unix.CAP_NET_ADMIN, unix.CAP_NET_BROADCAST,
		unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_KILL,
		unix.CAP_SETGID, unix.CAP_SETUID, unix.CAP_SYS_CHROOT, unix.CAP_AUDIT_WRITE:
		return true
	}
	return false
}
