package tftpd

import (
	"io/fs"
	"log/slog"
	"path"
	"strings"

	"github.com/wirebook/wirebook/durable"
)

// unfinished is how the names of files begin that are being written: drafts.
const unfinished = ".tftp-unfinished-"

// sweep removes the drafts of a server that has died: of one that lives, another
// server perhaps that has the same folder, each draft is claimed.
func (f *folder) sweep(log *slog.Logger) {
	if f.writable == "" {
		return
	}
	fs.WalkDir(f.root.FS(), f.writable, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be read has no drafts of ours
		}
		if entry.Type().IsRegular() && strings.HasPrefix(path.Base(name), unfinished) && f.abandoned(name) {
			err := f.root.Remove(name)
			log.Info("tftpd: an upload was broken off by a crash", "draft", name, "removed", err == nil)
		}
		return nil
	})
}

func (f *folder) abandoned(draft string) bool {
	file, err := f.root.Open(draft)
	if err != nil {
		return false
	}
	defer file.Close()
	return durable.Lock(file, false) == nil
}
