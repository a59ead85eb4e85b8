package ftpd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"
)

// TestStoresAgree: a folder of the disk and one in memory, told to do the same,
// say the same and hold the same.
func TestStoresAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "ftpd-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		disk := &folder{root}
		defer disk.close()
		begin := fstest.MapFS{"a": {Data: []byte("begun"), Mode: 0o644}, "d/b": {Data: []byte("below"), Mode: 0o644}}
		if err := os.CopyFS(dir, begin); err != nil {
			t.Fatal(err)
		}
		inMemory, err := newMemory(begin, time.Now(), time.Now, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		name := rapid.SampledFrom([]string{".", "a", "b", "c", "d", "d/a", "d/b", "d/c", "d/c/e"})
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			step := drawStep(t, name)
			one, two := step.do(disk), step.do(inMemory)
			if (one == nil) != (two == nil) {
				t.Fatalf("%s: on disk %v, in memory %v", step.what, one, two)
			}
			if one, two := show(t, disk, "."), show(t, inMemory, "."); one != two {
				t.Fatalf("after %s, on disk:\n%s\nin memory:\n%s", step.what, one, two)
			}
		}
	})
}

type step struct {
	what string
	do   func(store) error
}

func drawStep(t *rapid.T, names *rapid.Generator[string]) step {
	name := names.Draw(t, "name")
	switch rapid.IntRange(0, 6).Draw(t, "step") {
	case 0:
		return step{"mkdir " + name, func(s store) error { return s.mkdir(name) }}
	case 1:
		return step{"remove " + name, func(s store) error { return s.remove(name) }}
	case 2:
		return step{"removeDir " + name, func(s store) error { return s.removeDir(name) }}
	case 3:
		to := names.Filter(func(to string) bool { return !strings.HasPrefix(to, name) }).Draw(t, "to")
		return step{"rename " + name + " to " + to, func(s store) error { return s.rename(name, to) }}
	case 4:
		return step{"write " + name, func(s store) error { return write(s, name, os.O_TRUNC, 0, "new") }}
	case 5:
		return step{"append to " + name, func(s store) error { return write(s, name, os.O_APPEND, 0, "more") }}
	}
	offset := rapid.Int64Range(0, 3).Draw(t, "offset")
	return step{fmt.Sprintf("write %s from %d on", name, offset), func(s store) error {
		if info, err := s.stat(name); err != nil || info.Size() < offset {
			return errRestart // as driver.mayStartAt
		}
		return write(s, name, 0, offset, "over")
	}}
}

func write(s store, name string, flags int, offset int64, text string) error {
	f, err := s.write(name, os.O_WRONLY|os.O_CREATE|flags)
	if err != nil {
		return err
	}
	defer f.Close()
	if offset > 0 {
		if _, err := f.Seek(offset, io.SeekStart); err != nil {
			return err
		}
	}
	_, err = io.WriteString(f, text)
	return err
}

// show is a folder with all that is in it, as text.
func show(t *rapid.T, s store, name string) string {
	list, err := s.readDir(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var b strings.Builder
	for _, info := range list {
		path := strings.TrimPrefix(name+"/"+info.Name(), "./")
		if info.IsDir() {
			fmt.Fprintf(&b, "%s/\n%s", path, show(t, s, path))
			continue
		}
		f, err := s.open(path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		content, err := io.ReadAll(f)
		if f.Close(); err != nil || int64(len(content)) != info.Size() {
			t.Fatalf("%s: %d bytes of %d, %v", path, len(content), info.Size(), err)
		}
		fmt.Fprintf(&b, "%s %q\n", path, content)
	}
	return b.String()
}

// TestMemoryKeepsAccount: what is taken away can be used again.
func TestMemoryKeepsAccount(t *testing.T) {
	m, err := newMemory(fstest.MapFS{"a": {Data: make([]byte, 600), Mode: 0o644}}, time.Now(), time.Now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		for _, err := range []error{
			write(m, "a", os.O_TRUNC, 0, strings.Repeat("x", 900)),
			m.rename("a", "b"),
			write(m, "c", os.O_TRUNC, 0, strings.Repeat("x", 100)),
			m.rename("c", "b"), // the one of 900 bytes is gone
			write(m, "a", os.O_TRUNC, 0, strings.Repeat("x", 900)),
			m.remove("a"),
			m.remove("b"),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if m.size != 0 || m.nodes != 0 {
		t.Errorf("%d bytes in %d nodes, of nothing", m.size, m.nodes)
	}
}

// TestMemoryKeepsAccountOfWhatIsGone: who writes on to a file that was removed takes
// no room for ever.
func TestMemoryKeepsAccountOfWhatIsGone(t *testing.T) {
	m, err := newMemory(fstest.MapFS{".": {Mode: fs.ModeDir | 0o755}}, time.Now(), time.Now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, remove := range []func() error{
		func() error { return m.remove("a") },
		func() error { return errors.Join(write(m, "b", os.O_TRUNC, 0, "x"), m.rename("b", "a"), m.remove("a")) },
	} {
		f, err := m.write("a", os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "begun"); err != nil {
			t.Error(err)
		}
		if err := remove(); err != nil {
			t.Error(err)
		}
		if _, err := io.WriteString(f, "and more"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
		if f.Close(); m.size != 0 || m.nodes != 0 {
			t.Errorf("%d bytes in %d nodes, of nothing", m.size, m.nodes)
		}
	}
}

func TestCodesOfErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{fs.ErrNotExist, 550},
		{&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, 452},
		{errFull, 552},
		{errRestart, 554},
	} {
		if got := replyTo(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
	if got := describe(&fs.PathError{Op: "openat", Path: "/secret/place", Err: errIsFolder}); strings.Contains(got, "secret") {
		t.Errorf("%q tells where it is", got)
	}
}
