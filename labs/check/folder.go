package check

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Files are the names of all files in the program's folder and below, sorted: a
// program may keep what it was sent wherever it likes.
func (t *T) Files() []string {
	return t.below(func(e fs.DirEntry) bool { return e.Type().IsRegular() })
}

// Folders are the program's own, ".", and all below it.
func (t *T) Folders() []string { return t.below(fs.DirEntry.IsDir) }

func (t *T) below(which func(fs.DirEntry) bool) (names []string) {
	_ = filepath.WalkDir(t.work.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // the program may remove what it has made
		}
		if e.IsDir() && e.Name() == insteadFolder {
			return fs.SkipDir
		}
		if name, err := filepath.Rel(t.work.dir, path); err == nil && which(e) {
			names = append(names, filepath.ToSlash(name))
		}
		return nil
	})
	slices.Sort(names)
	return names
}

// Fate is what has become of a content that the program was sent.
type Fate int

// The fates.
const (
	Kept    Fate = iota // a file has just this content, or, if it is text, it was printed
	Unready             // so it is, but only since the program was told to end
	Cut                 // a file has the first part of it
	Changed             // a file has something like it
	Missing             // no file has anything of it
)

// Keeps waits until the program has a content that it was sent in a file, under
// whatever name, and returns what has become of it, what the file has that is most
// like it, and how the wait ended.
func (p *Program) Keeps(content []byte) (Fate, []byte, End) {
	kept := func(output string) bool {
		return p.t.Kept(content) || bytes.IndexByte(content, 0) < 0 && strings.Contains(output, string(content))
	}
	end := p.Prints(kept)
	if end == Done || kept(p.Output()) {
		return Kept, content, Done
	}
	if end == Idle { // what Python has not written yet, it writes at its end
		p.EndInput()
		p.Wait()
		if kept(p.Output()) {
			return Unready, content, Done
		}
	}
	fate, data := p.t.fate(content)
	return fate, data, end
}

// Kept reports whether some file of the program's has just this content.
func (t *T) Kept(content []byte) bool {
	for _, name := range t.Files() {
		if data, err := t.ReadFile(name); err == nil && bytes.Equal(data, content) {
			return true
		}
	}
	return false
}

func (t *T) fate(content []byte) (Fate, []byte) {
	for _, name := range t.Files() {
		data, err := t.ReadFile(name)
		switch {
		case err != nil || len(data) == 0 || !alike(data, content):
		case len(data) < len(content) && bytes.HasPrefix(content, data):
			return Cut, data
		default:
			return Changed, data
		}
	}
	return Missing, nil
}

// alike is whether a file has some piece of a content.
func alike(data, content []byte) bool {
	const piece = 24
	if len(content) < piece || len(data) < piece {
		return bytes.HasPrefix(content, data)
	}
	for at := 0; at+piece <= len(content); at += piece {
		if bytes.Contains(data, content[at:at+piece]) {
			return true
		}
	}
	return false
}
