package guest

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// A Sandbox keeps a program that one does not know from what is outside.
//
// It sees the whole file system, but read-only: a write fails with EROFS. What
// it may write are Work, and /tmp, /var/tmp and /dev/shm, which are empty at
// first, its own, of 64 MB each, and gone with it. It sees nothing of the
// system's /run, where the sockets of services are, nor of the user's
// directories for temporary files and sockets ($TMPDIR, $XDG_RUNTIME_DIR); and
// of /dev, only the devices that are everybody's: null, zero, full, random,
// urandom, tty. So a program, or a file that it needs, must not lie under /tmp,
// unless in Work.
//
// It is root still, so that it may have ports below 1024, raw sockets, and its
// card's settings. The capabilities that mount, trace process 1, load modules,
// or reach the hardware are taken away for ever. And it has no controlling
// terminal, unless it stands in for this process (Foreground) or is a Job: what
// asks for a password reads standard input.
//
// What remains: it can read what the user can read. It can connect to a Unix
// socket in the file system that is elsewhere than said above, as Docker
// Desktop's in the user's home, or a database's in /var/lib: a read-only mount
// does not prevent that. Work can be filled as far as the disk goes. And it
// uses the machine's time and memory, which [Limits] are for.
type Sandbox struct {
	// Work is an existing directory that the program may write, at its own
	// path; it may lie under /tmp. Symbolic links in it are resolved. The program
	// starts there if Config.Dir is empty.
	Work string
}

// resolveSandbox gives c the real paths of where the program is to work and
// start.
func (c *Config) resolveSandbox() error {
	if c.Sandbox == nil {
		return nil
	}
	work, err := realPath(c.Sandbox.Work)
	if err == nil && work == "/" {
		err = syscall.EPERM
	}
	if err != nil {
		return fmt.Errorf("guest: %q is no directory for a program to work in: %w", c.Sandbox.Work, err)
	}
	c.Sandbox = &Sandbox{work}
	if c.Dir == "" {
		c.Dir = work
	}
	c.Dir, err = realPath(c.Dir)
	return err
}

func realPath(dir string) (string, error) {
	path, err := filepath.Abs(dir)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return "", &os.PathError{Op: "chdir", Path: dir, Err: syscall.ENOTDIR}
	}
	return path, nil
}
