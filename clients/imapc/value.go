package imapc

import (
	"strconv"
	"strings"
)

// value is what responses are made of (RFC 3501 §4): an atom, a string, a list of
// values in parentheses, or NIL.
type value struct {
	text string
	list []value
	kind kind
}

type kind int

const (
	atom kind = iota
	quoted
	list
	null
)

// str is the text of an atom or a string; "" of anything else.
func (v value) str() string { return v.text }

// number is a number of 32 bits, as IMAP has them (RFC 3501 §9).
func (v value) number() (uint32, bool) {
	n, err := strconv.ParseUint(v.text, 10, 32)
	return uint32(n), v.kind == atom && err == nil
}

// words are the texts of a list.
func (v value) words() []string {
	var words []string
	for _, item := range v.list {
		words = append(words, item.str())
	}
	return words
}

// pairs are names and values in turn.
func pairs(v value) map[string]string {
	all := map[string]string{}
	for i := 0; i+1 < len(v.list); i += 2 {
		all[strings.ToLower(v.list[i].str())] = v.list[i+1].str()
	}
	return all
}
