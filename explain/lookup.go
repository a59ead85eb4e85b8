package explain

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lookup finds what a reader asks for, as typed: "304", "If-Modified-Since",
// "port 69", "MX", "time-wait", "状态码". Case and the language of the question do
// not matter. Entries that are called so come first and alone; if there are
// none, those whose name begins so; then those whose names have all the words;
// at last those whose text has them.
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
	return nil
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
	named map[string][]int // folded name -> positions of entries
	names []string         // for each entry, all its names in one line
	texts []string         // for each entry, its text, folded
}

func newIndex(l Language, c *catalogue) index {
	x := index{
		named: make(map[string][]int, 4*len(c.entries)),
		names: make([]string, len(c.entries)),
		texts: make([]string, len(c.entries)),
	}
	for i, entry := range c.entries {
		names := append(entry.names(), fold(entry.Title))
		for _, name := range names {
			if at := x.named[name]; len(at) == 0 || at[len(at)-1] != i {
				x.named[name] = append(at, i)
			}
		}
		x.names[i] = strings.Join(names, " ") + " " + fold(l.Say("kind."+entry.Kind, nil))
		x.texts[i] = fold(entry.Text)
	}
	return x
}

// names are what an entry is called in every language, folded: its name and its
// aliases, its key, and the end of its key after each word before it, so that
// "http status 304", "http 304", "status 304" and "304" all name it.
func (e *Entry) names() []string {
	parts := strings.Split(fold(e.Key), ".")
	last := parts[len(parts)-1]
	names := []string{last}
	for i := range len(parts) - 1 {
		names = append(names, strings.Join(parts[i:], " "), parts[i]+" "+last)
	}
	names = append(names, strings.Join(parts, "."), fold(e.Name))
	for _, alias := range e.Aliases {
		names = append(names, fold(alias))
	}
	return names
}

func (x index) find(question string) []int {
	if found := x.named[question]; len(found) > 0 {
		return found
	}
	if found := x.beginning(question); len(found) > 0 {
		return found
	}
	words := strings.Fields(question)
	if found := having(x.names, words); len(found) > 0 {
		return found
	}
	return having(x.texts, words)
}

func (x index) beginning(question string) []int {
	var found []int
	for name, positions := range x.named {
		if strings.HasPrefix(name, question) {
			found = append(found, positions...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// having are the positions of the lines that have every word.
func having(lines, words []string) []int {
	var found []int
	for i, line := range lines {
		if !slices.ContainsFunc(words, func(word string) bool { return !hasWord(line, word) }) {
			found = append(found, i)
		}
	}
	return found
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
func fold(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(strings.ToLower(s), "_", "-")), " ")
}
