package httpc

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Embedded returns what a browser gets together with an HTML page: pictures,
// scripts, style sheets and the icon, each once, in the page's order. Objects of
// other schemes than http are left out.
func Embedded(page string, base *url.URL) []*url.URL {
	var found []*url.URL
	seen := map[string]bool{}
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return found
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := tokens.Token()
		if token.DataAtom == atom.Base {
			if u, err := base.Parse(attribute(token, "href")); err == nil {
				base = u
			}
			continue
		}
		u, err := base.Parse(reference(token))
		if reference(token) == "" || err != nil || checkURL(u) != nil {
			continue
		}
		u.Fragment = ""
		if !seen[u.String()] {
			seen[u.String()] = true
			found = append(found, u)
		}
	}
}

// reference is the URL of what an element embeds, or "".
func reference(token html.Token) string {
	switch token.DataAtom {
	case atom.Img, atom.Script:
		return attribute(token, "src")
	case atom.Link:
		for rel := range strings.FieldsSeq(strings.ToLower(attribute(token, "rel"))) {
			if rel == "stylesheet" || rel == "icon" {
				return attribute(token, "href")
			}
		}
	}
	return ""
}

func attribute(token html.Token, name string) string {
	for _, a := range token.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}
