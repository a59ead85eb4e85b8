package ftpd

import (
	"io/fs"
	"maps"
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
	n.gone = true
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
