package ftpd

import (
	"io/fs"
	"time"
)

// node is a file or a folder.
type node struct {
	modified time.Time
	children map[string]*node // of a folder; nil: it is a file
	below    string           // the name in the fs.FS of a file that nobody has written to
	size     int64            // of such a file
	content  []byte           // of any other
	gone     bool             // it was removed, while somebody wrote to it perhaps
}

func (n *node) length() int64 {
	if n.below != "" {
		return n.size
	}
	return int64(len(n.content))
}

func (n *node) info(name string) fs.FileInfo {
	return &nodeInfo{name: name, size: n.length(), modified: n.modified, dir: n.children != nil}
}

// nodeInfo is how a node was when it was asked.
type nodeInfo struct {
	name     string
	size     int64
	modified time.Time
	dir      bool
}

func (i *nodeInfo) Name() string       { return i.name }
func (i *nodeInfo) Size() int64        { return i.size }
func (i *nodeInfo) ModTime() time.Time { return i.modified }
func (i *nodeInfo) IsDir() bool        { return i.dir }
func (i *nodeInfo) Sys() any           { return nil }

func (i *nodeInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
