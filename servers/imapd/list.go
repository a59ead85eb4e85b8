package imapd

import (
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/wirebook/wirebook/servers/mailbox"
)

// delimiter stands between the names of a folder and of one below it.
const delimiter = '/'

// List answers LIST and LSUB (RFC 9051 §6.3.9, RFC 3501 §6.3.9) with the folders
// that one of the patterns means.
func (s *session) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	if len(patterns) == 0 { // what is the delimiter?
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: delimiter})
	}
	names, err := s.box.Folders()
	if err != nil {
		return s.answer(err)
	}
	subscribed, err := s.box.Subscriptions()
	if err != nil {
		return s.answer(err)
	}
	tree := newFolderTree(names, subscribed)
	for _, name := range tree.names {
		if !slices.ContainsFunc(patterns, func(p string) bool { return matches(ref+p, name) }) {
			continue
		}
		data, wanted := tree.list(name, options)
		if !wanted {
			continue
		}
		if options.ReturnStatus != nil && tree.there[name] {
			if data.Status, err = s.Status(name, options.ReturnStatus); err != nil {
				continue // it was deleted meanwhile
			}
		}
		if err := w.WriteList(data); err != nil {
			return err
		}
	}
	return nil
}

// folderTree is the folders, those above them that do not exist themselves, and
// those that the user has subscribed to, whether they exist or not.
type folderTree struct {
	names       []string // Inbox first
	there       map[string]bool
	subscribed  map[string]bool
	parents     map[string]bool
	wantedBelow map[string]bool // a folder below it is subscribed to
}

func newFolderTree(names, subscribed []string) *folderTree {
	t := &folderTree{
		there: make(map[string]bool), subscribed: make(map[string]bool),
		parents: make(map[string]bool), wantedBelow: make(map[string]bool),
	}
	all := make(map[string]bool)
	for _, name := range names {
		t.there[name], all[name] = true, true
		for _, above := range superiors(name) {
			t.parents[above], all[above] = true, true
		}
	}
	for _, name := range subscribed {
		if strings.EqualFold(name, mailbox.Inbox) {
			name = mailbox.Inbox
		}
		t.subscribed[name], all[name] = true, true
		for _, above := range superiors(name) {
			t.wantedBelow[above], all[above] = true, true
		}
	}
	delete(all, mailbox.Inbox)
	for name := range all {
		t.names = append(t.names, name)
	}
	slices.Sort(t.names)
	t.names = slices.Insert(t.names, 0, mailbox.Inbox)
	return t
}

// superiors are the names above one: a and a/b of a/b/c.
func superiors(name string) []string {
	var above []string
	for i, c := range name {
		if c == delimiter {
			above = append(above, name[:i])
		}
	}
	return above
}

// list is what is said of a folder, and whether it is wanted.
func (t *folderTree) list(name string, options *imap.ListOptions) (*imap.ListData, bool) {
	data := &imap.ListData{Mailbox: name, Delim: delimiter}
	switch {
	case !options.SelectSubscribed:
		if !t.there[name] && !t.parents[name] {
			return nil, false // subscribed to, that is all
		}
	case t.subscribed[name]:
		data.Attrs = append(data.Attrs, imap.MailboxAttrSubscribed)
	case t.wantedBelow[name]:
		// LSUB "%" must tell that there is something below (RFC 3501 §6.3.9).
		data.Attrs = append(data.Attrs, imap.MailboxAttrNoSelect)
		data.ChildInfo = &imap.ListDataChildInfo{Subscribed: true}
		return data, true
	default:
		return nil, false
	}
	if options.ReturnSubscribed && t.subscribed[name] && !options.SelectSubscribed {
		data.Attrs = append(data.Attrs, imap.MailboxAttrSubscribed)
	}
	if !t.there[name] {
		data.Attrs = append(data.Attrs, imap.MailboxAttrNonExistent, imap.MailboxAttrNoSelect)
	}
	if t.parents[name] {
		data.Attrs = append(data.Attrs, imap.MailboxAttrHasChildren)
	} else {
		data.Attrs = append(data.Attrs, imap.MailboxAttrHasNoChildren)
	}
	use, special := specialUse[name]
	if options.SelectSpecialUse && !special {
		return nil, false
	}
	if special {
		data.Attrs = append(data.Attrs, use)
	}
	return data, true
}

// specialUse tells a client what folders are for by their usual names (RFC 6154).
var specialUse = map[string]imap.MailboxAttr{
	"Archive": imap.MailboxAttrArchive, "Drafts": imap.MailboxAttrDrafts, "Junk": imap.MailboxAttrJunk,
	"Sent": imap.MailboxAttrSent, "Trash": imap.MailboxAttrTrash,
}

// matches says whether a pattern means a folder: "*" stands for any characters,
// "%" for any but the delimiter. The Inbox is meant in any case of letters.
//
// It goes through the pattern once, and keeps the set of the places in the name
// to which what was read of the pattern can lead. So no pattern takes longer than
// its length times the name's.
func matches(pattern, name string) bool {
	const longest = 1000
	if len(pattern) > longest {
		return false
	}
	if strings.EqualFold(pattern, mailbox.Inbox) {
		pattern = mailbox.Inbox
	}
	at := make([]bool, len(name)+1)
	at[0] = true
	for _, p := range []byte(pattern) {
		if p == '*' || p == '%' {
			for i := range len(name) {
				if at[i] && (p == '*' || name[i] != delimiter) {
					at[i+1] = true
				}
			}
			continue
		}
		for i := len(name); i > 0; i-- {
			at[i] = at[i-1] && name[i-1] == p
		}
		at[0] = false
	}
	return at[len(name)]
}
