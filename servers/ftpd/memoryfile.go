package ftpd

import (
	"io"
	"io/fs"
)

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
