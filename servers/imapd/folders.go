package imapd

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/wirebook/wirebook/servers/mailbox"
)

// folderNamed is the name without the delimiter at its end, by which a client says
// that it will make folders below (RFC 9051 §6.3.4).
func folderNamed(name string) string { return strings.TrimSuffix(name, string(delimiter)) }

func (s *session) Create(name string, _ *imap.CreateOptions) error {
	return s.answer(s.box.Create(folderNamed(name)))
}

// Delete removes a folder with its messages, and not those below it (RFC 9051
// §6.3.5).
func (s *session) Delete(name string) error {
	if s.selected(name) {
		return no(imap.ResponseCodeInUse, "You have this folder open")
	}
	return s.answer(s.box.Delete(folderNamed(name)))
}

// Rename renames a folder and those below it. To rename the Inbox moves its
// messages to a new folder; it itself stays, empty (RFC 9051 §6.3.6).
func (s *session) Rename(from, to string, _ *imap.RenameOptions) error {
	if s.selected(from) {
		return no(imap.ResponseCodeInUse, "You have this folder open")
	}
	if !strings.EqualFold(from, mailbox.Inbox) {
		return s.answer(s.box.Rename(folderNamed(from), folderNamed(to)))
	}
	if err := s.box.Create(folderNamed(to)); err != nil {
		return s.answer(err)
	}
	return s.answer(s.withFolder(to, func(target *mailbox.Folder) error {
		return s.withFolder(from, func(inbox *mailbox.Folder) error {
			var uids []uint32
			for _, m := range inbox.Messages() {
				uids = append(uids, m.UID)
			}
			_, err := inbox.Move(uids, target)
			return err
		})
	}))
}

func (s *session) Subscribe(name string) error {
	return s.answer(s.box.Subscribe(folderNamed(name), true))
}

func (s *session) Unsubscribe(name string) error {
	return s.answer(s.box.Subscribe(folderNamed(name), false))
}

// withFolder opens a folder for as long as use takes.
func (s *session) withFolder(name string, use func(*mailbox.Folder) error) error {
	f, err := s.box.Folder(folderNamed(name))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.refresh(f); err != nil {
		return err
	}
	return use(f)
}

// refresh brings a view up to date. On a full disk a folder can be opened all the
// same, so that somebody can make room.
func (s *session) refresh(f *mailbox.Folder) error {
	err := f.Refresh()
	if errors.Is(err, mailbox.ErrJournal) {
		s.Log.Warn("imapd: mailbox", "user", s.user, "folder", f.Name(), "error", err)
		return nil
	}
	return err
}

// into opens a folder to put messages into. If there is none, the client may offer
// its user to make it (RFC 9051 §6.3.12, TRYCREATE).
func (s *session) into(name string, put func(*mailbox.Folder) error) error {
	err := s.withFolder(name, func(f *mailbox.Folder) error {
		return s.answer(put(f))
	})
	if errors.Is(err, fs.ErrNotExist) {
		return no(imap.ResponseCodeTryCreate, "There is no such folder; CREATE makes it")
	}
	return s.answer(err)
}

// Status counts what is in a folder without selecting it (RFC 9051 §6.3.11).
func (s *session) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	data := &imap.StatusData{Mailbox: name}
	err := s.withFolder(name, func(f *mailbox.Folder) error {
		var unseen, deleted, recent uint32
		var size, deletedSize int64
		messages := f.Messages()
		for _, m := range messages {
			size += m.Size
			if m.Flags&mailbox.Seen == 0 {
				unseen++
			}
			if m.New {
				recent++
			}
			if m.Flags&mailbox.Trashed != 0 {
				deleted++
				deletedSize += m.Size
			}
		}
		count, limit := uint32(len(messages)), uint32(min(s.MaxMessage, 1<<32-1))
		data.NumMessages, data.NumUnseen, data.NumDeleted, data.NumRecent = &count, &unseen, &deleted, &recent
		data.Size, data.DeletedStorage, data.AppendLimit = &size, &deletedSize, &limit
		data.UIDNext, data.UIDValidity = imap.UID(f.Next()), f.Validity()
		return nil
	})
	return data, s.answer(err)
}
