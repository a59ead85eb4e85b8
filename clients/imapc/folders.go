package imapc

import (
	"fmt"
	"strings"
)

// Folder is one of a user's folders (RFC 3501 §7.2.2).
type Folder struct {
	Name      string
	Delimiter string   // between the names of a folder and of one in it; "": there are none in others
	Flags     []string // `\Noselect`, `\HasChildren`, `\Sent`
}

// Folders lists the user's folders.
func (s *Session) Folders() ([]Folder, error) {
	var all []Folder
	_, err := s.run(newCommand(`LIST "" "*"`), on{"LIST": func(response) error {
		v, err := s.values(3)
		if err != nil {
			return err
		}
		if len(all) == s.client.MaxMessages {
			return fmt.Errorf("%w: so many folders", ErrTooLarge)
		}
		all = append(all, Folder{Name: decodeUTF7(v[2].str()), Delimiter: v[1].str(), Flags: v[0].words()})
		return nil
	}})
	return all, err
}

// values reads so many values, each after a space.
func (s *Session) values(count int) ([]value, error) {
	all := make([]value, count)
	for i := range all {
		more, err := s.in.space()
		if err == nil && !more {
			err = fmt.Errorf("%w: a response is too short", ErrProtocol)
		}
		if err == nil {
			all[i], err = s.in.value()
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Mailbox is a folder that is selected.
type Mailbox struct {
	Name        string
	Messages    uint32
	UIDValidity uint32 // UIDs that were known under another are void (RFC 3501 §2.3.1.1)
	UIDNext     uint32 // of the next message that comes
	Flags       []string
	ReadOnly    bool
}

// Select opens a folder (RFC 3501 §6.3.1). All that follows is about it.
func (s *Session) Select(folder string) (Mailbox, error) { return s.open("SELECT", folder) }

// Examine opens a folder in which nothing is to be changed.
func (s *Session) Examine(folder string) (Mailbox, error) { return s.open("EXAMINE", folder) }

func (s *Session) open(verb, folder string) (Mailbox, error) {
	s.selected = Mailbox{Name: folder}
	_, err := s.run(newCommand(verb).add(" ").folder(folder), on{"FLAGS": func(response) error {
		v, err := s.values(1)
		if err == nil {
			s.selected.Flags = v[0].words()
		}
		return err
	}})
	if err != nil {
		s.selected = Mailbox{}
	}
	return s.selected, err
}

// Selected is the folder that is open, as far as the server has told.
func (s *Session) Selected() Mailbox { return s.selected }

// Counts is what STATUS tells of a folder that is not open.
type Counts struct{ Messages, Unseen, UIDNext, UIDValidity uint32 }

// Status asks about a folder without opening it.
func (s *Session) Status(folder string) (Counts, error) {
	var c Counts
	command := newCommand("STATUS").add(" ").folder(folder).add(" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)")
	_, err := s.run(command, on{"STATUS": func(response) error {
		v, err := s.values(2)
		if err != nil {
			return err
		}
		items := v[1].list
		for i := 0; i+1 < len(items); i += 2 {
			n, _ := items[i+1].number()
			switch strings.ToUpper(items[i].str()) {
			case "MESSAGES":
				c.Messages = n
			case "UNSEEN":
				c.Unseen = n
			case "UIDNEXT":
				c.UIDNext = n
			case "UIDVALIDITY":
				c.UIDValidity = n
			}
		}
		return nil
	}})
	return c, err
}

// CreateFolder makes a folder.
func (s *Session) CreateFolder(name string) error { return s.onFolder("CREATE", name) }

// DeleteFolder deletes a folder, and all that is in it.
func (s *Session) DeleteFolder(name string) error { return s.onFolder("DELETE", name) }

func (s *Session) onFolder(verb, name string) error {
	_, err := s.run(newCommand(verb).add(" ").folder(name), nil)
	return err
}
