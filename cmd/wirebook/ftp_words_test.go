package main

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                       nil,
		"  get\tfile  ":          {"get", "file"},
		`get "two words" 'a "b'`: {"get", "two words", `a "b`},
		`get two\ words`:         {"get", "two words"},
		`put '' ""`:              {"put", "", ""},
		`get 'back\slash'`:       {"get", `back\slash`},
	} {
		if got, err := splitWords(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", line, got, err)
		}
	}
	if got, err := splitWords(`get "open`); err == nil {
		t.Errorf("an open quotation mark: %q", got)
	}
}

func FuzzWords(f *testing.F) {
	f.Add(`a "b" 'c' \ d`)
	f.Fuzz(func(t *testing.T, word string) {
		if word == "" || strings.ContainsRune(word, '\ufffd') {
			return
		}
		if got, err := splitWords("get " + quoteWord(word)); err != nil || len(got) != 2 || got[1] != word {
			t.Errorf("%q is quoted as %q, and read as %q, %v", word, quoteWord(word), got, err)
		}
	})
}

func TestFTPTargets(t *testing.T) {
	for text, want := range map[string]ftpTarget{
		"ftp.example.edu":                         {"ftp.example.edu", "anonymous", "anonymous@", true, ""},
		"ftp://ftp.example.edu/pub/rfc":           {"ftp.example.edu", "anonymous", "anonymous@", true, "pub/rfc"},
		"ftp://alice@ftp.example.edu:2121/%2Fetc": {"ftp.example.edu:2121", "alice", "", false, "/etc"},
		"alice:a%40b@[::1]:2121":                  {"[::1]:2121", "alice", "a@b", true, ""},
	} {
		if got, err := parseFTPTarget(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "http://ftp.example.edu", "ftps://ftp.example.edu", "ftp:///pub", "a b"} {
		if got, err := parseFTPTarget(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
