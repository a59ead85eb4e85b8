package ftpd

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

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

// memoryFile is an open file in memory. Others may write to it meanwhile, as to a
// file on the disk.
type memoryFile struct {
	memory  *memory
	node    *node
	at      int64
	writes  bool
	appends bool
}

func (f *memoryFile) Read(b []byte) (int, error) {
	f.memory.mu.RLock()
	defer f.memory.mu.RUnlock()
	if f.at >= int64(len(f.node.content)) {
		return 0, io.EOF
	}
	n := copy(b, f.node.content[f.at:])
	f.at += int64(n)
	return n, nil
}

func (f *memoryFile) Write(b []byte) (int, error) {
	m := f.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if !f.writes {
		return 0, fs.ErrPermission
	}
	if f.appends {
		f.at = int64(len(f.node.content))
	}
	if f.node.gone {
		return 0, fs.ErrNotExist // what is written now nobody could read, or remove
	}
	over := min(int64(len(f.node.content))-f.at, int64(len(b))) // bytes that are replaced
	if over < 0 {
		return 0, errRestart // the file has become shorter
	}
	more := int64(len(b)) - over
	if m.size+more > m.max {
		return 0, errFull
	}
	copy(f.node.content[f.at:], b[:over])
	f.node.content = append(f.node.content, b[over:]...)
	m.size += more
	f.at += int64(len(b))
	f.node.modified = m.now()
	return len(b), nil
}

// Seek is asked from the beginning only.
func (f *memoryFile) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekStart || offset < 0 {
		return f.at, fs.ErrInvalid
	}
	f.at = offset
	return offset, nil
}

func (f *memoryFile) Close() error { return nil }
