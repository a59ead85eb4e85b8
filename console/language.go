package console

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/wirebook/wirebook/explain"
)

// places stand in the page's sentences for what only the page itself knows: it
// writes a number where {Number} is.
var places = map[string]any{
	"Number": "{Number}", "Text": "{Text}", "Host": "{Host}", "Link": "{Link}", "Node": "{Node}", "Time": "{Time}", "All": "{All}",
}

// languageOf is the one that a request asks for, by ?lang= or by the browser's
// settings.
func languageOf(r *http.Request) explain.Language {
	if l, err := explain.ParseLanguage(r.URL.Query().Get("lang")); err == nil {
		return l
	}
	for wish := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(wish, ";")
		if l, err := explain.ParseLanguage(tag); err == nil {
			return l
		}
	}
	return explain.English
}

// words are all sentences of the page in a language.
func words(w http.ResponseWriter, r *http.Request) {
	lang := languageOf(r)
	all := make(map[string]string)
	for _, key := range explain.Sentences(topic) {
		all[strings.TrimPrefix(key, topic+".")] = lang.Say(key, places)
	}
	reply(w, struct {
		Language explain.Language  `json:"language"`
		Words    map[string]string `json:"words"`
	}{lang, all})
}

const topic = "page"

// explained is an entry of the book, or a sentence, of one key.
type explained struct {
	explain.Entry
	KindName string `json:"kindname,omitempty"`
}

// explainKey says what there is to say of a key: that of a field, of a header, of a
// state.
func explainKey(w http.ResponseWriter, r *http.Request) {
	lang := languageOf(r)
	e, ok := lang.Entry(r.URL.Query().Get("key"))
	if !ok {
		reply(w, struct{}{}) // most fields have an entry; that one has none is no mistake
		return
	}
	reply(w, explained{e, lang.Say("kind."+e.Kind, nil)})
}

var indexPage = template.Must(template.ParseFS(static, "static/index.html"))

// index is the page itself, in the language that the browser asks for; the page can
// change it.
func (p *Page) index(w http.ResponseWriter, r *http.Request, change bool) {
	lang := languageOf(r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = indexPage.Execute(w, struct { // it fails when the browser has left
		Language explain.Language
		Name     string
		Can      abilities
		Page     *said
	}{lang, p.options.Name, p.options.abilities(change), &said{lang}})
}

// said are the page's sentences, for its template: {{.Page.Say "title"}}.
type said struct{ lang explain.Language }

// Say is a sentence of the page.
func (s *said) Say(key string) string { return s.lang.Say(topic+"."+key, places) }
