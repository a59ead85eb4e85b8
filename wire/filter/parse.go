package filter

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/ftp"
)

// Error says where a line is not understood, and why.
type Error struct {
	At, Length int            // the place in the line, in bytes
	Key        string         // of the sentence in the catalogue that says why
	Args       map[string]any // which fills these in
}

// Error is the sentence in English.
func (e *Error) Error() string { return e.In(explain.English) }

// In is the sentence in another language.
func (e *Error) In(l explain.Language) string { return l.Say(e.Key, e.Args) }

// longest bounds a line, and so how deep its parentheses can be.
const longest = 1000

// Parse reads a line; an empty one chooses all. If there are hosts, a host of
// another name is a mistake. The error is an *[Error].
func Parse(line string, hosts ...string) (*Filter, error) {
	if len(line) > longest {
		return nil, &Error{longest, len(line) - longest, "filter.long", map[string]any{"Count": longest}}
	}
	p := &parser{hosts: hosts}
	if err := p.cut(line); err != nil {
		return nil, err
	}
	f := &Filter{text: line}
	if len(p.tokens) == 1 {
		return f, nil // it is empty but for its end
	}
	t, err := p.either()
	if err == nil && p.next().kind != end {
		err = p.wrong(p.next(), "filter.close", "Word", p.next().text)
	}
	if err != nil {
		return nil, err
	}
	f.test, f.conversations = t, p.conversations
	return f, nil
}

type kind uint8

const (
	word kind = iota
	quoted
	sign // ( ) !
	end
)

type token struct {
	kind       kind
	text       string
	at, length int
}

// is reports whether the token is one of these words or signs.
func (t token) is(these ...string) bool {
	return (t.kind == word || t.kind == sign) && slices.Contains(these, strings.ToLower(t.text))
}

type parser struct {
	hosts         []string
	tokens        []token
	conversations []uint64
}

func (p *parser) wrong(t token, key string, pairs ...string) error {
	e := &Error{At: t.at, Length: t.length, Key: key, Args: make(map[string]any)}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Args[pairs[i]] = pairs[i+1]
	}
	return e
}

func (p *parser) next() token { return p.tokens[0] }

func (p *parser) take() token {
	t := p.tokens[0]
	if t.kind != end {
		p.tokens = p.tokens[1:]
	}
	return t
}

// cut cuts the line into words.
func (p *parser) cut(line string) error {
	for at := 0; ; {
		for at < len(line) && strings.IndexByte(" \t\r\n", line[at]) >= 0 {
			at++
		}
		if at == len(line) {
			p.tokens = append(p.tokens, token{end, "", at, 0})
			return nil
		}
		t := token{at: at}
		switch c := line[at]; {
		case c == '"':
			length := strings.IndexByte(line[at+1:], '"')
			if length < 0 {
				t.length = len(line) - at
				return p.wrong(t, "filter.quote")
			}
			t.kind, t.text, t.length = quoted, line[at+1:at+1+length], length+2
		case strings.IndexByte("()!", c) >= 0:
			t.kind, t.text, t.length = sign, line[at:at+1], 1
		default:
			length := strings.IndexAny(line[at:], " \t\r\n\"()!")
			if length < 0 {
				length = len(line) - at
			}
			t.kind, t.text, t.length = word, line[at:at+length], length
		}
		p.tokens = append(p.tokens, t)
		at += t.length
	}
}

// either is a or b or c.
func (p *parser) either() (test, error) {
	var tests []test
	for {
		t, err := p.all()
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
		if !p.next().is("or", "||") {
			return either(tests), nil
		}
		p.take()
	}
}

// all is a and b, or a b.
func (p *parser) all() (test, error) {
	var tests []test
	for {
		t, err := p.one()
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
		switch next := p.next(); {
		case next.is("and", "&&"):
			p.take()
		case next.kind == end || next.is("or", "||", ")"):
			return all(tests), nil
		}
	}
}

func (p *parser) one() (test, error) {
	t := p.take()
	switch {
	case t.kind == end, t.is(")", "or", "||", "and", "&&"):
		return nil, p.wrong(t, "filter.missing")
	case t.is("not", "!"):
		inner, err := p.one()
		if err != nil {
			return nil, err
		}
		return not(inner), nil
	case t.is("("):
		inner, err := p.either()
		if err == nil && !p.next().is(")") {
			err = p.wrong(t, "filter.open")
		}
		p.take()
		return inner, err
	case t.kind == quoted:
		return text(t.text), nil
	}
	return p.word(t)
}

// applications are the names of what is dissected.
var applications = func() []string {
	names := []string{strings.ToLower(ftp.Data)}
	for _, p := range wire.Protocols() {
		names = append(names, strings.ToLower(p.Name))
	}
	return names
}()

// word is a word that stands for a test, and what belongs to it.
func (p *parser) word(t token) (test, error) {
	name := strings.ToLower(t.text)
	switch {
	case slices.Contains(applications, name):
		return application(name), nil
	case carriers[name] != nil:
		return carried(name), nil
	}
	switch name {
	case "lost":
		return func(s *subject) answer { return s.lost }, nil
	case "wrong":
		return func(s *subject) answer { return s.wrong }, nil
	case "host", "from", "to":
		return p.who(t, name)
	case "port":
		n, err := p.number(t, 16)
		return port(uint16(n)), err
	case "conversation":
		n, err := p.number(t, 64)
		p.conversations = append(p.conversations, n)
		return conversation(n), err
	}
	return nil, p.unknown(t)
}

func (p *parser) who(t token, direction string) (test, error) {
	arg := p.take()
	if arg.kind != word && arg.kind != quoted {
		return nil, p.wrong(t, "filter.nobody", "Word", t.text)
	}
	_, notAddr := netip.ParseAddr(arg.text)
	_, notPrefix := netip.ParsePrefix(arg.text)
	if known := foldedIn(p.hosts, arg.text); notAddr != nil && notPrefix != nil && len(p.hosts) > 0 && !known {
		return nil, p.wrong(arg, "filter.host", "Word", arg.text, "Like", nearest(arg.text, p.hosts))
	}
	meant := who(arg.text)
	return func(s *subject) answer {
		switch direction {
		case "from":
			return is(meant(s.from))
		case "to":
			return is(meant(s.to))
		}
		return is(meant(s.from) || meant(s.to))
	}, nil
}

func foldedIn(all []string, one string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return strings.EqualFold(s, one) })
}

func (p *parser) number(t token, bits int) (uint64, error) {
	arg := p.take()
	n, err := strconv.ParseUint(arg.text, 10, bits)
	switch {
	case arg.kind == end:
		return 0, p.wrong(t, "filter.number", "Word", t.text)
	case err != nil && bits == 16:
		return 0, p.wrong(arg, "filter.port", "Word", arg.text)
	case err != nil:
		return 0, p.wrong(arg, "filter.number", "Word", t.text)
	}
	return n, nil
}

// words are those of the language, for who has written another.
var words = slices.Concat(applications, slices.Sorted(maps.Keys(carriers)), []string{
	"host", "from", "to", "port", "conversation", "lost", "wrong", "and", "or", "not",
})

func (p *parser) unknown(t token) error {
	_, notNumber := strconv.ParseUint(t.text, 10, 64)
	_, notAddr := netip.ParseAddr(t.text)
	switch {
	case notNumber == nil:
		return p.wrong(t, "filter.bare-number", "Word", t.text)
	case notAddr == nil, foldedIn(p.hosts, t.text):
		return p.wrong(t, "filter.bare-host", "Word", t.text)
	}
	return p.wrong(t, "filter.unknown", "Word", t.text, "Like", nearest(t.text, words))
}

func nearest(wrote string, all []string) string {
	return slices.MinFunc(all, func(a, b string) int {
		return levenshtein.ComputeDistance(strings.ToLower(wrote), a) - levenshtein.ComputeDistance(strings.ToLower(wrote), b)
	})
}
