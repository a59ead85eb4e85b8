package console_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/console"
)

// Who may ask for what: the Host is checked always, the Origin with every change.
func TestWhoMayAsk(t *testing.T) {
	s := show(t)
	step := `{"do":"step","count":1}`
	for _, c := range []struct {
		name    string
		method  string
		path    string
		body    string
		headers []string
		want    int
	}{
		{"the page", "GET", "/", "", nil, 200},
		{"the page by a name that somebody's DNS points here", "GET", "/", "", []string{"Host", "evil.example:80"}, 421},
		{"a stream by such a name", "GET", "/api/stream", "", []string{"Host", "evil.example"}, 421},
		{"localhost", "GET", "/", "", []string{"Host", "localhost:1234"}, 200},
		{"a change from the page", "POST", "/api/hold", step, nil, 200},
		{"a change from another site", "POST", "/api/hold", step, []string{"Origin", "https://evil.example"}, 403},
		{"a change from another port of this machine", "POST", "/api/hold", step, []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"a change from nowhere", "POST", "/api/hold", step, []string{"Origin", ""}, 403},
		{"a change from a frame without an origin", "POST", "/api/hold", step, []string{"Origin", "null"}, 403},
		{"a change by a form", "POST", "/api/hold", step, []string{"Content-Type", "text/plain"}, 415},
		{"a change by a name", "POST", "/api/hold", step, []string{"Host", "evil.example", "Origin", "http://evil.example"}, 421},
		{"no JSON", "POST", "/api/hold", "{", nil, 400},
		{"an unknown word", "POST", "/api/hold", `{"do":"dance"}`, nil, 400},
		{"an unknown field", "POST", "/api/hold", `{"dance":1}`, nil, 400},
		{"too much", "POST", "/api/hold", `{"do":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 400},
		{"an unknown method", "DELETE", "/api/hold", "", []string{"Origin", "self"}, 403},
		{"a file outside", "GET", "/static/..%2fserver.go", "", nil, 404},
		{"nothing", "GET", "/nothing", "", nil, 404},
	} {
		if status, text := s.ask(t, c.method, c.path, c.body, c.headers...); status != c.want {
			t.Errorf("%s: %d, not %d: %s", c.name, status, c.want, strings.TrimSpace(text))
		}
	}
}

// Who looks on needs the token, and can change nothing with it.
func TestLookingOn(t *testing.T) {
	s := show(t)
	server := httptest.NewServer(s.page.Handler(console.Access{ReadOnly: true, Token: "let-me-in", Names: []string{"teacher"}}))
	defer server.Close()
	s.url = server.URL
	if status, _ := s.ask(t, "GET", "/", ""); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	if status, _ := s.ask(t, "GET", "/api/stream?token=wrong", ""); status != http.StatusUnauthorized {
		t.Errorf("with a wrong token: %d", status)
	}
	if status, _ := s.ask(t, "GET", "/?token=let-me-in", ""); status != http.StatusSeeOther {
		t.Errorf("with the token: %d", status)
	}
	cookie := []string{"Cookie", "token=let-me-in"}
	status, page := s.ask(t, "GET", "/", "", append(cookie, "Host", "Teacher:80")...)
	if status != http.StatusOK || !strings.Contains(page, "read-only") {
		t.Errorf("with the cookie: %d\n%s", status, page)
	}
	for _, button := range []string{"hold-all", "data-skip", "tab-terminal", "step"} {
		if strings.Contains(page, `"`+button+`"`) {
			t.Errorf("who looks on has %s", button)
		}
	}
	for _, path := range []string{"/api/hold", "/api/clock", "/api/run/alice", "/api/links/alice", "/api/servers/www/http"} {
		if status, _ := s.ask(t, "POST", path, "{}", cookie...); status != http.StatusForbidden {
			t.Errorf("a change at %s: %d", path, status)
		}
	}
	if status, text := s.ask(t, "GET", "/api/map", "", cookie...); status != http.StatusOK || !strings.Contains(text, `"alice"`) {
		t.Errorf("the map: %d %s", status, text)
	}
}

// The page loads nothing from elsewhere, and says so to the browser.
func TestPolicy(t *testing.T) {
	s := show(t)
	response, err := http.Get(s.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	policy := response.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
}

// Of a page for its own user, another user of the computer sees nothing.
func TestOwnUser(t *testing.T) {
	s := show(t)
	server := httptest.NewUnstartedServer(s.page.Handler(console.Access{OwnUser: true}))
	server.Config.ConnContext = console.ConnContext
	server.Start()
	defer server.Close()
	s.url = server.URL
	for range 20 {
		if status, text := s.ask(t, "GET", "/", "", "Connection", "close"); status != http.StatusOK {
			t.Fatalf("its own user: %d %s", status, text)
		}
	}
	if status, text := asNobody(t, s.url+"/"); status != "" && (status != "403" || strings.Contains(text, "<html")) {
		t.Errorf("another user: %s %s", status, text)
	}
	closed := httptest.NewServer(s.page.Handler(console.Access{OwnUser: true})) // somebody has forgotten ConnContext
	defer closed.Close()
	s.url = closed.URL
	if status, _ := s.ask(t, "GET", "/", ""); status != http.StatusForbidden {
		t.Errorf("of nobody knows whom: %d", status)
	}
}
