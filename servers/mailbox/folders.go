package mailbox

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wirebook/wirebook/durable"
)

// ErrFolder is a name that no folder can have.
var ErrFolder = errors.New("not a folder's name")

// folderDir is where a folder is: ".Lists.go" is "Lists/go", as Maildir++ has it,
// and "." the Inbox. A dot in a name is written %2E, and likewise what might have
// a meaning for a file system.
func folderDir(name string) (string, error) {
	const longest = 240
	if strings.EqualFold(name, Inbox) {
		return ".", nil
	}
	if !utf8.ValidString(name) {
		return "", fmt.Errorf("%w: %q", ErrFolder, name)
	}
	dir := ""
	for part := range strings.SplitSeq(name, "/") {
		bad := strings.ContainsFunc(part, unicode.IsControl)
		if part == "" || bad {
			return "", fmt.Errorf("%w: %q", ErrFolder, name)
		}
		dir += "." + escape(part, func(_ int, c byte) bool { return strings.IndexByte(`.%\:*?"<>|`, c) < 0 })
	}
	if len(dir) > longest {
		return "", fmt.Errorf("%w: %.20q… is too long", ErrFolder, name)
	}
	return dir, nil
}

// folderName is the name of the folder in a directory, if it is one that we would
// have made or could have.
func folderName(dir string) (string, bool) {
	rest, ok := strings.CutPrefix(dir, ".")
	if !ok || rest == "" {
		return "", false
	}
	parts := strings.Split(rest, ".")
	for i, part := range parts {
		plain, err := unescape(part)
		if err != nil {
			return "", false
		}
		parts[i] = plain
	}
	name := strings.Join(parts, "/")
	back, err := folderDir(name)
	return name, err == nil && back == dir
}

func unescape(s string) (string, error) {
	var b strings.Builder
	for {
		plain, rest, found := strings.Cut(s, "%")
		b.WriteString(plain)
		if !found {
			return b.String(), nil
		}
		if len(rest) < 2 {
			return "", ErrFolder
		}
		c, err := strconv.ParseUint(rest[:2], 16, 8)
		if err != nil {
			return "", err
		}
		b.WriteByte(byte(c))
		s = rest[2:]
	}
}

// Folders are the names of all folders, Inbox first.
func (m *Mailbox) Folders() ([]string, error) {
	dir, err := m.home.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, ok := folderName(e.Name()); ok && e.IsDir() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Insert(names, 0, Inbox), nil
}

// Create makes a folder. fs.ErrExist is that there is one.
func (m *Mailbox) Create(name string) error {
	dir, err := folderDir(name)
	if err != nil {
		return err
	}
	if dir == "." {
		return fs.ErrExist
	}
	err = m.home.Mkdir(dir, 0o700)
	if err != nil {
		return err
	}
	for _, sub := range []string{"/tmp", "/new", "/cur"} {
		err = errors.Join(err, m.home.Mkdir(dir+sub, 0o700))
	}
	marker, markErr := m.home.Create(dir + "/maildirfolder") // Maildir++: this is not a mailbox
	if markErr == nil {
		markErr = marker.Close()
	}
	return errors.Join(err, markErr, durable.SyncFolder(m.home, dir), durable.SyncFolder(m.home, "."))
}

// Delete removes a folder with all its messages, but not the folders below it.
func (m *Mailbox) Delete(name string) error {
	dir, err := m.existing(name)
	if err != nil {
		return err
	}
	if dir == "." {
		return fmt.Errorf("%w: the Inbox stays", fs.ErrPermission)
	}
	return errors.Join(m.home.RemoveAll(dir), durable.SyncFolder(m.home, "."))
}

// existing is the directory of a folder that is there.
func (m *Mailbox) existing(name string) (string, error) {
	dir, err := folderDir(name)
	if err != nil {
		return "", err
	}
	_, err = m.home.Stat(dir)
	return dir, err
}

// Rename gives a folder, and those below it, another name.
func (m *Mailbox) Rename(from, to string) error {
	old, err := m.existing(from)
	if err != nil {
		return err
	}
	fresh, err := folderDir(to)
	if err != nil {
		return err
	}
	if old == "." || fresh == "." {
		return fmt.Errorf("%w: the Inbox stays", fs.ErrPermission)
	}
	if strings.HasPrefix(fresh, old+".") {
		return fmt.Errorf("%w: %q is below %q", ErrFolder, to, from)
	}
	names, err := m.Folders()
	if err != nil {
		return err
	}
	moves := map[string]string{}
	for _, name := range names {
		dir, err := folderDir(name)
		if err != nil || dir != old && !strings.HasPrefix(dir, old+".") {
			continue
		}
		moves[dir] = fresh + strings.TrimPrefix(dir, old)
		if _, err := m.home.Lstat(moves[dir]); err == nil {
			return fs.ErrExist
		}
	}
	for dir, to := range moves {
		if err := m.home.Rename(dir, to); err != nil {
			return err
		}
	}
	return durable.SyncFolder(m.home, ".")
}

// Subscriptions are the folders that the user has subscribed to: those that his
// programs show. They need not exist.
func (m *Mailbox) Subscriptions() ([]string, error) {
	text, err := m.home.ReadFile(subscribed)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		names = append(names, strings.TrimSuffix(line, "\n"))
	}
	return names, nil
}

// Subscribe notes that the user wants, or no longer wants, to be shown a folder.
func (m *Mailbox) Subscribe(name string, wanted bool) error {
	if _, err := folderDir(name); err != nil {
		return err
	}
	lock, err := lockIn(m.home, lockFile, true)
	if err != nil {
		return err
	}
	defer lock.Close()
	names, err := m.Subscriptions()
	if err != nil || slices.Contains(names, name) == wanted {
		return err
	}
	if wanted {
		names = append(names, name)
	} else {
		names = slices.DeleteFunc(names, func(n string) bool { return n == name })
	}
	slices.Sort(names)
	text := ""
	for _, n := range names {
		text += n + "\n"
	}
	return durable.Replace(m.home, subscribed, []byte(text))
}
