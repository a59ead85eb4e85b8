package console_test

import (
	"testing"
)

// Everything is held; a frame is looked at, doubled, changed and lost; the rest goes.
func TestHoldInABrowser(t *testing.T) {
	s := show(t)
	for _, window := range windows {
		t.Run(window.name, func(t *testing.T) {
			b := chromium(t, window.width, window.height, window.phone)
			t.Cleanup(func() { s.world.Internet.Hold().End() }) // the next window begins anew
			b.open(s.url)
			b.key("h")
			b.until(`document.body.classList.contains("holding")`)
			said := make(chan struct{})
			go func() {
				defer close(said)
				s.say(t, "alice", "/plain.html")
			}()
			b.until(`document.querySelector("#held button") !== null`)
			first := b.text(`document.querySelector("#held button").dataset.held`)
			b.key("n") // it goes, and an answer comes
			b.until(`document.querySelector("#held button") !== null && document.querySelector("[data-held='` + first + `']") === null`)
			b.click("#held button")
			b.until(`document.getElementById("held-actions") !== null && document.querySelectorAll(".bytes [data-at]").length > 40`)
			b.run(`document.querySelector(".editor").open = true`)
			b.inspect("held")
			before := b.text(`document.querySelectorAll("#held button").length`)
			b.click("#held-actions button:nth-of-type(3)")
			b.until(`document.querySelectorAll("#held button").length > ` + before)
			b.run(`document.querySelector(".editor").open = true`)
			b.click(".editor button")
			b.until(`[...document.querySelectorAll("#held button")].some(f => f.textContent.includes("changed")) &&
				document.querySelector(".editor").open === false`) // it has been looked at again
			b.click("#held-actions button:nth-of-type(2)")
			b.until(`document.getElementById("detail").hidden`)
			b.click("#go")
			b.until(`!document.body.classList.contains("holding")`)
			<-said
			if s.world.Internet.Hold().State().Holding {
				t.Error("something is still held")
			}
			b.clean()
		})
	}
}

// The clock goes an hour ahead.
func TestClockInABrowser(t *testing.T) {
	s := show(t)
	b := chromium(t, 1280, 720, false)
	b.open(s.url)
	before := s.clock.Now()
	b.click("[data-skip='3600']")
	b.until(`!document.querySelector("[data-skip='3600']").disabled && document.querySelector("#time").dateTime >= "` + before.Add(3600e9).UTC().Format("2006-01-02T15:04:05") + `"`)
	b.click("[data-skip='next']")
	b.until(`!document.querySelector("[data-skip='next']").disabled`)
	b.clean()
}
