package explain

import (
	"fmt"
	"slices"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

// Say is a sentence in the language, with its places {{.Name}} filled from args.
// Where a sentence has a form for one and a form for others, args["Count"]
// chooses. A key that does not exist, or a place that args leaves empty, is a
// programming error: the key comes back as ⟦key⟧, and tests look for that.
func (l Language) Say(key string, args map[string]any) string {
	config := i18n.LocalizeConfig{MessageID: key, TemplateData: args, TemplateParser: strict}
	if n, ok := args["Count"]; ok {
		config.PluralCount = fmt.Sprint(n)
	}
	sentence, err := l.sentences().Localize(&config)
	if err != nil {
		return "⟦" + key + "⟧"
	}
	return sentence
}

// Sentences are the keys of a topic that has sentences, such as "page".
func Sentences(topic string) []string {
	var keys []string
	mustRead(string(English), topic, func(key, field, _ string) {
		if field != "one" {
			keys = append(keys, key)
		}
	})
	return keys
}

// strict refuses a sentence whose places are not all filled.
var strict = &template.TextParser{Option: "missingkey=error"}

var localizers = map[Language]func() *i18n.Localizer{
	English: sync.OnceValue(func() *i18n.Localizer { return readSentences(English) }),
	Chinese: sync.OnceValue(func() *i18n.Localizer { return readSentences(Chinese) }),
}

func (l Language) sentences() *i18n.Localizer {
	if s, ok := localizers[l]; ok {
		return s()
	}
	return localizers[English]()
}

// readSentences reads the topics that have no facts. Each language has a bundle
// of its own, so that none answers for another.
func readSentences(l Language) *i18n.Localizer {
	tag := language.MustParse(string(l))
	bundle := i18n.NewBundle(tag)
	for _, m := range sentencesOf(l) {
		if l == English && m.One == "" {
			m.One = m.Other // one form does for all: its Count is a number, and counts nothing
		}
		bundle.MustAddMessages(tag, m)
	}
	return i18n.NewLocalizer(bundle, string(l))
}

func sentencesOf(l Language) []*i18n.Message {
	var messages []*i18n.Message
	entries := Topics()
	for _, topic := range topics(string(l)) {
		if slices.Contains(entries, topic) {
			continue
		}
		mustRead(string(l), topic, func(key, field, value string) {
			if n := len(messages); n == 0 || messages[n-1].ID != key {
				messages = append(messages, &i18n.Message{ID: key})
			}
			m := messages[len(messages)-1]
			switch field {
			case "one":
				m.One = value
			case "", "other":
				m.Other = value
			default:
				panic("explain: sentence " + key + " in " + topic + ": no form " + field)
			}
		})
	}
	return messages
}
