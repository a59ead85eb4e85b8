package console_test

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wirebook/wirebook/console"
)

//go:embed testdata/check.js
var checkScript string

// inspect takes a picture, and fails the test if a text cannot be read or a control has
// no name.
func (b *browser) inspect(name string) {
	b.t.Helper()
	b.picture(name)
	var wrong []string
	b.evaluate("(async () => {"+checkScript+"\nreturn check();})()", &wrong)
	for _, w := range append(wrong, b.nameless()...) {
		b.t.Errorf("%s: %s", name, w)
	}
}

// controls are the roles of what one can press, choose or fill in.
var controls = []string{
	"button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "listbox", "option", "slider", "spinbutton",
	"tab", "tablist", "tabpanel", "tree", "treeitem", "dialog", "menuitem", "progressbar",
}

// nameless are the controls of which a screen reader cannot say what they are, as the
// browser itself computes names.
func (b *browser) nameless() (all []string) {
	b.t.Helper()
	type value struct{ Value any }
	var tree struct { // what the browser says beside this, its next version says otherwise
		Nodes []struct {
			Ignored    bool
			Role, Name value
		}
	}
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		return cdp.Execute(ctx, "Accessibility.getFullAXTree", nil, &tree)
	}))
	for _, n := range tree.Nodes {
		role, _ := n.Role.Value.(string)
		if name, _ := n.Name.Value.(string); !n.Ignored && name == "" && slices.Contains(controls, role) {
			all = append(all, fmt.Sprintf("a %s has no name", role))
		}
	}
	return all
}

// Everything there is to see, in both windows and languages: nothing is cut off, all can
// be read in light and dark, and each control has a name.
func TestLooks(t *testing.T) {
	s := show(t, withDemos(t))
	s.talk(t)
	s.everywhere(t, func(b *browser) {
		b.tour(s)
		b.watchDemo()
	})
}

// So it is with the page of a class, which has what a kernel's network cannot do, grey,
// and says why.
func TestLooksOfAClass(t *testing.T) {
	s := show(t, func(o *console.Options) {
		o.Hold, o.Clock, o.CommandLine = nil, nil, nil
		o.Kernel = &console.Kernel{Delays: func() bool { return false }}
		whole := o.Map
		o.Map = func() console.Map {
			m := whole()
			i := slices.IndexFunc(m.Nodes, func(n console.Node) bool { return n.Name == "bob" })
			m.Nodes[i].Absent = "its container does not run"
			return m
		}
	})
	s.talk(t)
	s.everywhere(t, func(b *browser) {
		b.until(`document.querySelectorAll(".row").length > 5`)
		b.inspect("class")
		b.run(`document.querySelectorAll(".why").forEach((d) => d.open = true)`)
		b.until(`document.querySelectorAll(".why[open] p").length === 3`)
		b.inspect("class, and why")
		b.run(`document.querySelectorAll(".why").forEach((d) => d.open = false)`)
		b.key("m")
		b.until(`document.querySelector("#map .node.absent") !== null`)
		b.inspect("class map")
		b.run(`document.querySelector("#map [data-name='link alice']").focus()`)
		b.press(kb.Enter)
		b.until(`document.querySelector("#slide-delay")?.disabled`)
		b.inspect("class cable")
		b.press(kb.Escape)
		b.key("?")
		b.until(`document.getElementById("keys").open`)
		b.inspect("class help")
		b.press(kb.Escape)
	})
}

// everywhere looks at something in both windows and languages.
func (s *shown) everywhere(t *testing.T, look func(*browser)) {
	t.Helper()
	for _, window := range windows {
		for _, lang := range []string{"en", "zh-CN"} {
			t.Run(window.name+" "+lang, func(t *testing.T) {
				b := chromium(t, window.width, window.height, window.phone)
				b.open(s.url)
				if lang != "en" {
					b.click("#language")
					b.until(`document.documentElement.lang === "` + lang + `"`)
				}
				look(b)
				b.until(`!document.body.innerText.includes("⟦")`)
				b.clean()
			})
		}
	}
}

// watchDemo looks at the list of demos, and at all that one of them tells.
func (b *browser) watchDemo() {
	b.t.Helper()
	b.key("d")
	b.until(`document.querySelectorAll(".playbill li").length === 15`)
	b.inspect("demos")
	b.click("[data-demo='short']")
	for i, told := range []string{".asked", ".veiled", ".answered", ".said", ".words b", ".said"} {
		b.until(`document.querySelector("#narration ` + told + `") !== null && document.querySelector("#demo-next").getAttribute("aria-disabled") === "false"`)
		if i != 3 { // as the first
			b.inspect("demo, where it tells " + told)
		}
		b.forward("")
	}
	b.until(`document.querySelector("#demo-next").hidden`)
	b.inspect("demo, over")
	b.click("#demo-stop")
	b.until(`document.getElementById("demo").hidden`)
}

// talk has things said that are hard to show: long ones, wrong ones, lost ones.
func (s *shown) talk(t *testing.T) {
	t.Helper()
	s.say(t, "alice", "/plain.html")
	s.say(t, "alice", "/a/very/long/way/to/a/page/that/nobody/has/ever/asked/for/because/it/is/not/there.html?with=many&more=words")
	conn, err := s.world.Host("bob").DialContext(t.Context(), "tcp", "203.0.113.80:80")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\nConnection: close\r\n\r\n") // no Host, and a bare LF
	_, _ = conn.Read(make([]byte, 4096))
}

// chosenInSight is true if what was chosen on the map is not hidden by what it holds.
const chosenInSight = `(() => {
	const box = document.querySelector("#map .chosen").getBoundingClientRect(), map = document.getElementById("map").getBoundingClientRect();
	return box.left >= map.left && box.right <= map.right + 1;
})()`

// tour looks at everything.
func (b *browser) tour(s *shown) {
	b.t.Helper()
	b.until(`document.querySelectorAll(".row").length > 5`)
	b.inspect("ladder")

	b.key("/")
	b.press("http and host alise")
	b.until(`!document.getElementById("mistake").hidden`)
	b.inspect("filter")
	b.run(`document.getElementById("filter").value = ""`)
	b.press("http")
	b.until(`[...document.querySelectorAll(".row .label")].every(l => l.textContent.includes("HTTP")) && document.querySelectorAll(".row").length > 5 && document.getElementById("mistake").hidden`)
	b.press(kb.Escape)

	b.key("g")
	b.press(kb.Home)
	b.press(kb.Enter)
	b.until(`document.querySelectorAll(".bytes .now").length > 0 && document.querySelector(".words .where") !== null`)
	b.inspect("message")
	b.click("#follow")
	b.until(`document.querySelector(".dialogue .server") !== null`)
	b.inspect("follow")
	b.click("#below")
	b.until(`document.querySelector("table.packets tr") !== null`)
	b.inspect("packets")
	b.press(kb.Escape)
	b.click("#collapse")
	b.until(`document.querySelector(".row.folded") !== null`)
	b.inspect("collapsed")
	b.click("#collapse")
	b.run(`document.getElementById("filter").value = ""`)
	b.run(`document.getElementById("filter").form.requestSubmit()`)

	b.key("m")
	b.until(`document.querySelectorAll("#map .node").length >= 30`)
	b.inspect("map")
	for _, host := range []string{"www", "dns", "alice", "nat", "mail", "campus"} {
		b.run(`document.querySelector("#map [data-name=` + host + `]").focus()`)
		b.press(kb.Enter)
		b.until(`document.querySelector("#detail h2")?.textContent.startsWith("` + host + ` ") && document.querySelector("#detail table") !== null`)
		b.run(`document.querySelectorAll("#detail details").forEach(d => d.open = true)`)
		b.until(chosenInSight)
		b.inspect("host " + host)
	}
	b.run(`document.querySelector("#map [data-name='link bob']").focus()`)
	b.press(kb.Enter)
	b.click("#plug")
	b.until(`document.querySelector("#map .cable.unplugged") !== null`)
	b.inspect("cable")
	b.click("#plug")
	b.until(`document.querySelector("#map .cable.unplugged") === null`)
	b.press(kb.Escape)

	b.key("c")
	b.until(`document.activeElement?.id === "command"`)
	b.press("dns www.example.com\r")
	b.until(`document.querySelector("#output .exit") !== null`)
	b.inspect("terminal")
	b.press(kb.Escape)

	b.key("g")
	b.key("h")
	b.until(`document.body.classList.contains("holding")`)
	b.inspect("holding")
	b.key("h")
	b.until(`!document.body.classList.contains("holding")`)
	b.key("?")
	b.until(`document.getElementById("keys").open`)
	b.inspect("help")
	b.press(kb.Escape)
	b.until(`!document.getElementById("keys").open`)
}
