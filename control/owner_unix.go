//go:build unix

package control

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/wirebook/wirebook/durable"
)

// userDirectory is a name that no other user's processes choose.
func userDirectory() string { return fmt.Sprintf("wirebook-%d", os.Getuid()) }

// private tells whether a file is this user's and nobody else has any right
// to it. Under a directory that everybody may write to, somebody else could
// have made it first.
func private(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o077 == 0
}

func lock(dir string) (unlock func(), err error) {
	file, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := durable.Lock(file, true); err != nil {
		file.Close()
		return nil, fmt.Errorf("control: lock %s: %w", dir, err)
	}
	return func() { file.Close() }, nil
}
