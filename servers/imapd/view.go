package imapd

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/wirebook/wirebook/servers/mailbox"
)

// view is the selected folder as the client knows it: what the client was told.
// The folder itself may be ahead of it.
type view struct {
	folder   *mailbox.Folder
	readOnly bool
	told     []mailbox.Message // told[n-1] has the sequence number n
	flags    []imap.Flag       // that messages here may have
	found    []uint32          // UIDs: the result of the last search that was to be kept (RFC 5182)
	letter   *letter           // the message that was looked at last
}

// Select opens a folder: by EXAMINE so that nothing in it is changed (RFC 9051
// §6.3.2, §6.3.3).
func (s *session) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	folder, err := s.box.Folder(folderNamed(name))
	if err != nil {
		return nil, s.answer(err)
	}
	if err := s.refresh(folder); err != nil {
		folder.Close()
		return nil, s.answer(err)
	}
	v := &view{folder: folder, readOnly: options.ReadOnly, told: folder.Messages(), flags: flagsIn(folder)}
	s.mu.Lock()
	s.view = v
	s.mu.Unlock()
	data := &imap.SelectData{
		Flags: v.flags, PermanentFlags: append(slices.Clone(v.flags), imap.FlagWildcard), // \*: others can be made
		NumMessages: uint32(len(v.told)), UIDNext: imap.UID(folder.Next()), UIDValidity: folder.Validity(),
	}
	if v.readOnly {
		data.PermanentFlags = nil
	}
	for i, m := range v.told {
		if m.New {
			data.NumRecent++
		}
		if m.Flags&mailbox.Seen == 0 && data.FirstUnseenSeqNum == 0 {
			data.FirstUnseenSeqNum = uint32(i + 1)
		}
	}
	return data, nil
}

// Unselect closes the folder. CLOSE has expunged before.
func (s *session) Unselect() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.close()
	s.view = nil
	return nil
}

func (v *view) close() {
	if v != nil {
		v.folder.Close()
	}
}

// selected says whether it is this folder that the client has open.
func (s *session) selected(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view != nil && s.view.folder.Name() == folderNamed(name)
}

// Poll is called at the end of each command, where the server may say what has
// changed (RFC 9051 §7). That messages are gone it may not say where the client
// could be sending sequence numbers: after FETCH, STORE and SEARCH (§7.5.1).
func (s *session) Poll(w *imapserver.UpdateWriter, mayExpunge bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view == nil {
		return nil
	}
	return s.update(w, mayExpunge)
}

// Idle tells what changes when it changes, until the client wants to say something
// (RFC 2177).
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	select {
	case <-stop: // it ended before it began
		return nil
	default:
	}
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	if s.view == nil {
		<-ctx.Done()
		return nil
	}
	for {
		if err := s.update(w, true); err != nil {
			return err
		}
		if s.view.folder.Wait(ctx) != nil {
			return nil
		}
	}
}

// errFolderGone ends the session: nothing that the client knows is still true
// (RFC 2180 §3).
var errFolderGone = errors.New("imapd: the selected folder is gone")

// update compares what the client knows with what is there, and tells it the
// difference: what is gone, what has other flags, what has come.
func (s *session) update(w *imapserver.UpdateWriter, mayExpunge bool) error {
	v := s.view
	validity := v.folder.Validity()
	err := s.refresh(v.folder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && v.folder.Validity() != validity {
		s.wire.noMore()
		return errFolderGone
	}
	if err != nil {
		return s.answer(err)
	}
	if flags := flagsIn(v.folder); !slices.Equal(flags, v.flags) {
		v.flags = flags
		if err := w.WriteMailboxFlags(flags); err != nil {
			return err
		}
	}
	now := v.folder.Messages()
	gone := v.compare(now, func(i int, m mailbox.Message) {
		if err == nil {
			err = w.WriteMessageFlags(uint32(i+1), imap.UID(m.UID), flagsOf(v.folder, m))
		}
	})
	if err != nil {
		return err
	}
	if mayExpunge {
		for _, i := range slices.Backward(gone) {
			if err := w.WriteExpunge(uint32(i + 1)); err != nil {
				return err
			}
			v.told = slices.Delete(v.told, i, i+1)
		}
	}
	come := now[firstAfter(now, v.last()):]
	if len(come) == 0 {
		return nil
	}
	v.told = append(v.told, come...)
	if err := w.WriteNumMessages(uint32(len(v.told))); err != nil {
		return err
	}
	return w.WriteNumRecent(v.recent())
}

// compare goes through the messages that the client knows. It takes over those
// that have other flags now, and calls changed for them; it returns the places of
// those that are no more.
func (v *view) compare(now []mailbox.Message, changed func(i int, m mailbox.Message)) (gone []int) {
	next := 0
	for i := range v.told {
		for next < len(now) && now[next].UID < v.told[i].UID {
			next++
		}
		if next == len(now) || now[next].UID != v.told[i].UID {
			gone = append(gone, i)
			continue
		}
		if m := now[next]; m.Flags != v.told[i].Flags || m.Keywords != v.told[i].Keywords || m.New != v.told[i].New {
			changed(i, m)
			v.told[i] = m
		}
	}
	return gone
}

// last is the highest UID that the client knows of.
func (v *view) last() uint32 {
	if len(v.told) == 0 {
		return 0
	}
	return v.told[len(v.told)-1].UID
}

func (v *view) recent() uint32 {
	n := uint32(0)
	for _, m := range v.told {
		if m.New {
			n++
		}
	}
	return n
}
