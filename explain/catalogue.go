package explain

import (
	"embed"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed catalogue
var files embed.FS

// Topics are the names of the files that have entries: "http-status", "ports".
func Topics() []string { return topics("facts") }

// A catalogue is the entries of one language, in the order of the files of facts.
type catalogue struct {
	entries []Entry
	byKey   map[string]int
	index   func() index
}

// facts are the entries without their words.
var facts = sync.OnceValue(readFacts)

var catalogues = map[Language]func() *catalogue{
	English: sync.OnceValue(func() *catalogue { return readCatalogue(English) }),
	Chinese: sync.OnceValue(func() *catalogue { return readCatalogue(Chinese) }),
}

func (l Language) catalogue() *catalogue {
	if c, ok := catalogues[l]; ok {
		return c()
	}
	return catalogues[English]()
}

func readFacts() *catalogue {
	c := &catalogue{byKey: make(map[string]int)}
	for _, topic := range Topics() {
		mustRead("facts", topic, func(key, field, value string) {
			i, ok := c.byKey[key]
			if !ok {
				i = len(c.entries)
				c.byKey[key] = i
				c.entries = append(c.entries, Entry{Key: key, Kind: kindOf(key)})
			}
			if field == "also" {
				for _, other := range list(value) {
					c.byKey[other] = i
				}
				return
			}
			c.entries[i].setFact(topic, field, value)
		})
	}
	return c
}

func (e *Entry) setFact(topic, field, value string) {
	switch field {
	case "name":
		e.Name = value
	case "kind":
		e.Kind = value
	case "aliases":
		e.Aliases = list(value)
	case "example":
		e.Example = value
	case "rfc":
		e.RFC = value
	case "book":
		e.Book = value
	case "see":
		e.See = list(value)
	default:
		panic("explain: facts of " + e.Key + " in " + topic + ": no field " + field)
	}
}

func readCatalogue(l Language) *catalogue {
	c := &catalogue{entries: slices.Clone(facts().entries), byKey: facts().byKey}
	for _, topic := range Topics() {
		mustRead(string(l), topic, func(key, field, value string) {
			i, ok := c.byKey[key]
			if !ok {
				panic("explain: " + key + " has words in " + string(l) + " and no facts")
			}
			switch field {
			case "title":
				c.entries[i].Title = value
			case "text":
				c.entries[i].Text = value
			default:
				panic("explain: words of " + key + " in " + string(l) + ": no field " + field)
			}
		})
	}
	c.index = sync.OnceValue(func() index { return newIndex(l, c) })
	return c
}

// topics are the names of the files in a folder of the catalogue.
func topics(folder string) []string {
	dir, err := files.ReadDir("catalogue/" + folder)
	if err != nil {
		panic(err) // the folder is part of the program
	}
	names := make([]string, len(dir))
	for i, file := range dir {
		names[i] = strings.TrimSuffix(file.Name(), ".yaml")
	}
	return names
}

// mustRead reads a file of the catalogue. A mistake in one is a mistake in the
// program, which the tests find.
func mustRead(folder, topic string, value func(key, field, value string)) {
	name := path.Join("catalogue", folder, topic+".yaml")
	text, err := files.ReadFile(name)
	if err == nil {
		err = read(name, string(text), value)
	}
	if err != nil {
		panic("explain: " + err.Error())
	}
}
