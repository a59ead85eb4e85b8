package check

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// workspace is the folder in which a program runs: a copy of its own, with what a
// case puts there. What the program writes or removes is gone with it.
type workspace struct {
	dir string // the copy
	of  string // the student's folder
}

// What is copied. More than that is no exercise: then only the folder's own
// files are, and what the manifest names.
const (
	mostCopied      = 32 << 20
	mostCopiedFiles = 4000
	mostLooseFile   = 4 << 20
)

func newWorkspace(of string, extra []string) (*workspace, error) {
	dir, err := os.MkdirTemp("", "wirebook-lab-")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	w := &workspace{dir, of}
	if err := w.fill(extra); err != nil {
		w.remove()
		return nil, fmt.Errorf("copy %s: %w", of, err)
	}
	return w, nil
}

func (w *workspace) remove() { os.RemoveAll(w.dir) }

func (w *workspace) fill(extra []string) error {
	size, count := int64(0), 0
	err := filepath.WalkDir(w.of, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || skipped(e) {
			return skip(e, err)
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		if count++; size > mostCopied || count > mostCopiedFiles {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		return err
	}
	whole := size <= mostCopied && count <= mostCopiedFiles
	if err := w.copyTree(w.of, whole); err != nil {
		return err
	}
	for _, name := range extra {
		if !filepath.IsLocal(name) {
			return fmt.Errorf("files: %s is not below the folder", name)
		}
		if err := w.copyTree(filepath.Join(w.of, name), true); err != nil {
			return err
		}
	}
	return nil
}

// skipped are folders with nothing of a program's own.
func skipped(e fs.DirEntry) bool {
	return e.IsDir() && slices.Contains([]string{".git", "node_modules", "__pycache__", ".venv", "venv", ".idea", ".vscode"}, e.Name())
}

func skip(e fs.DirEntry, err error) error {
	if err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if e != nil && e.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// copyTree copies what is below a folder of the student's; if not whole, only its
// own small files.
func (w *workspace) copyTree(from string, whole bool) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil || skipped(e) {
			return skip(e, err)
		}
		name, err := filepath.Rel(w.of, path)
		if err != nil {
			return err
		}
		to := filepath.Join(w.dir, name)
		switch {
		case e.IsDir() && !whole && path != from:
			return fs.SkipDir
		case e.IsDir():
			return os.MkdirAll(to, 0o755)
		}
		info, err := os.Stat(path) // what a symbolic link leads to
		if err != nil || !info.Mode().IsRegular() || !whole && info.Size() > mostLooseFile {
			return nil
		}
		return copyFile(path, to, info.Mode().Perm())
	})
}

func copyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode|0o200)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// inside has arguments that name files in the student's folder name those in the
// copy.
func (w *workspace) inside(args []string) []string {
	moved := slices.Clone(args)
	for i, arg := range moved {
		if !filepath.IsAbs(arg) {
			continue
		}
		if name, err := filepath.Rel(w.of, arg); err == nil && filepath.IsLocal(name) {
			moved[i] = filepath.Join(w.dir, name)
		}
	}
	return moved
}

// outside writes the student's own folder where a program names its copy.
func (w *workspace) outside(text string) string { return strings.ReplaceAll(text, w.dir, w.of) }

// builder makes a program ready once, before the cases: what needs a compiler's
// caches cannot be done where the file system is read-only.
type builder struct {
	dir string // for what is built; "" if nothing is
}

// build returns the command that runs what was built. `go run FILES ARGS` becomes
// a build and the program's path.
func (b *builder) build(m Manifest, args []string, from string) ([]string, error) {
	if m.Build != "" {
		build := exec.Command("sh", "-c", m.Build)
		build.Dir = from
		if said, err := build.CombinedOutput(); err != nil {
			return nil, &buildError{m.Build, string(said)}
		}
	}
	if len(args) < 3 || filepath.Base(args[0]) != "go" || args[1] != "run" {
		return args, nil
	}
	n := 2
	for n < len(args) && strings.HasSuffix(args[n], ".go") {
		n++
	}
	if n == 2 {
		n = 3 // a package
	}
	var err error
	if b.dir, err = os.MkdirTemp("", "wirebook-lab-build-"); err != nil {
		return nil, err
	}
	program := filepath.Join(b.dir, "program")
	build := exec.Command(args[0], append([]string{"build", "-o", program}, args[2:n]...)...)
	build.Dir = from
	if said, err := build.CombinedOutput(); err != nil {
		return nil, &buildError{"go build", string(said)}
	}
	return append([]string{program}, args[n:]...), nil
}

// install puts what was built into the folder in which it will run, since a
// program sees no other that it could be in.
func (b *builder) install(command []string, dir string) ([]string, error) {
	if b.dir == "" {
		return command, nil
	}
	to := filepath.Join(dir, ".program")
	err := os.Link(command[0], to)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = copyFile(command[0], to, 0o755)
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return append([]string{to}, command[1:]...), err
}

func (b *builder) remove() {
	if b.dir != "" {
		os.RemoveAll(b.dir)
	}
}

// buildError is that a program cannot be built.
type buildError struct{ command, said string }

func (e *buildError) Error() string { return e.command + ": " + e.said }
