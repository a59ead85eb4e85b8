package main

import (
	"errors"
	"strings"
)

// splitWords splits a line as a shell does: at spaces, except between quotation
// marks of either kind, or after a backslash.
func splitWords(line string) ([]string, error) {
	words, quote, _ := scanWords(line)
	if quote != 0 {
		return nil, errors.New("a quotation mark is not closed")
	}
	return words, nil
}

// scanWords also tells which quotation mark is open at the end, if any, and where
// the last word begins; after a space that is the end.
func scanWords(line string) (words []string, quote rune, last int) {
	var word strings.Builder
	inWord, escaped := false, false
	for i, c := range line {
		if !inWord {
			last = i
		}
		switch {
		case escaped:
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			inWord, escaped = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '"' || c == '\'':
			inWord, quote = true, c
		case c == ' ' || c == '\t':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			inWord = true
			word.WriteRune(c)
		}
	}
	if inWord {
		words = append(words, word.String())
	} else {
		last = len(line)
	}
	return words, quote, last
}

// quoteWord is a word as splitWords reads it.
func quoteWord(word string) string {
	return strings.NewReplacer(" ", `\ `, `"`, `\"`, `'`, `\'`, `\`, `\\`, "\t", "\\\t").Replace(word)
}
