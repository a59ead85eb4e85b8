package console

import (
	"errors"
	"net/http"

	"github.com/wirebook/wirebook/wire/filter"
)

// parseFilter reads the filter of a request: ?filter=dns.
func (p *Page) parseFilter(r *http.Request) (*filter.Filter, error) {
	return p.filterOf(r.URL.Query().Get("filter"))
}

func (p *Page) filterOf(line string) (*filter.Filter, error) {
	var hosts []string
	if p.options.Hosts != nil {
		hosts = p.options.Hosts()
	}
	return filter.Parse(line, hosts...)
}

// mistake is what is wrong with a filter, and where, in UTF-16 units as JavaScript
// counts.
type mistake struct {
	Text   string `json:"text,omitempty"`
	At     int    `json:"at"`
	Length int    `json:"length"`
}

// checkFilter says what is wrong with a filter, or nothing.
func (p *Page) checkFilter(w http.ResponseWriter, r *http.Request) {
	line := r.URL.Query().Get("filter")
	_, err := p.filterOf(line)
	var wrong *filter.Error
	switch {
	case errors.As(err, &wrong):
		start, end := min(wrong.At, len(line)), min(wrong.At+wrong.Length, len(line))
		reply(w, mistake{wrong.In(languageOf(r)), units(line[:start]), units(line[start:end])})
	case err != nil:
		reply(w, mistake{Text: err.Error()})
	default:
		reply(w, mistake{})
	}
}

// units is the length of a text in UTF-16.
func units(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}
