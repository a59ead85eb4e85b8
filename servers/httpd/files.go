package httpd

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/protocol/http1"
)

// files is the content of the site. Small files are kept in memory, and looked at
// again when a second has passed.
type files struct {
	fsys    fs.FS
	root    *os.Root  // what fsys shows, if that is a folder
	modTime time.Time // of files that have none
	index   []string
	listing bool

	mu     sync.RWMutex
	known  map[string]*document // by URL path
	memory int64                // of their contents, in bytes
}

// document is what a URL path stands for: one file, and what there is to say of
// it (RFC 9110 §8). It is never changed; a file that changes becomes a new one.
type document struct {
	name         string // in files.fsys
	size         int64
	modTime      time.Time // zero: not known
	mediaType    string
	lastModified string // modTime, as HTTP writes it; empty: not known
	etag         string
	content      []byte // nil: read it from the file
	checked      int64  // the second in which it was like this
}

const (
	smallFile = 64 << 10 // what is kept in memory
	maxMemory = 64 << 20 // all small files together
	maxKnown  = 10_000   // documents
)

var (
	errFolder  = errors.New("folder without a slash")
	errNoIndex = errors.New("folder without an index")
)

// find returns the document for a clean URL path. The error is errFolder,
// errNoIndex, or the file system's.
func (f *files) find(urlPath string, now time.Time) (*document, error) {
	f.mu.RLock()
	doc := f.known[urlPath]
	f.mu.RUnlock()
	if doc != nil && doc.checked == now.Unix() {
		return doc, nil
	}
	name, info, err := f.resolve(urlPath)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return f.list(name)
	}
	if doc == nil || !doc.is(name, info, f.modTimeOf(info)) {
		doc, err = f.read(name, now)
	} else {
		again := *doc
		doc = &again
	}
	if err != nil {
		return nil, err
	}
	doc.checked = now.Unix()
	f.remember(urlPath, doc)
	return doc, nil
}

// resolve finds the file for a path: for a folder, which ends in a slash, its
// index, or the folder itself if it has none but may be shown.
func (f *files) resolve(urlPath string) (name string, info fs.FileInfo, err error) {
	name = strings.Trim(urlPath, "/")
	if name == "" {
		name = "."
	}
	info, err = fs.Stat(f.fsys, name)
	if err != nil {
		return "", nil, err
	}
	asFolder := strings.HasSuffix(urlPath, "/")
	switch {
	case info.IsDir() && asFolder:
		return f.indexOf(name, info)
	case info.IsDir():
		return "", nil, errFolder
	case asFolder, !info.Mode().IsRegular():
		return "", nil, fs.ErrNotExist // opening a pipe would wait for its writer
	}
	return name, info, nil
}

func (f *files) indexOf(folder string, folderInfo fs.FileInfo) (string, fs.FileInfo, error) {
	for _, index := range f.index {
		name := path.Join(folder, index)
		info, err := fs.Stat(f.fsys, name)
		if err == nil && info.Mode().IsRegular() {
			return name, info, nil
		}
	}
	if f.listing {
		return folder, folderInfo, nil
	}
	return "", nil, errNoIndex
}

// is says whether the file is still the one that the document was made from.
func (d *document) is(name string, info fs.FileInfo, modTime time.Time) bool {
	return d.name == name && d.size == info.Size() && d.modTime.Equal(modTime)
}

// read makes a document of a file. Last-Modified never lies in the future (RFC
// 9110 §8.8.2.1).
func (f *files) read(name string, now time.Time) (*document, error) {
	file, err := f.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	doc := &document{
		name:      name,
		size:      info.Size(),
		modTime:   f.modTimeOf(info),
		mediaType: mediaType(name),
	}
	if doc.size <= smallFile {
		if doc.content, err = io.ReadAll(io.LimitReader(file, doc.size)); err != nil {
			return nil, err
		}
		doc.size = int64(len(doc.content))
	}
	switch {
	case doc.modTime.After(now):
		doc.lastModified = http1.FormatTime(now)
	case !doc.modTime.IsZero():
		doc.lastModified = http1.FormatTime(doc.modTime)
	}
	doc.etag, err = f.etag(doc, info, file)
	return doc, err
}

func (f *files) modTimeOf(info fs.FileInfo) time.Time {
	if t := info.ModTime(); !t.IsZero() {
		return t
	}
	return f.modTime
}

// etag makes a strong entity tag (RFC 9110 §8.8.3), one that is another whenever
// the content is: of the time to the nanosecond at which the file was changed
// and of its size; or, if the file does not know when, of its content.
func (f *files) etag(doc *document, info fs.FileInfo, file io.Reader) (string, error) {
	if t := info.ModTime(); !t.IsZero() {
		return `"` + strconv.FormatInt(t.UnixNano(), 16) + "-" + strconv.FormatInt(doc.size, 16) + `"`, nil
	}
	sum := sha256.New()
	sum.Write(doc.content)
	if doc.content == nil {
		if _, err := io.Copy(sum, file); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf(`"%x"`, sum.Sum(nil)[:12]), nil
}

// remember keeps a document for later. When there are too many it forgets all:
// those that are asked for come back at once.
func (f *files) remember(urlPath string, doc *document) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old := f.known[urlPath]; old != nil {
		f.memory -= int64(len(old.content))
	}
	f.memory += int64(len(doc.content))
	if f.known == nil || f.memory > maxMemory || len(f.known) >= maxKnown {
		f.known = make(map[string]*document)
		f.memory = int64(len(doc.content))
	}
	f.known[strings.Clone(urlPath)] = doc
}

// forget makes the next find look at the file.
func (f *files) forget(urlPath string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old := f.known[urlPath]; old != nil {
		f.memory -= int64(len(old.content))
		delete(f.known, urlPath)
	}
}

// errChanged is a file that is no longer what its document says.
var errChanged = errors.New("file changed while it was being asked for")

// open opens a document's file at an offset.
func (f *files) open(doc *document, offset int64) (fs.File, error) {
	file, err := f.fsys.Open(doc.name)
	if err != nil {
		return nil, err
	}
	if err := f.goTo(file, doc, offset); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func (f *files) goTo(file fs.File, doc *document, offset int64) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !doc.is(doc.name, info, f.modTimeOf(info)) {
		return errChanged
	}
	if seeker, ok := file.(io.Seeker); ok {
		_, err = seeker.Seek(offset, io.SeekStart)
		return err
	}
	_, err = io.CopyN(io.Discard, file, offset)
	return err
}

func (f *files) close() {
	if f.root != nil {
		f.root.Close()
	}
}
