package console

import (
	"crypto/subtle"
	"embed"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

//go:embed static
var static embed.FS

// Access says who may do what.
type Access struct {
	OwnUser  bool     // only who has started the page may see it; see [ConnContext]
	ReadOnly bool     // look on, and change nothing
	Token    string   // who does not have it sees nothing; "": nobody needs one
	Names    []string // of this machine, beside addresses and localhost, under which the page may be asked for
}

// Handler is the page for those who come this way.
func (p *Page) Handler(a Access) http.Handler {
	mux := http.NewServeMux()
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // it is part of the program
	}
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(files)))
	mux.Handle("GET /favicon.ico", http.RedirectHandler("/static/icon.svg", http.StatusMovedPermanently)) // asked for where there is no page that names it
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { p.index(w, r, !a.ReadOnly) })
	mux.HandleFunc("GET /api/words", words)
	mux.HandleFunc("GET /api/explain", explainKey)
	if p.stage != nil {
		mux.HandleFunc("GET /api/demos", p.listDemos)
		mux.HandleFunc("POST /api/demo", p.demo)
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { p.shown().routes[!a.ReadOnly].ServeHTTP(w, r) })
	return a.guard(mux, func() { p.shown().views.forget() })
}

// shown is the page of the world that is shown: that of a demo, or this one.
func (p *Page) shown() *Page {
	if p.stage == nil {
		return p
	}
	return p.stage.shown()
}

// mux has the requests that are about the world.
func (p *Page) mux(change bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/stream", p.stream)
	mux.HandleFunc("GET /api/filter", p.checkFilter)
	mux.HandleFunc("GET /api/messages/{id}", p.message)
	mux.HandleFunc("GET /api/conversations/{id}", p.conversation)
	mux.HandleFunc("GET /api/conversations/{id}/packets", p.packets)
	mux.HandleFunc("GET /api/capture.pcapng", p.capture)
	mux.HandleFunc("GET /api/map", p.showMap)
	mux.HandleFunc("GET /api/hosts/{name}", p.open)
	mux.HandleFunc("GET /api/held/{id}", p.held)
	if change {
		p.changes(mux)
	}
	return mux
}

// changes are the requests that change something.
func (p *Page) changes(mux *http.ServeMux) {
	if p.options.Hold != nil {
		mux.HandleFunc("POST /api/hold", p.hold)
		mux.HandleFunc("POST /api/held/{id}", p.holdFrame)
	}
	if p.options.Clock != nil {
		mux.HandleFunc("POST /api/clock", p.moveClock)
	}
	if p.options.Break != nil {
		mux.HandleFunc("POST /api/links/{name}", p.breakLink)
		mux.HandleFunc("POST /api/servers/{host}/{server}", p.breakServer)
		mux.HandleFunc("POST /api/nat/{router}", p.breakNAT)
	}
	if p.options.CommandLine != nil {
		mux.HandleFunc("POST /api/run/{host}", p.run)
		mux.HandleFunc("POST /api/complete/{host}", p.complete)
	}
}

// policy lets the page load its own files and nothing else, from nowhere else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

// guard lets through who may see the page. The Host must be ours, or a name that
// somebody else's DNS points here would make the browser believe that this page is
// a part of theirs (DNS rebinding); what changes something must come from this very
// page, and changed is then called.
func (a Access) guard(next http.Handler, changed func()) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		switch {
		case a.OwnUser && !isOwn(r.Context()):
			http.Error(w, "this page is for the user who has started it; if that is you, in a browser on another system "+
				"(beside a virtual machine, as with WSL), start it with --console-anybody", http.StatusForbidden)
		case !a.ours(r.Host):
			http.Error(w, "the page is not asked for by that name; write its address", http.StatusMisdirectedRequest)
		case !a.admits(w, r):
			http.Error(w, "the page needs its token: open the address that was printed with it", http.StatusUnauthorized)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			if a.Token != "" && r.URL.Query().Has(tokenName) {
				http.Redirect(w, r, r.URL.Path, http.StatusSeeOther) // so that it is not in the address bar
				return
			}
			next.ServeHTTP(w, r)
		case a.ReadOnly:
			http.Error(w, "who looks on here cannot change anything", http.StatusForbidden)
		case r.Header.Get("Origin") != "http://"+r.Host:
			http.Error(w, "this was not asked by the page itself", http.StatusForbidden)
		case r.Header.Get("Content-Type") != "application/json":
			http.Error(w, "write JSON", http.StatusUnsupportedMediaType)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			defer changed()
			next.ServeHTTP(w, r)
		}
	})
}

// maxBody is how long a request may be.
const maxBody = 256 << 10

// ours reports whether a Host header names this machine: by an address, as
// localhost, or by a name that was given.
func (a Access) ours(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.ToLower(strings.Trim(name, "[]")), ".")
	if _, err := netip.ParseAddr(name); err == nil || name == "localhost" {
		return true
	}
	for _, known := range a.Names {
		if name == strings.ToLower(known) {
			return true
		}
	}
	return false
}

// tokenName is the token's, in an address and as a cookie.
const tokenName = "token"

// HasToken reports whether a request brings this token, by its address or as a cookie.
func HasToken(r *http.Request, token string) bool {
	if equal(r.URL.Query().Get(tokenName), token) {
		return true
	}
	cookie, err := r.Cookie(tokenName)
	return err == nil && !r.URL.Query().Has(tokenName) && equal(cookie.Value, token)
}

// admits reports whether a request has the token. The address that has it is opened
// once; then a cookie does.
func (a Access) admits(w http.ResponseWriter, r *http.Request) bool {
	if a.Token == "" {
		return true
	}
	if cookie, err := r.Cookie(tokenName); err == nil && equal(cookie.Value, a.Token) {
		return true
	}
	if !equal(r.URL.Query().Get(tokenName), a.Token) {
		return false
	}
	http.SetCookie(w, &http.Cookie{Name: tokenName, Value: a.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	return true
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// reply sends v as JSON.
func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // it fails when the browser has left
}

// fail says what went wrong.
func fail(w http.ResponseWriter, r *http.Request, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": wordsOf(err, languageOf(r))})
}

// read reads a request's JSON; if it cannot, it has said so.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		fail(w, r, http.StatusBadRequest, err)
		return false
	}
	return true
}

// done answers a change: nothing more, or why not.
func done(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		fail(w, r, http.StatusConflict, err)
		return
	}
	reply(w, struct{}{})
}
