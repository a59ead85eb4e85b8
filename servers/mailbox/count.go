package mailbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// FolderCount is how many messages a folder has.
type FolderCount struct {
	Name     string `json:"name"`
	Messages int    `json:"messages"`
	Unseen   int    `json:"unseen"`
}

// Count counts what is in the folders of a user, Inbox first. It opens no view,
// changes nothing, and makes no mailbox: who has none yet has no folders.
func (s *Store) Count(user string) ([]FolderCount, error) {
	dir, err := userFolder(user)
	if err != nil {
		return nil, err
	}
	root, err := s.existing()
	var home *os.Root
	if err == nil {
		home, err = root.OpenRoot(dir)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("mailbox of %q: %w", user, err)
	}
	m := &Mailbox{store: s, user: user, dir: dir, home: home}
	defer m.Close()
	names, err := m.Folders()
	if err != nil {
		return nil, fmt.Errorf("mailbox of %q: %w", user, err)
	}
	counts := make([]FolderCount, 0, len(names))
	for _, name := range names {
		count, err := m.count(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has just been deleted
		}
		if err != nil {
			return nil, fmt.Errorf("mailbox of %q: %w", user, err)
		}
		counts = append(counts, count)
	}
	return counts, nil
}

func (m *Mailbox) count(name string) (FolderCount, error) {
	c := FolderCount{Name: name}
	dir, err := folderDir(name)
	if err != nil {
		return c, err
	}
	see := func(file string) {
		c.Messages++
		if _, letters := cutName(file); parseFlags(letters)&Seen == 0 {
			c.Unseen++
		}
	}
	return c, errors.Join(eachName(m.home, dir+"/new", see), eachName(m.home, dir+"/cur", see))
}
