package ftpd

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxNodes is how many files and folders there may be.
const maxNodes = 100_000

// memory is a store that begins with the files of an fs.FS, which cannot be
// changed, such as those inside the program: what is written is kept in memory.
type memory struct {
	below fs.FS
	now   func() time.Time
	max   int64 // bytes

	mu    sync.RWMutex // guards all nodes, too
	root  *node
	size  int64 // bytes in memory
	nodes int
}

// newMemory takes modTime for files that have no time of their own.
func newMemory(below fs.FS, modTime time.Time, now func() time.Time, maxBytes int64) (*memory, error) {
	m := &memory{below: below, now: now, max: maxBytes}
	err := fs.WalkDir(below, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		n := &node{modified: info.ModTime()}
		if n.modified.IsZero() {
			n.modified = modTime
		}
		switch {
		case info.IsDir():
			n.children = make(map[string]*node)
		case info.Mode().IsRegular():
			n.below, n.size = name, info.Size()
		default:
			return nil
		}
		if name == "." {
			m.root = n
		} else if parent := m.find(path.Dir(name)); parent != nil {
			parent.children[path.Base(name)] = n
			m.nodes++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if m.root == nil || m.root.children == nil {
		return nil, errNotFolder
	}
	return m, nil
}

func (m *memory) close() {}

// find walks down from the root.
func (m *memory) find(name string) *node {
	n := m.root
	if name == "." {
		return n
	}
	for part := range strings.SplitSeq(name, "/") {
		if n = n.children[part]; n == nil {
			return nil
		}
	}
	return n
}

func (m *memory) lookup(name string) (*node, error) {
	if n := m.find(name); n != nil {
		return n, nil
	}
	return nil, fs.ErrNotExist
}

// place is the folder in which a name is, or could be.
func (m *memory) place(name string) (parent *node, base string, err error) {
	if name == "." {
		return nil, "", fs.ErrPermission
	}
	parent, err = m.lookup(path.Dir(name))
	if err == nil && parent.children == nil {
		err = errNotFolder
	}
	return parent, path.Base(name), err
}

func (m *memory) stat(name string) (fs.FileInfo, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, err := m.lookup(name)
	if err != nil {
		return nil, err
	}
	return n.info(path.Base(name)), nil
}

func (m *memory) readDir(name string) ([]fs.FileInfo, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, err := m.lookup(name)
	if err != nil {
		return nil, err
	}
	var list []fs.FileInfo
	for _, child := range slices.Sorted(maps.Keys(n.children)) {
		list = append(list, n.children[child].info(child))
	}
	return list, nil
}

// add puts a new node into a folder.
func (m *memory) add(parent *node, base string, n *node) error {
	if m.nodes >= maxNodes {
		return errFull
	}
	m.nodes++
	n.modified = m.now()
	parent.children[base] = n
	return nil
}

// drop takes a node out, and gives back its room.
func (m *memory) drop(parent *node, base string) {
	n := parent.children[base]
	m.size -= int64(len(n.content))
	m.nodes--
	delete(parent.children, base)
}

func (m *memory) mkdir(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	parent, base, err := m.place(name)
	switch {
	case name == ".":
		return fs.ErrExist
	case err != nil:
		return err
	case parent.children[base] != nil:
		return fs.ErrExist
	}
	return m.add(parent, base, &node{children: make(map[string]*node)})
}

func (m *memory) remove(name string) error {
	return m.removeIf(name, func(n *node) error {
		if n.children != nil {
			return errIsFolder
		}
		return nil
	})
}

func (m *memory) removeDir(name string) error {
	return m.removeIf(name, func(n *node) error {
		switch {
		case n.children == nil:
			return errNotFolder
		case len(n.children) > 0:
			return errNotEmpty
		}
		return nil
	})
}

func (m *memory) removeIf(name string, may func(*node) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.lookup(name)
	if err != nil {
		return err
	}
	if err := may(n); err != nil {
		return err
	}
	parent, base, err := m.place(name)
	if err != nil {
		return err
	}
	m.drop(parent, base)
	return nil
}

// rename replaces a file that has the new name, as on the disk.
func (m *memory) rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.lookup(from)
	if err != nil {
		return err
	}
	source, oldBase, err := m.place(from)
	if err != nil {
		return err
	}
	target, newBase, err := m.place(to)
	if err != nil {
		return err
	}
	old := target.children[newBase]
	switch {
	case old == n:
		return nil
	case strings.HasPrefix(to, from+"/"):
		return fs.ErrInvalid // into itself
	case old != nil && (old.children != nil || n.children != nil):
		return fs.ErrExist
	case old != nil:
		m.drop(target, newBase)
	}
	delete(source.children, oldBase)
	target.children[newBase] = n
	return nil
}

func (m *memory) setTime(name string, modified time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.lookup(name)
	if err == nil {
		n.modified = modified
	}
	return err
}

// open opens a file to read. One that nobody has written to is read where it is.
func (m *memory) open(name string) (file, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, err := m.lookup(name)
	switch {
	case err != nil:
		return nil, err
	case n.children != nil:
		return nil, errIsFolder
	case n.below == "":
		return &memoryFile{memory: m, node: n}, nil
	}
	f, err := m.below.Open(n.below)
	if err != nil {
		return nil, err
	}
	if seeker, ok := f.(io.ReadSeeker); ok {
		if onDisk, ok := f.(*os.File); ok {
			return onDisk, nil // which the kernel can send by itself
		}
		return &lowerFile{ReadSeeker: seeker, Closer: f}, nil
	}
	f.Close()
	return nil, fmt.Errorf("%s cannot be read from the middle", name)
}

// lowerFile is a file of the fs.FS.
type lowerFile struct {
	io.ReadSeeker
	io.Closer
}

func (*lowerFile) Write([]byte) (int, error) { return 0, fs.ErrPermission }

// write opens a file to write.
func (m *memory) write(name string, flags int) (file, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	parent, base, err := m.place(name)
	if err != nil {
		return nil, err
	}
	n := parent.children[base]
	switch {
	case n == nil:
		n = &node{}
		err = m.add(parent, base, n)
	case n.children != nil:
		err = errIsFolder
	case flags&os.O_TRUNC != 0:
		m.size -= int64(len(n.content))
		n.below, n.content, n.modified = "", nil, m.now()
	case n.below != "":
		err = m.raise(n)
	}
	if err != nil {
		return nil, err
	}
	return &memoryFile{memory: m, node: n, writes: true, appends: flags&os.O_APPEND != 0}, nil
}

// raise copies a file of the fs.FS into memory, to be changed there.
func (m *memory) raise(n *node) error {
	if m.size+n.size > m.max {
		return errFull
	}
	content, err := fs.ReadFile(m.below, n.below)
	if err != nil {
		return err
	}
	n.below, n.content = "", content
	m.size += int64(len(content))
	return nil
}
