package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/frame"
)

// On loopback whoever comes may do everything. When the page is shared, a token says
// who may do what, and is the same when the page comes back.
func TestWhoSeesTheClass(t *testing.T) {
	page := console.New(console.Options{Name: "class", Tap: func(frame.Tap) func() { return func() {} }})
	defer page.Close()
	t.Setenv("WIREBOOK_CLASS", t.TempDir())
	ask := func(handler http.Handler, method, path string) (int, string) {
		request := httptest.NewRequest(method, "http://192.0.2.1:8080"+path, strings.NewReader("{}"))
		request.Header.Set("Origin", "http://192.0.2.1:8080")
		request.Header.Set("Content-Type", "application/json")
		if _, token, found := strings.Cut(path, "?token="); found {
			request.URL.RawQuery = ""
			request.AddCookie(&http.Cookie{Name: "token", Value: token})
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		return w.Code, w.Body.String()
	}
	t.Setenv(shareVariable, "127.0.0.1")
	own, at, err := admit(page)
	if err != nil || len(at) != 1 || at[0] != "http://127.0.0.1:8080/" {
		t.Fatalf("%v, %v", at, err)
	}
	if code, text := ask(own, "GET", "/"); code != http.StatusOK || !strings.Contains(text, `data-change="true"`) {
		t.Errorf("on loopback: %d", code)
	}

	t.Setenv(shareVariable, "0.0.0.0")
	shared, at, err := admit(page)
	if err != nil || len(at) != 2 {
		t.Fatalf("%v, %v", at, err)
	}
	token := func(address string) string {
		_, after, _ := strings.Cut(address, "?token=")
		word, _, _ := strings.Cut(after, " ")
		return word
	}
	all, look := token(at[0]), token(at[1])
	for _, test := range []struct {
		method, path string
		code         int
		text         string
	}{
		{"GET", "/", http.StatusUnauthorized, "token"},
		{"GET", "/?token=guessed", http.StatusUnauthorized, "token"},
		{"GET", "/?token=" + look, http.StatusOK, `data-change="false"`},
		{"POST", "/api/links/alice?token=" + look, http.StatusForbidden, "looks on"},
		{"GET", "/?token=" + all, http.StatusOK, `data-change="true"`},
	} {
		if code, text := ask(shared, test.method, test.path); code != test.code || !strings.Contains(text, test.text) {
			t.Errorf("%s %s: %d %.100s", test.method, test.path, code, text)
		}
	}
	if _, again, err := admit(page); err != nil || token(again[0]) != all || token(again[1]) != look {
		t.Errorf("other tokens: %v, %v", again, err)
	}
}
