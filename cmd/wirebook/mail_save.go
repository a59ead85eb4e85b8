package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wirebook/wirebook/clients/pop3c"
	"github.com/wirebook/wirebook/clients/tftpc"
	"github.com/wirebook/wirebook/protocol/letter"
)

// saveFiles saves all of a message that is not its text.
func (d *mailDesk) saveFiles(m openMail, folder string) error {
	root, err := openFolder(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	none := true
	for _, p := range m.parts() {
		if p.IsText() {
			continue
		}
		none = false
		progress := newProgress(d.app)
		name, octets, err := saveNew(root, fileNameOf(p), func(w io.Writer) error { return m.content(p, io.MultiWriter(w, progress)) })
		progress.clear()
		if err != nil {
			return err
		}
		d.said.end()
		d.app.println("mail.saved", "File", filepath.Join(folder, name), "Bytes", octets)
	}
	if none {
		d.said.end()
		d.app.println("mail.nofiles")
	}
	return nil
}

// openFolder makes a folder, if need be. What a stranger calls a file cannot lead out
// of it.
func openFolder(folder string) (*os.Root, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	return os.OpenRoot(folder)
}

// fileNameOf is a name for a part: what the sender calls it, as far as a file can be
// called so.
func fileNameOf(p letter.Part) string {
	name := p.Name[strings.LastIndexAny(p.Name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`:*?"<>|`, r) || r == utf8.RuneError {
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	const most = 200 // bytes
	if extension := filepath.Ext(name); len(name) > most && len(extension) < 20 {
		name = cutTo(name, most-len(extension)) + extension
	}
	if name = cutTo(name, most); name != "" {
		return name
	}
	extension := ".bin"
	if known, _ := mime.ExtensionsByType(p.Type); len(known) > 0 {
		extension = known[0]
	}
	return "part-" + p.Section + extension
}

// cutTo is at most so many bytes of a text, in whole characters.
func cutTo(text string, most int) string {
	for len(text) > most {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}

// saveNew writes a file that is not there yet: if there is one of that name, one
// called "name (2)". When it returns without an error the file is on the disk.
func saveNew(root *os.Root, name string, write func(io.Writer) error) (string, int64, error) {
	extension := filepath.Ext(name)
	called := name
	file, err := root.OpenFile(called, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	for n := 2; errors.Is(err, os.ErrExist); n++ {
		called = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, extension), n, extension)
		file, err = root.OpenFile(called, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return "", 0, err
	}
	err = write(file)
	octets, _ := file.Seek(0, io.SeekCurrent)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", 0, errors.Join(err, root.Remove(called))
	}
	return called, octets, nil
}

// download saves whole messages, a file each. Deleting them is the book's first way,
// and its second is to keep them, and to remember in a file which ones are here.
func (d *mailDesk) download(box mailBox, o readOptions) error {
	root, err := openFolder(o.download)
	if err != nil {
		return err
	}
	defer root.Close()
	list := "." + fileName("seen-"+hostOf(d.account.Server)+"-"+d.account.User)
	seen, err := readSeen(root, list)
	if err != nil {
		return err
	}
	here, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	progress := newProgress(d.app)
	next := len(here)
	done, err := box.download(seen, o.remove, func(text io.Reader) error {
		next++
		_, _, err := saveNew(root, fmt.Sprintf("%05d.eml", next), func(w io.Writer) error {
			_, err := io.Copy(w, io.TeeReader(text, progress))
			return err
		})
		return err
	})
	progress.clear()
	if !o.remove {
		err = errors.Join(err, writeSeen(root, list, seen))
	}
	d.said.end()
	d.app.println("mail.downloaded", "Number", done.got, "Bytes", done.octets, "Kept", done.kept, "Deleted", done.deleted)
	return err
}

// progress shows how much has come of what takes long.
type progress struct {
	*transferLine
	bytes int64
}

func newProgress(a *app) *progress { return &progress{transferLine: a.newTransferLine()} }

func (p *progress) Write(b []byte) (int, error) {
	p.bytes += int64(len(b))
	p.show(tftpc.Progress{Bytes: p.bytes})
	return len(b), nil
}

func readSeen(root *os.Root, name string) (pop3c.Seen, error) {
	file, err := root.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return pop3c.Seen{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return pop3c.ReadSeen(file)
}

// writeSeen replaces the list as a whole.
func writeSeen(root *os.Root, name string, seen pop3c.Seen) error {
	temporary := name + ".new"
	file, err := root.Create(temporary)
	if err != nil {
		return err
	}
	if err := errors.Join(seen.Write(file), file.Sync(), file.Close()); err != nil {
		return err
	}
	return root.Rename(temporary, name)
}
