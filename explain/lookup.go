package explain

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Lookup finds what a reader asks for, as typed: "304", "If-Modified-Since",
// "port 69", "MX", "time-wait", "状态码". Case and the language of the question do
// not matter. Entries that are called so come first and alone; if there are
// none, those whose name begins so; then those whose names have all the words;
// at last those whose text has them. A port that has no entry finds its range.
func (l Language) Lookup(query ...string) []Entry {
	question := fold(strings.Join(query, " "))
	if question == "" {
		return nil
	}
	for _, reader := range l.readers() {
		if found := reader.catalogue().index().find(question); len(found) > 0 {
			return l.entriesAt(found)
		}
	}
	if e, ok := l.Entry(portRange(question)); ok {
		return []Entry{e}
	}
	return nil
}

// portRange is the key of the range that a port is in: "port 50000", "50000/tcp".
// It is empty where the question is of no port.
func portRange(question string) string {
	words := strings.FieldsFunc(question, func(r rune) bool { return r == ' ' || r == '/' || r == ':' })
	words = slices.DeleteFunc(words, func(word string) bool {
		return slices.Contains([]string{"port", "端口", "tcp", "udp"}, word)
	})
	if len(words) != 1 {
		return ""
	}
	number, err := strconv.ParseUint(words[0], 10, 16)
	switch {
	case err != nil:
		return ""
	case number < 1024: // RFC 6335 §6
		return "socket.well-known"
	case number < 49152:
		return "socket.registered"
	default:
		return "socket.ephemeral"
	}
}

// readers are the languages to look in: the reader's own, then the others.
func (l Language) readers() []Language {
	if _, ok := catalogues[l]; !ok {
		l = English
	}
	languages := []Language{l}
	for _, other := range Languages() {
		if other != l {
			languages = append(languages, other)
		}
	}
	return languages
}

func (l Language) entriesAt(positions []int) []Entry {
	entries := make([]Entry, len(positions))
	for i, position := range positions {
		entries[i] = l.catalogue().entries[position]
	}
	return entries
}

// An index knows the entries of a language by the names that people give them.
type index struct {
	order []int    // positions of the entries, the general before the special
	names []string // what each is called, folded, with a newline before and after each name
	kinds []string // what each is one of, folded
	texts func() []string
}

func newIndex(l Language, c *catalogue) index {
	x := index{
		order: make([]int, len(c.entries)),
		names: make([]string, len(c.entries)),
		kinds: make([]string, len(c.entries)),
	}
	kinds := make(map[string]string)
	for i := range c.entries {
		entry := &c.entries[i]
		x.order[i] = i
		x.names[i] = entry.names() + lower(entry.Title) + "\n"
		if _, ok := kinds[entry.Kind]; !ok {
			kinds[entry.Kind] = lower(l.Say("kind."+entry.Kind, nil))
		}
		x.kinds[i] = kinds[entry.Kind]
	}
	// Port 53 comes before option 53 of DHCP.
	slices.SortStableFunc(x.order, func(a, b int) int {
		return strings.Count(c.entries[a].Key, ".") - strings.Count(c.entries[b].Key, ".")
	})
	x.texts = sync.OnceValue(func() []string {
		texts := make([]string, len(c.entries))
		for i := range texts {
			texts[i] = lower(c.entries[i].Text)
		}
		return texts
	})
	return x
}

// names are what an entry is called in every language, folded, with a newline
// before and after each: its name and its aliases, its key, and the end of its
// key after each word before it, so that "http status 304", "http 304",
// "status 304" and "304" all name it.
func (e *Entry) names() string {
	var b strings.Builder
	b.WriteString("\n" + e.Key + "\n" + e.Name + "\n")
	parts := strings.Split(e.Key, ".")
	last := parts[len(parts)-1]
	for i := range len(parts) - 1 {
		b.WriteString(strings.Join(parts[i:], " ") + "\n" + parts[i] + " " + last + "\n")
	}
	b.WriteString(last + "\n")
	for _, alias := range e.Aliases {
		b.WriteString(alias + "\n")
	}
	return lower(b.String())
}

// find looks for the names that are equal, then for those that begin so, then
// for all the words in the names, then in the texts.
func (x index) find(question string) []int {
	words := strings.Fields(question)
	ways := []func(i int) bool{
		func(i int) bool { return strings.Contains(x.names[i], "\n"+question+"\n") },
		func(i int) bool { return strings.Contains(x.names[i], "\n"+question) },
		func(i int) bool { return hasWords(x.names[i]+x.kinds[i], words) },
		func(i int) bool { return hasWords(x.texts()[i], words) },
	}
	for _, fits := range ways {
		var found []int
		for _, i := range x.order {
			if fits(i) {
				found = append(found, i)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

func hasWords(line string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !hasWord(line, word) })
}

// hasWord says whether a word stands in a line: whole, or, since Chinese is
// written without spaces, anywhere if it is Chinese.
func hasWord(line, word string) bool {
	for at := 0; ; {
		i := strings.Index(line[at:], word)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(word)
		before, _ := utf8.DecodeLastRuneInString(line[:start])
		after, _ := utf8.DecodeRuneInString(line[end:])
		first, size := utf8.DecodeRuneInString(word)
		last, _ := utf8.DecodeLastRuneInString(word)
		if !(joined(before, first) || joined(last, after)) {
			return true
		}
		at = start + size
	}
}

// joined says whether two letters or digits side by side are of one word.
func joined(a, b rune) bool {
	return alphabetic(a) && alphabetic(b)
}

func alphabetic(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.Is(unicode.Han, r)
}

// fold makes what differs only in case, spaces or underscores equal.
func fold(s string) string { return strings.Join(strings.Fields(lower(s)), " ") }

// lower is fold for words of our own, whose spaces are in order.
func lower(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }
