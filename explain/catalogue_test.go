package explain

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// sentence is what Say may say, as it stands in the file.
type sentence struct{ key, one, other string }

func sentencesIn(l Language) []sentence {
	var all []sentence
	for _, m := range sentencesOf(l) {
		all = append(all, sentence{m.ID, m.One, m.Other})
	}
	return all
}

// Every topic, and in it every key, is there in each language.
func TestLanguagesSayTheSame(t *testing.T) {
	english := topics(string(English))
	if chinese := topics(string(Chinese)); !slices.Equal(english, chinese) {
		t.Errorf("topics: English has %v, Chinese has %v", english, chinese)
	}
	for _, topic := range english {
		en, zh := keysOf(t, English, topic), keysOf(t, Chinese, topic)
		for _, key := range en {
			if !slices.Contains(zh, key) {
				t.Errorf("%s: %s is not in Chinese", topic, key)
			}
		}
		for _, key := range zh {
			if !slices.Contains(en, key) {
				t.Errorf("%s: %s is not in English", topic, key)
			}
		}
	}
	for _, topic := range Topics() {
		if !slices.Contains(english, topic) {
			t.Errorf("%s has facts and no words", topic)
		}
	}
}

func keysOf(t *testing.T, l Language, topic string) []string {
	t.Helper()
	var keys []string
	seen := make(map[[2]string]bool)
	mustRead(string(l), topic, func(key, field, _ string) {
		if seen[[2]string{key, field}] {
			t.Errorf("%s/%s: %s %s stands twice", l, topic, key, field)
		}
		seen[[2]string{key, field}] = true
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	})
	return keys
}

func TestSentences(t *testing.T) {
	places := regexp.MustCompile(`{{[^}]*}}`)
	plain := regexp.MustCompile(`^{{\.[A-Z][A-Za-z0-9]*}}$`)
	placesOf := func(s sentence) []string {
		found := places.FindAllString(s.one+s.other, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	chinese := make(map[string]sentence)
	for _, s := range sentencesIn(Chinese) {
		chinese[s.key] = s
		checkChinese(t, s.key, places.ReplaceAllString(s.other, ""))
		if s.one != "" {
			t.Errorf("%s: Chinese has no plural", s.key)
		}
	}
	for _, s := range sentencesIn(English) {
		zh := chinese[s.key]
		if s.other == "" || zh.other == "" {
			t.Errorf("%s: no sentence", s.key)
		}
		have, want := placesOf(zh), placesOf(s)
		if !slices.Equal(have, want) {
			t.Errorf("%s: places %v in English and %v in Chinese", s.key, want, have)
		}
		for _, place := range want {
			if !plain.MatchString(place) {
				t.Errorf("%s: a place is {{.Name}}, not %s", s.key, place)
			}
		}
		if s.one != "" && !slices.Contains(want, "{{.Count}}") {
			t.Errorf("%s: a plural without {{.Count}}", s.key)
		}
	}
}

func TestEntries(t *testing.T) {
	for _, l := range Languages() {
		for _, key := range Keys() {
			e, ok := l.Entry(key)
			if !ok || e.Key != key {
				t.Fatalf("%s: no entry %s", l, key)
			}
			if e.Name == "" || e.Title == "" || e.Text == "" {
				t.Errorf("%s: %s has no name, title or text: %+v", l, key, e)
			}
			if kind := l.Say("kind."+e.Kind, nil); strings.Contains(kind, "⟦") {
				t.Errorf("%s: %s", l, kind)
			}
			if n := ends(e.Text); n < 1 || n > 3 {
				t.Errorf("%s: %s has %d sentences, not one to three: %s", l, key, n, e.Text)
			}
			if last, _ := lastRune(e.Title); strings.ContainsRune(".。", last) {
				t.Errorf("%s: the title of %s ends in a full stop", l, key)
			}
			for _, see := range e.See {
				if _, ok := l.Entry(see); !ok || see == key {
					t.Errorf("%s: see %s", key, see)
				}
			}
			if l == Chinese {
				checkChinese(t, key, e.Text)
			}
		}
	}
	for _, topic := range Topics() {
		if s := English.Say("topic."+topic, nil); strings.Contains(s, "⟦") {
			t.Error(s)
		}
	}
}

// The keys that the dissectors write, in either spelling.
func TestEntryKeys(t *testing.T) {
	for key, name := range map[string]string{
		"ipv4.ttl": "TTL", "ipv4.header.length": "IHL", "tcp.seq": "sequence number", "tcp.flag.SYN": "SYN", "tcp.flags.syn": "SYN",
		"dns.id": "ID", "dns.flag.AA": "AA", "dns.flag.aa": "AA", "arp.op": "operation", "arp.operation": "operation",
		"dns.type.MX": "MX", "dns.rcode.NXDOMAIN": "NXDOMAIN", "tcp.state.TIME-WAIT": "TIME-WAIT", "http.method.GET": "GET",
		"port.69": "tftp 69/udp", "http.header.if-modified-since": "If-Modified-Since",
	} {
		if e, ok := Chinese.Entry(key); !ok || e.Name != name {
			t.Errorf("Entry(%s) = %q, %t; want %q", key, e.Name, ok, name)
		}
	}
	if e, ok := English.Entry("no.such.key"); ok {
		t.Errorf("an entry for no.such.key: %+v", e)
	}
}

// ends counts the ends of sentences. A dot inside a word or after an
// abbreviation is none.
func ends(text string) int {
	return len(regexp.MustCompile(`[.?!](\s|$)|[。？！]`).FindAllString(text, -1))
}

func lastRune(s string) (rune, bool) {
	r := []rune(s)
	if len(r) == 0 {
		return 0, false
	}
	return r[len(r)-1], true
}

var (
	englishWords  = regexp.MustCompile(`[A-Za-z]+(?: [a-z]+){3,}`)
	narrowMarks   = regexp.MustCompile(`\p{Han}[,.;:?!()]|[,;:?!()]\p{Han}`)
	spacesBetween = regexp.MustCompile(`\p{Han} \p{Han}`)
)

// checkChinese finds what betrays a text that is not written as Chinese is.
func checkChinese(t *testing.T, key, text string) {
	t.Helper()
	if words := englishWords.FindString(text); words != "" {
		t.Errorf("%s: English in Chinese: %s", key, words)
	}
	if mark := narrowMarks.FindString(text); mark != "" {
		t.Errorf("%s: a half-width mark beside a character: %s", key, mark)
	}
	if gap := spacesBetween.FindString(text); gap != "" {
		t.Errorf("%s: a space between characters: %s", key, gap)
	}
	letters := strings.ContainsFunc(text, unicode.IsLetter)
	if letters && !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && len(text) > 24 {
		t.Errorf("%s: no Chinese: %s", key, text)
	}
}

// The terms of the book's translation, and no others, are used.
func TestGlossary(t *testing.T) {
	type term struct {
		word     string
		everyday bool // a word of everyday speech too
		english  *regexp.Regexp
		chinese  []string
		not      []string
	}
	var terms []term
	for _, line := range testdata(t, "glossary.txt") {
		columns := strings.Split(line, "|")
		var not []string
		if len(columns) > 2 {
			not = strings.Fields(columns[2])
		}
		word, everyday := strings.CutSuffix(strings.TrimSpace(columns[0]), "*")
		terms = append(terms, term{
			word: word, everyday: everyday, not: not,
			english: regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + `s?\b`),
			chinese: strings.Fields(columns[1]),
		})
	}
	check := func(key, en, zh string) {
		for _, term := range terms {
			for _, not := range term.not {
				if strings.Contains(zh, not) {
					t.Errorf("%s: %s is %v here, not %s: %s", key, term.word, term.chinese, not, zh)
				}
			}
			said := slices.ContainsFunc(term.chinese, func(s string) bool { return strings.Contains(zh, s) })
			if !term.everyday && !said && strings.Contains(en, term.word) && term.english.MatchString(en) {
				t.Errorf("%s: %s without %v: %s", key, term.word, term.chinese, zh)
			}
		}
	}
	for _, key := range Keys() {
		en, _ := English.Entry(key)
		zh, _ := Chinese.Entry(key)
		check(key, en.Title+" "+en.Text, zh.Title+" "+zh.Text)
	}
	chinese := sentencesIn(Chinese)
	for i, s := range sentencesIn(English) {
		if i < len(chinese) && chinese[i].key == s.key {
			check(s.key, s.other, chinese[i].other)
		}
	}
}

// Every entry of the tables that Wirebook was created from is explained.
func TestSeedsAreWhole(t *testing.T) {
	corrected := map[string]string{
		"port 73 netrjs-4":      "port 74 netrjs-4", // a misprint
		"request Accept-Ranges": "response Accept-Ranges",
	}
	for _, line := range testdata(t, "seeds.txt") {
		if right, ok := corrected[line]; ok {
			line = right
		}
		kind, name, _ := strings.Cut(line, " ")
		switch kind {
		case "request", "response":
			e, ok := English.Entry("http.header." + strings.ToLower(name))
			side := strings.TrimPrefix(e.Kind, "http.header.")
			if !ok || !strings.EqualFold(e.Name, name) || !slices.Contains([]string{kind, "both", "representation"}, side) {
				t.Errorf("%s: have %+v", line, e)
			}
		case "status", "port":
			number, word, _ := strings.Cut(name, " ")
			e, ok := English.Entry(map[string]string{"status": "http.status.", "port": "port."}[kind] + number)
			called := fold(e.Name + " " + strings.Join(e.Aliases, " "))
			if !ok || !strings.Contains(called, fold(word)) {
				t.Errorf("%s: have %+v", line, e)
			}
		default:
			t.Errorf("what is %q?", line)
		}
	}
}

// testdata are the lines of a file there that are not comments.
func testdata(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}
