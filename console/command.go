package console

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"

	miekg "github.com/miekg/dns"

	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/dns"
	"github.com/wirebook/wirebook/wire/http"
)

// commandOf is a command that says the same as a message once more, for a terminal:
// curl for a request of HTTP, dig for a query. What came from the network is quoted,
// and what no shell line should have is not copied.
func commandOf(m *wire.Message) string {
	var words []string
	switch v := m.Value.(type) {
	case *http.Message:
		if !v.Request || !m.To.Addr.IsValid() {
			return ""
		}
		words = curl(v, m.To.Addr)
	case *dns.Message:
		if v.Response || len(v.Questions) == 0 || !m.To.Addr.IsValid() {
			return ""
		}
		words = dig(v, m.To.Addr)
	}
	for i, word := range words {
		if strings.ContainsFunc(word, unicode.IsControl) {
			return ""
		}
		words[i] = quoted(word)
	}
	return strings.Join(words, " ")
}

// curl is the request as curl makes it. The host is the one of the request, and its
// address the one that was asked, so that no DNS is needed.
func curl(v *http.Message, to netip.AddrPort) []string {
	words := []string{"curl", "-i"}
	host := to.Addr().String()
	for _, h := range v.Header {
		switch strings.ToLower(h.Name) {
		case "host":
			host, _, _ = strings.Cut(h.Value, ":")
		case "user-agent", "accept", "content-length", "connection", "transfer-encoding":
		default:
			if strings.HasPrefix(h.Name, "@") {
				continue // curl would read a file
			}
			words = append(words, "-H", h.Name+": "+h.Value)
		}
	}
	switch v.Method {
	case "GET":
	case "HEAD":
		words[1] = "-I"
	default:
		words = append(words, "-X", v.Method)
	}
	target := v.Target
	if !strings.HasPrefix(target, "/") {
		target = "/"
	}
	if to.Addr().Is6() && host == to.Addr().String() {
		host = "[" + host + "]"
	}
	if to.Port() != 80 {
		host = fmt.Sprintf("%s:%d", host, to.Port())
	}
	return append(words, "http://"+host+target)
}

// dig is the query as dig makes it.
func dig(v *dns.Message, to netip.AddrPort) []string {
	words := []string{"dig", "@" + to.Addr().String()}
	if to.Port() != 53 {
		words = append(words, "-p", fmt.Sprint(to.Port()))
	}
	if !v.RecursionDesired {
		words = append(words, "+norecurse")
	}
	q := v.Questions[0]
	return append(words, "-q", q.Name, "-t", miekg.Type(q.Type).String()) // a name may begin with + or @
}

// quoted is a word as a shell reads it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("@%+=:,./-_", r))
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
