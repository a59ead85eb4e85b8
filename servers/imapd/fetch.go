package imapd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/wirebook/wirebook/servers/mailbox"
)

// Fetch tells of messages what the client wants to know (RFC 9051 §6.4.5). What
// the names of files tell costs nothing; the envelope needs the header to be read,
// and the structure the whole message.
func (s *session) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view
	places, err := v.pick(set)
	if err != nil {
		return err
	}
	marked, err := s.markSeen(places, options)
	if err != nil {
		return err
	}
	missing := false
	for _, at := range places {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		answer, err := s.lookUp(v, at, options)
		if errors.Is(err, fs.ErrNotExist) {
			missing = true
			continue
		}
		if err != nil {
			return s.answer(err)
		}
		answer.tellFlags = options.Flags || marked[at]
		if err := answer.write(w, options); err != nil {
			return err
		}
	}
	if missing {
		return errGone
	}
	return nil
}

// markSeen gives the messages the flag \Seen if the client is about to be given
// their texts, and has not said that it only peeks (RFC 9051 §6.4.5). It returns
// the places of those that did not have it.
func (s *session) markSeen(places []int, options *imap.FetchOptions) (map[int]bool, error) {
	reads := false
	for _, section := range options.BodySection {
		reads = reads || !section.Peek
	}
	v := s.view
	if !reads || v.readOnly {
		return nil, nil
	}
	marked := map[int]bool{}
	var uids []uint32
	for _, at := range places {
		if v.told[at].Flags&mailbox.Seen == 0 {
			marked[at] = true
			uids = append(uids, v.told[at].UID)
		}
	}
	if len(uids) == 0 {
		return nil, nil
	}
	if err := v.folder.ChangeFlags(uids, mailbox.Seen, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Log.Warn("imapd: flags", "user", s.user, "error", err) // a full disk is no reason not to read
		return nil, nil
	}
	now := v.folder.Messages()
	for at := range marked {
		if m, there := find(now, v.told[at].UID); there {
			v.told[at] = m
		}
	}
	return marked, nil
}

// letter is a message that is being looked at, and what was found out about it.
type letter struct {
	folder *mailbox.Folder
	uid    uint32
	size   int64
	head   *part // its header is known; its structure perhaps not
	root   *part
}

// open returns the message in a place. A client that shows a message fetches it piece
// by piece: the one that was looked at last is kept.
func (v *view) open(at int) *letter {
	m := v.told[at]
	if v.letter == nil || v.letter.uid != m.UID {
		v.letter = &letter{folder: v.folder, uid: m.UID, size: m.Size}
	}
	return v.letter
}

// structure reads the message, unless its structure is known.
func (l *letter) structure() (*part, error) {
	if l.root == nil {
		err := l.read(func(r io.Reader) (err error) {
			l.root, err = structure(r)
			return err
		})
		if err != nil {
			l.root = nil
			return nil, err
		}
		l.head = l.root
	}
	return l.root, nil
}

// header reads the message's header, unless it is known.
func (l *letter) header() (*part, error) {
	if l.head == nil {
		err := l.read(func(r io.Reader) (err error) {
			l.head, err = justHeader(r)
			return err
		})
		if err != nil {
			l.head = nil
			return nil, err
		}
		l.head.end = l.size
	}
	return l.head, nil
}

func (l *letter) read(use func(io.Reader) error) error {
	r, err := l.folder.Open(l.uid)
	if err != nil {
		return err
	}
	defer r.Close()
	return use(r)
}

// section is what a body section means in this message. Without part numbers the
// header is enough to know it, and BODY[] needs not even that.
func (l *letter) section(item *imap.FetchItemBodySection) (text, error) {
	whole := len(item.Part) == 0
	if whole && item.Specifier == imap.PartSpecifierNone {
		return text{from: 0, to: l.size}.cut(item.Partial), nil
	}
	look := l.structure
	if whole {
		look = l.header
	}
	root, err := look()
	if err != nil {
		return text{}, err
	}
	return root.section(item).cut(item.Partial), nil
}

// copy writes a piece of the message.
func (l *letter) copy(w io.Writer, t text) error {
	if t.made != nil {
		_, err := w.Write(t.made)
		return err
	}
	if t.size() == 0 {
		return nil
	}
	return l.read(func(r io.Reader) error {
		if seeker, ok := r.(io.Seeker); ok {
			if _, err := seeker.Seek(t.from, io.SeekStart); err != nil {
				return err
			}
		} else if _, err := io.CopyN(io.Discard, r, t.from); err != nil {
			return err
		}
		_, err := io.CopyN(w, r, t.size())
		return err
	})
}

// fetched is what will be told of a message. All that can fail is looked up before
// anything is written: an answer that has begun cannot be taken back.
type fetched struct {
	session   *session
	number    uint32
	message   mailbox.Message
	letter    *letter
	tellFlags bool
	date      time.Time
	envelope  *imap.Envelope
	structure imap.BodyStructure
	sections  []text
}

func (s *session) lookUp(v *view, at int, options *imap.FetchOptions) (*fetched, error) {
	f := &fetched{session: s, number: uint32(at + 1), message: v.told[at], letter: v.open(at)}
	if options.InternalDate {
		var err error
		if f.date, err = v.folder.Date(f.message.UID); err != nil {
			return nil, err
		}
	}
	if options.Envelope {
		head, err := f.letter.header()
		if err != nil {
			return nil, err
		}
		f.envelope = head.envelope()
	}
	if options.BodyStructure != nil {
		root, err := f.letter.structure()
		if err != nil {
			return nil, err
		}
		f.structure = root.bodyStructure()
	}
	if len(options.BodySection) > 0 { // is it still there?
		if err := f.letter.read(func(io.Reader) error { return nil }); err != nil {
			return nil, err
		}
	}
	for _, item := range options.BodySection {
		section, err := f.letter.section(item)
		if err != nil {
			return nil, err
		}
		f.sections = append(f.sections, section)
	}
	return f, nil
}

// write tells it.
func (f *fetched) write(w *imapserver.FetchWriter, options *imap.FetchOptions) error {
	m := w.CreateMessage(f.number)
	if options.UID {
		m.WriteUID(imap.UID(f.message.UID))
	}
	if f.tellFlags {
		m.WriteFlags(flagsOf(f.letter.folder, f.message))
	}
	if options.InternalDate {
		m.WriteInternalDate(f.date.UTC())
	}
	if options.RFC822Size {
		m.WriteRFC822Size(f.message.Size)
	}
	if options.Envelope {
		m.WriteEnvelope(f.envelope)
	}
	if options.BodyStructure != nil {
		m.WriteBodyStructure(f.structure)
	}
	for i, item := range options.BodySection {
		out := m.WriteBodySection(item, f.sections[i].size())
		err := f.letter.copy(out, f.sections[i])
		if err = errors.Join(err, out.Close()); err != nil {
			// The client has been promised more octets than there are: it would take
			// what we say next for them.
			f.session.wire.cut()
			m.Close()
			return fmt.Errorf("message %d: %w", f.message.UID, err)
		}
	}
	return m.Close()
}
