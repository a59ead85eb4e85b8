package console_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/wirebook/wirebook/console"
)

// A demo is chosen from the list and played with the keyboard, on a projector and on
// a phone, in both languages; who looks on sees the same.
func TestDemoInABrowser(t *testing.T) {
	s := show(t, withDemos(t))
	for _, window := range windows {
		t.Run(window.name, func(t *testing.T) {
			b := chromium(t, window.width, window.height, window.phone)
			b.open(s.url)
			b.key("d")
			b.until(`document.querySelectorAll(".playbill li").length === 15`)
			b.picture("list")
			b.fits()
			b.click("[data-demo='tcp']")
			b.until(`document.querySelector("#narration .said") !== null && document.activeElement.id === "demo"`)
			b.picture("first")
			b.holdsNothing()
			for _, step := range []string{"1", "1", "2", "2"} { // words, what they lead to, and an answer
				b.forward(step)
			}
			b.until(`document.querySelector("#narration .answered")?.textContent.includes("SYN-SENT") && document.querySelector("#narration table") !== null`)
			b.picture("answer")
			b.fits()
			b.forward("2")
			b.forward("3")
			b.until(`document.querySelectorAll(".row.step").length === 1 && document.querySelector(".row.step .label").textContent.startsWith("SYN")`)
			b.picture("step")
			b.click(".row.step")
			b.until(`!document.getElementById("detail").hidden && document.querySelector("#detail .summary") !== null`)
			b.picture("opened")
			b.forward("3") // what was opened makes room, if it stands in the way
			b.until(`document.getElementById("demo").checkVisibility()`)
			b.key("l")
			b.until(`document.querySelector("#demo-step").textContent === "第 4 步，共 13 步" && document.querySelector("#narration .asked").textContent.includes("放行")`)
			for range 5 {
				b.forward("")
			}
			b.until(`document.querySelectorAll(".row .stepped").length > 2`)
			b.key("t")
			b.picture("chinese")
			b.fits()
			b.click("#demo-everything")
			b.until(`document.querySelectorAll(".row:not(.step)").length > 5`)
			b.click("#demo-stop")
			b.until(`document.getElementById("demo").hidden && !document.body.classList.contains("playing")`)
			b.clean()
		})
	}
}

// forward presses one of the two keys, and waits until the demo has gone on.
func (b *browser) forward(step string) {
	b.t.Helper()
	b.until(`document.querySelector("#demo-next").getAttribute("aria-disabled") === "false"`)
	if step != "" {
		b.until(`document.querySelector("#demo-step").textContent.includes(" ` + step + ` ")`)
	}
	before := b.text(`document.querySelector("#demo-next").dataset.cue`)
	key := "ArrowRight"
	if step != "" {
		key = " "
	}
	b.key(key)
	b.until(`document.querySelector("#demo-next").dataset.cue !== "` + before + `"`)
}

// holdsNothing fails the test if a key lets go, or holds back, what only the demo is to:
// its buttons are not there either.
func (b *browser) holdsNothing() {
	b.t.Helper()
	b.run(`(window.asked = [], window.really = fetch, window.fetch = (to, ...more) => { asked.push(to); return really(to, ...more); })`)
	b.key("h")
	b.key("n")
	b.key("?")
	b.until(`document.getElementById("keys").open`)
	if listed := b.text(`[...document.querySelectorAll("#keys kbd")].map((k) => k.textContent).filter((k) => k === "h" || k === "n")`); listed != "" {
		b.t.Errorf("while a demo is on, ? lists %s", listed)
	}
	b.run(`document.getElementById("keys").close()`)
	if asked := b.text(`asked.filter((to) => to.includes("hold"))`); asked != "" {
		b.t.Errorf("while a demo is on, a key asks for %s", asked)
	}
	b.run(`window.fetch = really`)
}

// fits fails the test if something is wider than the window, or has no words.
func (b *browser) fits() {
	b.t.Helper()
	b.until(`!document.body.innerText.includes("⟦") && document.documentElement.scrollWidth <= innerWidth`)
	cut := b.text(`[...document.querySelectorAll("#demo button, #demo h2, #demo p, #demo pre, #narration, .holds, #demos p, #demos h2, #demos button")].filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)`)
	if cut != "" {
		b.t.Errorf("cut off: %s", cut)
	}
}

// Who looks on sees the same step, in a language of his own, and has no buttons.
func TestDemoForThoseWhoLookOn(t *testing.T) {
	s := show(t, withDemos(t))
	server := httptest.NewServer(s.page.Handler(console.Access{ReadOnly: true, Token: "let-me-in"}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	s.say(t, "alice", "/plain.html")
	b := chromium(t, 1280, 720, false)
	b.open(server.URL + "/?token=let-me-in")
	b.until(`document.querySelectorAll(".row").length > 5`)
	b.key("/")
	b.press("http and host bob") // whom the world of the demo does not know
	b.until(`document.querySelectorAll(".row").length === 0`)
	s.do(t, http.StatusOK, `{"do":"start","name":"dhcp"}`)
	b.until(`document.querySelector("#demo-step")?.textContent === "Step 1 of 5" && document.querySelector("#filter").value === ""`)
	b.key("l")
	b.key("ArrowRight") // in vain
	s.do(t, http.StatusOK, `{"do":"next","cue":0}`)
	b.until(`[...document.querySelectorAll(".row.step .label")].some(l => l.textContent.startsWith("ACK")) && document.querySelector("#narration .veiled") !== null`)
	b.until(`document.querySelector("#demo-step").textContent === "第 1 步，共 5 步" && document.querySelectorAll("#hosts span").length >= 3`)
	if buttons := b.text(`document.querySelectorAll("#demo button, #tab-demos").length`); buttons != "0" {
		t.Errorf("who looks on has %s buttons", buttons)
	}
	b.picture("viewer")
	s.do(t, http.StatusOK, `{"do":"stop"}`)
	b.until(`document.getElementById("demo").hidden && document.querySelectorAll(".row").length > 5`)
	b.clean()
}
