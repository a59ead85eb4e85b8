package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// DefaultName is the name of a world that was given none.
const DefaultName = "default"

// ErrNoWorld says that no process runs the world that was asked for.
var ErrNoWorld = errors.New("no world of that name is running: start one with `wirebook up`")

// Path is where the socket of the world of that name is: in wirebook under
// $XDG_RUNTIME_DIR, which is the user's alone and gone at logout, or else in a
// directory with the user's number under the one for temporary files.
func Path(name string) (string, error) {
	if name == "" {
		name = DefaultName
	}
	if strings.ContainsAny(name, `/\:`) || strings.HasPrefix(name, ".") {
		return "", fmt.Errorf("control: %q cannot be a world's name: it would be a path", name)
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "wirebook", name), nil
	}
	return filepath.Join(os.TempDir(), userDirectory(), name), nil
}

// Listen opens the socket of the world of that name. If another process has
// it, the error says so; if one had it and died, its socket is replaced.
// Closing the listener removes the socket.
func Listen(name string) (net.Listener, error) {
	path, err := Path(name)
	if err != nil {
		return nil, err
	}
	unlock, err := lockDirectory(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer unlock()
	alive, err := removeDead(path)
	if alive {
		return nil, fmt.Errorf("a world named %s is running already (%s): use that one, stop it, or give this one another name", filepath.Base(path), path)
	}
	if err != nil {
		return nil, err
	}
	return net.Listen("unix", path)
}

// removeDead removes a socket that a process has left behind that was killed.
// The directory is locked.
func removeDead(path string) (alive bool, err error) {
	conn, err := net.Dial("unix", path)
	switch {
	case err == nil:
		return true, conn.Close()
	case errors.Is(err, syscall.EAGAIN):
		return true, nil // so alive that it has no time
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return false, nil
}

// lockDirectory makes the directory of the sockets, checks that it is nobody
// else's, and locks it: of two processes that find the same dead socket, the
// second must not remove the first one's new one. The lock is on the
// directory itself, so that no file of it is left.
func lockDirectory(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() || !private(info) {
		return nil, fmt.Errorf("control: %s must be a directory that only you can enter (mode 0700): remove it, or chmod 700 it", dir)
	}
	return lock(dir)
}
