package console_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// windows are those of a projector and of a phone.
var windows = []struct {
	name          string
	width, height int64
	phone         bool
}{{"projector", 1280, 720, false}, {"phone", 390, 844, true}}

// The ladder, a message on it, in both languages and sizes, with the keyboard alone.
func TestLadderInABrowser(t *testing.T) {
	s := show(t)
	s.say(t, "alice", "/plain.html")
	for _, window := range windows {
		t.Run(window.name, func(t *testing.T) {
			b := chromium(t, window.width, window.height, window.phone)
			b.open(s.url)
			b.until(`document.querySelectorAll(".row").length > 5`)
			b.picture("ladder")
			b.key("/")
			b.press("http")
			b.until(`[...document.querySelectorAll(".row")].length > 0 && [...document.querySelectorAll(".row .label")].every(l => l.textContent.includes("HTTP/1.1"))`)
			b.until(`[...document.querySelectorAll(".row .label")].some(l => l.textContent === "GET /plain.html HTTP/1.1")`)
			b.press(kb.Escape)
			b.key("g")
			b.press(kb.Home)
			b.press(kb.Enter)
			b.until(`document.querySelector("#detail .summary")?.textContent === "GET /plain.html HTTP/1.1"`)
			b.until(`document.querySelectorAll(".bytes .now").length > 0 && document.querySelector(".words .where") !== null`)
			b.picture("message")
			b.key("l")
			b.until(`document.documentElement.lang === "zh-CN" && document.querySelector("#follow")?.textContent === "按文本跟踪会话"`)
			b.key("t")
			b.picture("chinese")
			b.click("#follow")
			b.until(`document.querySelector(".dialogue .client")?.textContent.startsWith("GET /plain.html") && document.querySelector(".dialogue .server")?.textContent.startsWith("HTTP/1.1 200")`)
			b.picture("follow")
			b.press(kb.Escape)
			b.until(`document.getElementById("detail").hidden`)
			b.until(`!document.body.innerText.includes("⟦") && document.documentElement.scrollWidth <= innerWidth`)
			b.clean()
		})
	}
}
