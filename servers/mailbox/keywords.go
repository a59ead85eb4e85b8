package mailbox

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/durable"
)

// Keywords are flags that users make up, such as $Junk or work (RFC 9051 §2.3.2).
// In a file's name they are letters from a to z. Which letter means which keyword
// is in a file of the folder, dovecot-keywords, in the format of Dovecot, so that
// it can use the same folders:
//
//	0 $Junk
//	1 work
//
// The set's lowest bit is the letter a.
type Keywords uint32

const (
	keywordsFile = "dovecot-keywords" // of a folder
	maxKeywords  = 26
)

// ErrKeywords is that a folder has no letter left for a further keyword, or that it
// can be none.
var ErrKeywords = errors.New("mailbox: no further keyword")

func parseKeywords(letters string) Keywords {
	var k Keywords
	for _, c := range []byte(letters) {
		if 'a' <= c && c <= 'z' {
			k |= 1 << (c - 'a')
		}
	}
	return k
}

// relabel is the name with other keywords.
func relabel(name string, k Keywords) string {
	base, letters := cutName(name)
	var info []byte
	for _, c := range []byte(letters) {
		if c < 'a' || c > 'z' {
			info = append(info, c)
		}
	}
	for i := range maxKeywords {
		if k&(1<<i) != 0 {
			info = append(info, byte('a'+i))
		}
	}
	return base + infoMark + string(info)
}

// KeywordNames are the names of keywords, in the order of their letters. A letter
// that only another program knows has none.
func (f *Folder) KeywordNames(k Keywords) []string {
	var names []string
	for i, name := range f.keywords {
		if name != "" && k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// AllKeywords are all that there can be.
const AllKeywords Keywords = 1<<maxKeywords - 1

// FindKeywords are those keywords that the folder knows by these names, in any case
// of letters.
func (f *Folder) FindKeywords(names []string) Keywords {
	var k Keywords
	for i, known := range f.keywords {
		if known != "" && slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, known) }) {
			k |= 1 << i
		}
	}
	return k
}

// MakeKeywords are the keywords of these names; those that the folder does not know
// get a letter. With [ErrKeywords] none has got one.
func (f *Folder) MakeKeywords(names []string) (Keywords, error) {
	if len(names) == 0 {
		return 0, nil
	}
	lock, err := lockIn(f.home, lockFile, true)
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	return f.makeKeywords(names)
}

// makeKeywords is MakeKeywords for those who have the lock.
func (f *Folder) makeKeywords(names []string) (Keywords, error) {
	if err := f.readKeywords(); err != nil {
		return 0, err
	}
	before := slices.Clone(f.keywords)
	for _, name := range names {
		if f.FindKeywords([]string{name}) != 0 {
			continue
		}
		at := slices.Index(f.keywords, "")
		if at < 0 {
			at = len(f.keywords)
			f.keywords = append(f.keywords, "")
		}
		if at >= maxKeywords || !isKeyword(name) {
			f.keywords = before
			return 0, fmt.Errorf("%w: %.40q", ErrKeywords, name)
		}
		f.keywords[at] = name
	}
	if slices.Equal(before, f.keywords) {
		return f.FindKeywords(names), nil
	}
	if err := f.writeKeywords(); err != nil {
		f.keywords = before
		return 0, err
	}
	return f.FindKeywords(names), nil
}

// isKeyword says whether IMAP can say it: an atom (RFC 9051 §9). It is also a line
// of the file.
func isKeyword(name string) bool {
	const longest = 100
	return name != "" && len(name) <= longest && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`(){%*"\]`, c)
	})
}

// readKeywords reads the names of the keywords. A line that makes no sense is
// passed over.
func (f *Folder) readKeywords() error {
	text, err := f.home.ReadFile(keywordsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f.keywords = nil
	for line := range strings.Lines(string(text)) {
		number, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= maxKeywords || !isKeyword(name) {
			continue
		}
		for len(f.keywords) <= i {
			f.keywords = append(f.keywords, "")
		}
		f.keywords[i] = name
	}
	return nil
}

func (f *Folder) writeKeywords() error {
	var text strings.Builder
	for i, name := range f.keywords {
		if name != "" {
			fmt.Fprintf(&text, "%d %s\n", i, name)
		}
	}
	return durable.Replace(f.home, keywordsFile, []byte(text.String()))
}

// carry is what a message's keywords are in another folder, which is locked: each
// has its own letters. What it has no letter for is lost.
func (f *Folder) carry(k Keywords, to *Folder) Keywords {
	if f.key == to.key {
		return k
	}
	var there Keywords
	for i := range maxKeywords {
		one := k & (1 << i)
		if one == 0 {
			continue
		}
		if names := f.KeywordNames(one); len(names) > 0 {
			made, _ := to.makeKeywords(names)
			there |= made
		} else if len(to.KeywordNames(one)) == 0 {
			there |= one // the letter of another program
		}
	}
	return there
}
