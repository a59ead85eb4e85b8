package check

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
)

// FileWith is the name of a file in the program's folder that contains something,
// or "": a program may have saved what others print.
func (t *T) FileWith(content []byte) (name string) {
	_ = filepath.WalkDir(t.work.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if data, err := os.ReadFile(path); err == nil && bytes.Contains(data, content) {
			name, _ = filepath.Rel(t.work.dir, path)
			return filepath.SkipAll
		}
		return nil
	})
	return name
}
