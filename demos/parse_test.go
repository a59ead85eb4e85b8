package demos

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/world"
)

const good = `
title: {en: A page, zh-CN: 一个页面}
summary: {en: Alice reads, zh-CN: Alice 阅读}
hosts: [alice, www]
steps:
  - say: {en: Hello., zh-CN: 你好。}
    exec: alice http get http://www.example.com/plain.html
    expect: http from www "200 OK"
  - clock: +90m
`

// A mistake is answered with its line, and what to write instead; all of them at
// once.
func TestMistakes(t *testing.T) {
	for _, test := range []struct{ old, new, want string }{
		{"", "", ""},
		{"zh-CN: 你好。", "zh: 你好。", `x.yaml:6: there is no language "zh"; write en: or zh-CN:`},
		{", zh-CN: 你好。", "", "x.yaml:6: the words in zh-CN are missing; write zh-CN: beside it"},
		{"title: {en: A page, zh-CN: 一个页面}", "", ": a demo needs title:"},
		{"hosts:", "host:", `x.yaml:4: a demo has no "host"; it has title`},
		{"exec: alice http", "exce: alice http", `x.yaml:7: a step has no "exce"; it has answer`},
		{"alice http get http://www.example.com/plain.html", "alice", "x.yaml:7: exec: write a host, a client and what it is to do"},
		{"alice http get", "alice 'http get", "x.yaml:7: exec: a quote ' is not closed"},
		{`http from www "200 OK"`, "http form www", `x.yaml:8: "http form www": `},
		{"+90m", "+90", "x.yaml:9: clock: +90: write how far, as in +12h, or next"},
		{"clock: +90m", "faults: www loss=2", "x.yaml:9: faults: "},
		{"clock: +90m", "faults: www", "x.yaml:9: faults: write a link and what is wrong with it"},
		{"clock: +90m", "kill: www", "x.yaml:9: kill: write host and server, as in www/http"},
		{"clock: +90m", "nat: nat maybe", "x.yaml:9: nat: write a router, and on, off or ftp"},
		{"clock: +90m", "lose: udp", "x.yaml:9: lose: udp: which packet?; write which one, or each"},
		{"clock: +90m", "step: none", "x.yaml:9: step: write how many packets are let go"},
		{"clock: +90m", "ping: alice www 12000 1000", "x.yaml:9: ping: write from which host"},
		{"clock: +90m", "serve: www icmp 7", "x.yaml:9: serve: write a host, tcp or udp, and a port"},
		{"clock: +90m", "open: alice www", "x.yaml:9: open: write from which host"},
		{"clock: +90m", "send: alice", "x.yaml:9: send: write a host, and what it says"},
		{"clock: +90m", "show: tables alice", `x.yaml:9: there is no table "tables"; write address, cache`},
		{"clock: +90m", "show: explain http.status.999", `x.yaml:9: nothing is explained under "http.status.999"`},
		{"clock: +90m", "until: sockets alice", "x.yaml:9: until waits for a row of a table"},
		{"clock: +90m", "lines: 3", "x.yaml:9: this step says nothing and does nothing"},
		{"- clock: +90m", "- ask: {en: Who, zh-CN: 谁}", "x.yaml:9: this step asks, and does not answer; write answer:"},
		{"clock: +90m", "{clock: +90m, plug: alice}", "x.yaml:9: a step does one thing: this one does clock already"},
		{"clock: +90m", "{clock: +90m, fails: true}", "x.yaml:9: background and fails are for exec"},
		{"  - clock: +90m", "   - clock: +90m", "x.yaml:"},
	} {
		_, err := Parse("x.yaml", []byte(strings.Replace(good, test.old, test.new, 1)))
		if test.want == "" {
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.new, err, test.want)
		}
	}
	if _, err := Parse("x.yaml", nil); err == nil || !strings.Contains(err.Error(), "x.yaml:1: the file is empty") {
		t.Error(err)
	}
}

// What a demo needs and a world does not have is found before it is played.
func TestCheck(t *testing.T) {
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ old, new, want string }{
		{"", "", ""},
		{"[alice, www]", "[alice, wwww]", "x.yaml:1: the world has no host wwww; it has alice, bob"},
		{"exec: alice", "exec: alise", "x.yaml:6: the world has no host alise"},
		{"from www", "from wwww", "x.yaml:8: "},
		{"clock: +90m", "unplug: gw", "x.yaml:9: the world has no link gw; it has alice"},
		{"clock: +90m", "unplug: gw-core", ""},
		{"clock: +90m", "nat: www on", "x.yaml:9: the world has no router www; it has gw, isp, nat"},
		{"clock: +90m", "show: leases dhpc", "x.yaml:9: the world has no host dhpc"},
		{"clock: +90m", "hold: from wwww", "x.yaml:9: "},
	} {
		d, err := Parse("x.yaml", []byte(strings.Replace(good, test.old, test.new, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err = d.Check(plan); err == nil != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.new, err, test.want)
		}
	}
}

func TestList(t *testing.T) {
	files := fstest.MapFS{"10-b.yaml": {Data: []byte(good)}, "2-a.yaml": {Data: []byte(good)}, "worlds/w.yaml": {Data: []byte("name: w")}}
	all, err := List(files)
	if err != nil || len(all) != 2 || all[0].Name != "a" || all[1].Number != 10 {
		t.Errorf("%+v, %v", all, err)
	}
	files["3-c.yaml"] = &fstest.MapFile{Data: []byte("title: x")}
	if _, err := List(files); err == nil {
		t.Error("a file that is wrong is in the list")
	}
}

// The words of the library are those of the book's translation, and nothing in them
// is left out.
func TestWordsOfTheLibrary(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	unused := notUsed(t)
	names := make(map[string]bool)
	for i, d := range all {
		if names[d.Name] || d.Number == 0 || i > 0 && all[i-1].Number == d.Number || d.Book == "" {
			t.Errorf("%s: its name and number must be its own, and it needs book:", d.File)
		}
		names[d.Name] = true
		for _, words := range d.words() {
			chinese := words.In(explain.Chinese)
			for _, word := range unused {
				if strings.Contains(chinese, word) {
					t.Errorf("%s: %s is not a word of the book's: %s", d.File, word, chinese)
				}
			}
			if strings.ContainsAny(words.In(explain.English), "，。？：") || strings.ContainsAny(chinese, ",?!;") {
				t.Errorf("%s: the wrong marks in %v", d.File, words)
			}
		}
	}
}

func (d *Demo) words() []Words {
	all := []Words{d.Title, d.Summary}
	for _, s := range d.Steps {
		for _, w := range []Words{s.Say, s.Ask, s.Answer} {
			if w != nil {
				all = append(all, w)
			}
		}
	}
	return all
}

// notUsed are the Chinese words that the catalogues do not use.
func notUsed(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../explain/testdata/glossary.txt")
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for line := range strings.Lines(string(text)) {
		parts := strings.Split(line, "|")
		if len(parts) == 3 && !strings.HasPrefix(line, "#") {
			words = append(words, strings.Fields(parts[2])...)
		}
	}
	if len(words) < 20 {
		t.Fatalf("there are only %d words", len(words))
	}
	return words
}

// The demo in the docs is one.
func TestDemoInTheDocs(t *testing.T) {
	page, err := os.ReadFile("../docs/demos.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, _ := strings.Cut(rest, "```")
	d, err := Parse("my-demo.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Check(plan); err != nil {
		t.Error(err)
	}
	for key := range actions {
		if !strings.Contains(string(page), "`"+key+"`") {
			t.Errorf("docs/demos.md does not tell of %s", key)
		}
	}
	for key := range new(Step).keys(nil) {
		if !strings.Contains(string(page), "`"+key+"`") {
			t.Errorf("docs/demos.md does not tell of %s", key)
		}
	}
	for name := range tables {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/demos.md does not tell of %s", name)
		}
	}
}
