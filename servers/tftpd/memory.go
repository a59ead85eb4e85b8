package tftpd

import (
	"bytes"
	"io"
	"io/fs"
	"sync"
)

// maxMemory is how many bytes are kept of files that were written to memory.
const maxMemory = 256 << 20

// memory is a store whose files cannot be changed, such as those inside the
// program: what is written lies over them, in memory.
type memory struct {
	rules
	below fs.FS

	mu      sync.Mutex
	written map[string][]byte
	size    int64
}

func (m *memory) close() {}

func (m *memory) open(name string) (io.ReadCloser, int64, error) {
	name, err := m.clean(name)
	if err != nil {
		return nil, 0, err
	}
	m.mu.Lock()
	content, ok := m.written[name]
	m.mu.Unlock()
	if ok {
		return io.NopCloser(bytes.NewReader(content)), int64(len(content)), nil
	}
	return openFrom(m.below, name)
}

func (m *memory) create(name string) (upload, error) {
	name, err := m.mayWrite(name)
	if err != nil {
		return nil, err
	}
	if !m.overwrite {
		if file, _, err := m.open(name); err == nil {
			file.Close()
			return nil, fs.ErrExist
		}
	}
	return &memoryUpload{memory: m, name: name}, nil
}

type memoryUpload struct {
	bytes.Buffer
	memory *memory
	name   string
}

func (u *memoryUpload) Write(b []byte) (int, error) {
	m := u.memory
	m.mu.Lock()
	full := m.size+int64(len(b)) > maxMemory
	if !full {
		m.size += int64(len(b))
	}
	m.mu.Unlock()
	if full {
		return 0, errTooLarge
	}
	return u.Buffer.Write(b)
}

// Commit makes the file visible.
func (u *memoryUpload) Commit() error {
	m := u.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	old, exists := m.written[u.name]
	if exists && !m.overwrite {
		return fs.ErrExist
	}
	if m.written == nil {
		m.written = make(map[string][]byte)
	}
	m.size -= int64(len(old))
	m.written[u.name] = u.Bytes()
	u.Buffer = bytes.Buffer{}
	return nil
}

// discard gives back the room of what was not committed.
func (u *memoryUpload) discard() {
	u.memory.mu.Lock()
	defer u.memory.mu.Unlock()
	u.memory.size -= int64(u.Len())
}
