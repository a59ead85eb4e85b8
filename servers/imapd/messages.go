package imapd

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/wirebook/wirebook/servers/mailbox"
)

// flagNames are IMAP's names for the flags of a Maildir, in the order in which they
// are told.
var flagNames = []struct {
	flag mailbox.Flags
	name imap.Flag
}{
	{mailbox.Replied, imap.FlagAnswered},
	{mailbox.Flagged, imap.FlagFlagged},
	{mailbox.Trashed, imap.FlagDeleted},
	{mailbox.Seen, imap.FlagSeen},
	{mailbox.Draft, imap.FlagDraft},
	{mailbox.Passed, imap.FlagForwarded},
}

// flagsIn are those that messages of the folder may have: IMAP's own, and the
// keywords that somebody has made up (RFC 9051 §2.3.2).
func flagsIn(f *mailbox.Folder) []imap.Flag {
	var all []imap.Flag
	for _, f := range flagNames {
		all = append(all, f.name)
	}
	return append(all, keywordsOf(f, mailbox.AllKeywords)...)
}

func keywordsOf(f *mailbox.Folder, k mailbox.Keywords) []imap.Flag {
	var names []imap.Flag
	for _, name := range f.KeywordNames(k) {
		names = append(names, imap.Flag(name))
	}
	return names
}

// recent is the flag of a message that nobody has been told of before (RFC 3501
// §2.3.2). Here it stays until somebody changes the message's flags, since the
// Maildir tells no more than that.
const recent imap.Flag = `\Recent`

func flagsOf(f *mailbox.Folder, m mailbox.Message) []imap.Flag {
	names := []imap.Flag{}
	for _, f := range flagNames {
		if m.Flags&f.flag != 0 {
			names = append(names, f.name)
		}
	}
	names = append(names, keywordsOf(f, m.Keywords)...)
	if m.New {
		names = append(names, recent)
	}
	return names
}

func hasFlag(f *mailbox.Folder, m mailbox.Message, name imap.Flag) bool {
	return slices.ContainsFunc(flagsOf(f, m), func(f imap.Flag) bool { return strings.EqualFold(string(f), string(name)) })
}

// flagSet are the flags with these names, and which of the names are keywords.
func flagSet(names []imap.Flag) (set mailbox.Flags, keywords []string) {
	for _, name := range names {
		known := strings.HasPrefix(string(name), `\`) // what begins so is IMAP's to define
		for _, f := range flagNames {
			if strings.EqualFold(string(f.name), string(name)) {
				set |= f.flag
				known = true
			}
		}
		if !known {
			keywords = append(keywords, string(name))
		}
	}
	return set, keywords
}

var errReadOnly = no(imap.ResponseCodeNoPerm, "The folder was opened by EXAMINE: nothing in it is changed")

// errGone is for a command on messages that somebody else has expunged (RFC 9051
// §7.1, EXPUNGEISSUED).
var errGone = no("EXPUNGEISSUED", "Some of these messages are gone")

// Store changes flags, and tells what they are then, unless the client does not
// want to hear it (RFC 9051 §6.4.6).
func (s *session) Store(w *imapserver.FetchWriter, set imap.NumSet, change *imap.StoreFlags, _ *imap.StoreOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view
	if v.readOnly {
		return errReadOnly
	}
	places, err := v.pick(set)
	if err != nil {
		return err
	}
	what, err := changeOf(v.folder, change)
	if err != nil {
		return s.answer(err)
	}
	err = v.folder.Change(v.uids(places), what)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.answer(err)
	}
	gone := errors.Is(err, fs.ErrNotExist)
	now := v.folder.Messages()
	_, byUID := set.(imap.UIDSet)
	for _, at := range places {
		m, there := find(now, v.told[at].UID)
		if !there {
			continue
		}
		v.told[at] = m
		if change.Silent {
			continue
		}
		answer := w.CreateMessage(uint32(at + 1))
		if byUID {
			answer.WriteUID(imap.UID(m.UID))
		}
		answer.WriteFlags(flagsOf(v.folder, m))
		if err := answer.Close(); err != nil {
			return err
		}
	}
	if gone {
		return errGone
	}
	return nil
}

// changeOf is what STORE does. A keyword that is new to the folder is made.
func changeOf(f *mailbox.Folder, change *imap.StoreFlags) (mailbox.Change, error) {
	flags, names := flagSet(change.Flags)
	if change.Op == imap.StoreFlagsDel {
		return mailbox.Change{Clear: flags, ClearKeywords: f.FindKeywords(names)}, nil
	}
	keywords, err := f.MakeKeywords(names)
	c := mailbox.Change{Set: flags, SetKeywords: keywords}
	if change.Op == imap.StoreFlagsSet {
		c.Clear, c.ClearKeywords = ^mailbox.Flags(0), mailbox.AllKeywords
	}
	return c, err
}

// Append stores a message that the client brings, such as a copy of what it has
// sent (RFC 9051 §6.3.12).
func (s *session) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	if r.Size() > s.MaxMessage {
		return nil, no(imap.ResponseCodeTooBig, "The message is too large")
	}
	data := &imap.AppendData{}
	err := s.into(name, func(f *mailbox.Folder) error {
		flags, names := flagSet(options.Flags)
		keywords, err := f.MakeKeywords(names)
		if err != nil {
			return err
		}
		uid, err := f.Append(s.ctx, r, flags, options.Time)
		if err == nil && keywords != 0 {
			err = f.Change([]uint32{uid}, mailbox.Change{SetKeywords: keywords})
		}
		data.UID, data.UIDValidity = imap.UID(uid), f.Validity()
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Copy copies messages into another folder, all or none (RFC 9051 §6.4.7).
func (s *session) Copy(set imap.NumSet, name string) (*imap.CopyData, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transfer(set, name, func(uids []uint32, to *mailbox.Folder) ([]uint32, error) {
		return s.view.folder.Copy(s.ctx, uids, to)
	})
}

// transfer has messages copied or moved, and returns their old and new UIDs; nil if
// there are none.
func (s *session) transfer(set imap.NumSet, name string, do func([]uint32, *mailbox.Folder) ([]uint32, error)) (*imap.CopyData, error) {
	places, err := s.view.pick(set)
	if err != nil {
		return nil, err
	}
	uids := s.view.uids(places)
	var data *imap.CopyData
	err = s.into(name, func(to *mailbox.Folder) error {
		if len(uids) == 0 {
			return nil
		}
		fresh, err := do(uids, to)
		if errors.Is(err, fs.ErrNotExist) {
			return errGone
		}
		if err == nil {
			data = &imap.CopyData{UIDValidity: to.Validity(), SourceUIDs: uidSet(uids), DestUIDs: uidSet(fresh)}
		}
		return err
	})
	return data, err
}

// Move moves messages into another folder (RFC 6851). Their going is told with the
// other news, at the command's end.
func (s *session) Move(w *imapserver.MoveWriter, set imap.NumSet, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view.readOnly {
		return errReadOnly
	}
	data, err := s.transfer(set, name, s.view.folder.Move)
	if err != nil || data == nil {
		return err
	}
	return w.WriteCopyData(data)
}

// Expunge removes for ever what has the flag \Deleted; with UIDs, of these
// messages only (RFC 9051 §6.4.3, §6.4.9). CLOSE calls it, too, and does not want
// to hear of it; in a folder opened by EXAMINE it removes nothing, which is no
// error (§6.4.1).
func (s *session) Expunge(w *imapserver.ExpungeWriter, set *imap.UIDSet) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view
	if v.readOnly {
		if set != nil {
			return errReadOnly
		}
		return nil
	}
	// The flags are those of this moment, not those that the client knows: else a
	// message would be lost that somebody has just undeleted.
	if err := s.refresh(v.folder); err != nil {
		return s.answer(err)
	}
	chosen := map[uint32]bool{}
	if set != nil {
		places, err := v.pick(*set)
		if err != nil {
			return err
		}
		for _, uid := range v.uids(places) {
			chosen[uid] = true
		}
	}
	var doomed []uint32
	last := v.last()
	for _, m := range v.folder.Messages() {
		if m.Flags&mailbox.Trashed != 0 && m.UID <= last && (set == nil || chosen[m.UID]) {
			doomed = append(doomed, m.UID)
		}
	}
	if len(doomed) == 0 {
		return nil
	}
	// That they are gone is told with the other news, at the command's end.
	return s.answer(v.folder.Remove(doomed))
}
