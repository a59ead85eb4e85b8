package explain

import (
	"fmt"
	"os"
	"strings"
)

// A Language is one that the catalogues are written in. Its value is the BCP 47
// tag, which is also the folder's name. Any other value speaks English.
type Language string

// The languages there are.
const (
	English Language = "en"
	Chinese Language = "zh-CN"
)

// Languages are all that there are, English first.
func Languages() []Language { return []Language{English, Chinese} }

// ParseLanguage reads a language as people and systems write it: "en", "zh",
// "zh-CN", "zh_CN.UTF-8", "中文". The error names the languages that there are.
func ParseLanguage(s string) (Language, error) {
	tag := strings.ToLower(strings.TrimSpace(s))
	if end := strings.IndexAny(tag, ".@"); end >= 0 {
		tag = tag[:end]
	}
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	switch base {
	case "en", "english":
		return English, nil
	case "zh", "chinese", "中文":
		return Chinese, nil
	}
	return "", fmt.Errorf("no language %q here: there are %s and %s", s, English, Chinese)
}

// FromEnvironment is the language that the user's environment asks for:
// WIREBOOK_LANG where it names one, else the first of LC_ALL, LC_MESSAGES and
// LANG that is not empty, as POSIX orders them. It is English where they name
// none of ours.
func FromEnvironment() Language {
	if l, err := ParseLanguage(os.Getenv("WIREBOOK_LANG")); err == nil {
		return l
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		if l, err := ParseLanguage(value); err == nil {
			return l
		}
		break
	}
	return English
}
