package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// begin begins a round. What the focus has been on is known by element, and by name:
// a part of the page that is drawn anew meanwhile has other elements.
const begin = `(window.met = new WeakSet(), window.reached = new Set(),
	window.called = (e) => e.id || e.dataset.k || e.dataset.name || e.outerHTML.slice(0, 100),
	document.activeElement?.blur())`

// stop notes where the focus is, and says what is wrong with it: that nobody sees it.
// "again" means that the round is over.
const stop = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return ""; // behind the last comes the browser itself, then the first
	if (met.has(e)) return "again";
	met.add(e);
	reached.add(called(e));
	const name = (e.id || e.dataset.k || e.dataset.name || e.getAttribute("class") || "") + " " + e.textContent.slice(0, 30);
	const style = getComputedStyle(e), line = e.querySelector(".line");
	const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
	const thick = line && parseFloat(getComputedStyle(line).strokeWidth) >= 4;
	if (!e.matches(":focus-visible") || !(ring || thick)) return "the focus is not to be seen on " + name;
	const box = e.getBoundingClientRect();
	if (box.bottom < 0 || box.top > innerHeight || box.right < 0 || box.left > innerWidth) return "the focus is out of sight on " + name;
	return "";
})()`

// unreached are the controls that can be seen and that no key has reached. Of a group of
// tabs or fields one is reached, and the arrow keys do the rest.
const unreached = `[...document.querySelectorAll("a[href], button, input, select, textarea, summary, [role=button], [role=tab], [role=listbox]")]
	.filter((e) => e.checkVisibility() && !e.disabled && !reached.has(called(e)))
	.filter((e) => ![...e.closest("[role=tablist]")?.children ?? []].some((tab) => reached.has(called(tab))))
	.map(called)`

// round presses Tab until the focus has been everywhere.
func (b *browser) round(where string) {
	b.t.Helper()
	b.run(begin)
	stops := 0
	for ; stops < 300; stops++ {
		b.press(kb.Tab)
		said := b.text(stop)
		if said == "again" {
			break
		}
		if said != "" {
			b.t.Errorf("%s: %s", where, said)
		}
	}
	var missed []string
	b.evaluate(unreached, &missed)
	if len(missed) > 0 {
		b.t.Errorf("%s: after %d stops the keyboard has not reached %s", where, stops, strings.Join(missed, ", "))
	}
}

// All can be done with the keyboard alone.
func TestKeyboard(t *testing.T) {
	s := show(t)
	s.talk(t)
	b := chromium(t, 1280, 720, false)
	b.open(s.url)
	b.until(`document.querySelectorAll(".row").length > 5`)
	b.round("ladder")

	b.press("g")
	b.until(`document.activeElement.id === "canvas"`)
	b.press(kb.Home + kb.ArrowDown + kb.ArrowDown + kb.ArrowUp)
	b.until(`document.querySelector(".row.selected")?.getAttribute("aria-posinset") === "2"`)
	b.press(kb.Enter)
	b.until(`!document.getElementById("detail").hidden && document.querySelector("[role=treeitem][tabindex='0']") !== null`)
	b.round("message")
	b.press(kb.Escape)
	b.until(`document.getElementById("detail").hidden`)

	b.press("m")
	b.until(`document.querySelectorAll("#map .node").length >= 30`)
	b.run(`document.querySelector("#map [data-name=www]").focus()`)
	b.press(kb.Enter)
	b.until(`document.querySelector("#detail [data-k='kill http']") !== null`)
	b.round("map and host")
	b.press(kb.Escape)
	b.until(`document.getElementById("detail").hidden`)
	b.run(`document.querySelector("#map [data-name='link bob']").focus()`)
	b.press(" ")
	b.until(`document.getElementById("slide-loss") !== null`)
	b.round("cable")
	b.press(kb.Escape)
	b.until(`document.getElementById("detail").hidden && document.activeElement.dataset.name === "link bob"`)

	b.press("c")
	b.until(`document.activeElement?.id === "command"`)
	b.round("command line")
	b.press(kb.Escape)

	b.shortcuts()
	s.world.Internet.Hold().End() // h has begun it
	b.clean()
}

// shortcuts presses each key that ? lists.
func (b *browser) shortcuts() {
	b.t.Helper()
	b.run(`document.activeElement.blur()`)
	b.press("?")
	b.until(`document.getElementById("keys").open`)
	var listed []string
	b.evaluate(`[...document.querySelectorAll("#keys kbd")].map((k) => k.textContent)`, &listed)
	b.press(kb.Escape)
	b.until(`!document.getElementById("keys").open`)
	tried := map[string]string{ // what is then true
		"/": `document.activeElement.id === "filter"`,
		"g": `!document.getElementById("ladder").hidden && document.activeElement.id === "canvas"`,
		"m": `!document.getElementById("map").hidden`,
		"c": `document.activeElement.id === "command"`,
		"h": `document.body.classList.contains("holding")`,
		"n": `document.querySelectorAll("#held button").length < 2`,
		"l": `document.documentElement.lang === "zh-CN"`,
		"t": `document.documentElement.dataset.theme === "dark"`,
		"+": `document.documentElement.style.fontSize === "112.5%"`,
		"-": `document.documentElement.style.fontSize === "100%"`,
	}
	for _, key := range listed {
		then, ok := tried[key]
		if !ok {
			continue // the arrows, Enter and Esc, above; those of a demo with demos
		}
		b.press(key)
		b.until(then)
		b.press(kb.Escape) // out of a field
		b.run(fmt.Sprintf(`%q === "c" && document.activeElement.blur()`, key))
		delete(tried, key)
	}
	if len(tried) > 0 {
		b.t.Errorf("? does not list %v", tried)
	}
}
