package console_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/wirebook/wirebook/console"
)

// A class looks on: with the token, without a button that changes something, at what the
// instructor holds and lets go.
func TestShareInABrowser(t *testing.T) {
	s := show(t)
	const token = "let-me-in"
	share := httptest.NewServer(s.page.Handler(console.Access{ReadOnly: true, Token: token}))
	t.Cleanup(share.Close)
	t.Cleanup(share.CloseClientConnections)
	s.say(t, "alice", "/plain.html")
	for _, window := range windows {
		t.Run(window.name, func(t *testing.T) {
			b := chromium(t, window.width, window.height, window.phone)
			b.t.Cleanup(func() { s.world.Internet.Hold().End() })
			b.stranger(share.URL)
			b.open(share.URL + "/?token=" + token)
			b.until(`location.search === "" && document.querySelectorAll(".row").length > 5`)
			b.powerless()
			b.inspect("share")

			s.post(t, "/api/hold", `{"do":"begin"}`)
			b.until(`document.body.classList.contains("holding")`)
			said := make(chan struct{})
			go func() {
				defer close(said)
				s.say(t, "bob", "/held.html")
			}()
			b.until(`document.querySelector("#held button") !== null`)
			b.click("#held button")
			b.until(`document.querySelector("#detail .bytes") !== null && document.getElementById("held-actions") === null`)
			b.powerless()
			b.inspect("share held")
			first := b.text(`document.querySelector("#held button").dataset.held`)
			s.post(t, "/api/hold", `{"do":"step","count":1}`)
			b.until(fmt.Sprintf(`document.querySelector("[data-held='%s']") === null`, first))
			s.post(t, "/api/hold", `{"do":"end"}`)
			b.until(`!document.body.classList.contains("holding")`)
			<-said
			b.until(`[...document.querySelectorAll(".row")].some((r) => r.textContent.includes("GET /held.html"))`)

			b.key("m")
			b.until(`document.querySelectorAll("#map .node").length >= 30`)
			for _, name := range []string{"www", "nat", "link bob"} {
				b.run(fmt.Sprintf(`document.querySelector("#map [data-name='%s']").dispatchEvent(new MouseEvent("click"))`, name))
				b.until(fmt.Sprintf(`document.querySelector("#detail h2")?.textContent.includes(%q)`, name[len(name)-3:]))
				b.powerless()
				b.inspect("share " + name)
			}
			b.refused()
			b.clean()
		})
	}
}

// post does what the instructor does.
func (s *shown) post(t *testing.T, path, body string) {
	t.Helper()
	if status, text := s.ask(t, "POST", path, body); status != 200 {
		t.Fatalf("%s %s: %d %s", path, body, status, text)
	}
}

// stranger has no token, and gets nothing.
func (b *browser) stranger(url string) {
	b.t.Helper()
	b.expect("status of 401")
	for _, path := range []string{"/", "/?token=wrong", "/static/main.js", "/api/map", "/api/words"} {
		b.visit(url + path)
		if text := b.text("document.body.innerText.trim()"); text != "the page needs its token: open the address that was printed with it" {
			b.t.Errorf("without a token, at %s: %s", path, text)
		}
	}
}

// powerless fails the test if there is something to press that changes the network.
func (b *browser) powerless() {
	b.t.Helper()
	var found []string
	b.evaluate(`[...document.querySelectorAll("[data-skip], #hold-all, #hold-some, #pace, #step, #go, #held-actions, .editor, #plug, #perfect, "
		+ ".slider, [data-k^='kill '], [data-k^='stop '], [data-k^='start '], #tab-terminal, #terminal, [data-k='on']:not(:disabled)")].map((e) => e.outerHTML)`, &found)
	for _, button := range found {
		b.t.Errorf("who looks on has %s", button)
	}
}

// refused asks for changes as the page itself would.
func (b *browser) refused() {
	b.t.Helper()
	b.expect("status of 403")
	for path, body := range map[string]string{
		"hold": `{"do":"begin"}`, "held/1": `{"do":"drop"}`, "clock": `{"seconds":60}`, "links/bob": `{"plugged":false}`,
		"servers/www/http": `{"do":"kill"}`, "nat/nat": `{"on":false}`, "run/alice": `{"line":"dns x"}`, "complete/alice": `{"line":"d"}`,
	} {
		var status int
		b.evaluate(fmt.Sprintf(`fetch("/api/%s", {method: "POST", headers: {"Content-Type": "application/json"}, body: %q}).then((r) => r.status)`, path, body), &status)
		if status != 403 {
			b.t.Errorf("a change of %s: %d", path, status)
		}
	}
}
