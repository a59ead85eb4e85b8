package console_test

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/world"
)

// The map: a host is opened, a cable is pulled, a server is stopped.
func TestMapInABrowser(t *testing.T) {
	s := show(t)
	for _, window := range windows {
		t.Run(window.name, func(t *testing.T) {
			b := chromium(t, window.width, window.height, window.phone)
			b.open(s.url)
			b.key("m")
			b.until(`document.querySelectorAll("#map .node").length >= 30`)
			s.say(t, "alice", "/plain.html")
			b.picture("map")
			b.run(`document.querySelector("#map [data-name=dns]").focus()`)
			b.press(kb.Enter)
			b.until(`[...document.querySelectorAll("#detail td")].some(d => d.textContent === "LISTEN")`)
			b.picture("host")
			b.key("l")
			b.until(`document.querySelector("#detail caption")?.isConnected && document.querySelector("#detail").textContent.includes("套接字")`)
			b.key("l")
			b.until(`document.documentElement.lang === "en"`)

			b.run(`document.querySelector("#map [data-name=www]").focus()`)
			b.press(kb.Enter)
			b.click(`[data-k="stop http"]`)
			b.until(`document.querySelector(".server-panel.down [data-k='start http']") !== null`)
			b.until(`document.querySelector("#map [data-name=www] .servers.down") !== null`)
			b.click(`[data-k="start http"]`)
			b.until(`document.querySelector(".server-panel:not(.down) [data-k='stop http']") !== null`)

			b.run(`document.querySelector("#map [data-name='link bob']").focus()`)
			b.press(kb.Enter)
			b.click("#plug")
			b.until(`document.querySelector("#map .cable.unplugged") !== null`)
			b.picture("cable")
			b.run(`document.getElementById("slide-loss").value = 30, document.getElementById("slide-loss").dispatchEvent(new Event("change"))`)
			b.until(`document.getElementById("faults").textContent === "--fault bob:loss=0.3"`)
			b.click("#plug")
			b.until(`document.querySelector("#map .cable.unplugged") === null`)
			b.click("#perfect")
			b.until(`document.getElementById("faults").textContent === "—"`)
			b.until(`!document.body.innerText.includes("⟦") && document.documentElement.scrollWidth <= innerWidth`)
			b.clean()
		})
	}
	comesTrue(t, "bob's cable is whole again", func() bool {
		for _, cable := range s.world.Cables() {
			if cable.Name == "bob" {
				return cable.Plugged && cable.Words[0] == ""
			}
		}
		return false
	})
}

// A slider that is moved changes what it shows, and not what else is wrong with a cable.
func TestSliderInABrowser(t *testing.T) {
	s := show(t)
	if err := s.world.SetFaults("bob", internet.Faults{Duplicate: 0.25, Jitter: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	b := chromium(t, 1280, 720, false)
	b.open(s.url)
	b.key("m")
	b.until(`document.querySelector("#map [data-name='link bob']") !== null`)
	b.run(`document.querySelector("#map [data-name='link bob']").focus()`)
	b.press(kb.Enter)
	b.until(`document.getElementById("slide-loss") !== null`)
	b.run(`(document.getElementById("slide-loss").value = 50, document.getElementById("slide-loss").dispatchEvent(new Event("change")))`)
	want := internet.Faults{Loss: 0.5, Duplicate: 0.25, Jitter: 20 * time.Millisecond}.String()
	comesTrue(t, "the cable is "+want, func() bool {
		return slices.ContainsFunc(s.world.Cables(), func(c world.Cable) bool { return c.Name == "bob" && c.Words[0] == want })
	})
	b.until(`document.getElementById("faults").textContent.includes("dup=0.25")`)
	b.clean()
}

// NAT is turned off and on.
func TestNATInABrowser(t *testing.T) {
	s := show(t)
	b := chromium(t, 1280, 720, false)
	b.open(s.url)
	b.key("m")
	b.until(`document.querySelector("#map [data-name=nat]") !== null`)
	b.run(`document.querySelector("#map [data-name=nat]").focus()`)
	b.press(kb.Enter)
	b.until(`document.querySelector("[data-k=on]")?.checked`)
	b.click("[data-k=on]")
	b.until(`document.querySelector("[data-k=on]")?.checked === false`)
	// The box changes with the click, the router when the page's request has come to it.
	on := func() bool {
		panels, err := s.world.Inspect("nat")
		return err == nil && panels.NAT.On
	}
	comesTrue(t, "the NAT is off", func() bool { return !on() })
	b.click("[data-k=on]")
	b.until(`document.querySelector("[data-k=on]")?.checked`)
	comesTrue(t, "the NAT is on", on)
	b.clean()
}

// comesTrue waits until the world is as the page has asked it to be.
func comesTrue(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain waited: %s", what)
		}
	}
}

// A command is completed, run, and stopped.
func TestCommandLineInABrowser(t *testing.T) {
	s := show(t)
	for _, window := range windows {
		t.Run(window.name, func(t *testing.T) {
			b := chromium(t, window.width, window.height, window.phone)
			b.open(s.url)
			b.key("c")
			b.until(`document.activeElement?.id === "command" && document.getElementById("on").value === "alice"`)
			b.press("dn")
			b.press(kb.Tab)
			b.until(`document.getElementById("command").value === "dns "`)
			b.press("'www example'")
			b.until(`document.getElementById("same").textContent === "wirebook exec alice dns 'www example'"`)
			b.press(kb.Enter)
			b.until(`document.querySelector("#output .out")?.textContent === "alice: dns www example\n"`)
			b.until(`document.querySelector("#output .err") && document.querySelector("#output .exit")?.textContent.includes("3")`)
			b.picture("terminal")
			b.press("wait")
			b.press(kb.Enter)
			b.until(`!document.querySelector("#terminal button[type=button]").hidden`)
			b.click("#terminal form button[type=button]")
			b.until(`document.getElementById("output").textContent.includes("^C")`)
			b.clean()
		})
	}
}
