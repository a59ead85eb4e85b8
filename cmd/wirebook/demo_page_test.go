package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/demos"
	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/world"
)

// Every demo plays on the page as its file says, and marks messages in the ladder.
func TestDemosOnThePage(t *testing.T) {
	a, _ := demoApp(t, explain.English)
	offered, err := a.playbill(nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewMovable()
	w, err := world.Start(t.Context(), plan, world.Options{Clock: c, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	options := console.ForWorld(w, c)
	options.Demos = offered
	page := console.New(options)
	defer page.Close()
	server := httptest.NewServer(page.Handler(console.Access{}))
	defer server.Close()
	all, err := demos.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		t.Run(d.Name, func(t *testing.T) {
			ask(t, server.URL, `{"do":"start","name":"`+d.Name+`"}`)
			follow(t, server.URL, d)
		})
	}
}

func ask(t *testing.T, url, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/demo", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", url)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", body, response.Status)
	}
}

// follow goes on with a demo whenever it waits, until it is over.
func follow(t *testing.T, url string, d *demos.Demo) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/stream?demo=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 8<<20)
	name, marked, over := "", false, false
	for !(over && marked) {
		if !lines.Scan() {
			t.Fatalf("the stream has ended: %v", lines.Err())
		}
		if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			name = event
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		marked = marked || ok && name == "rows"
		if !ok || name != "demo" {
			continue
		}
		var told struct {
			Step, Steps int
			Lines       []struct{ Kind string }
			Over        bool
			Pause       string
			Cue         uint64
			Error       string
		}
		if err := json.Unmarshal([]byte(data), &told); err != nil {
			t.Fatal(err)
		}
		for _, l := range told.Lines {
			if l.Kind == string(console.Missing) {
				t.Fatalf("something is missing: %s", data)
			}
		}
		if told.Error != "" || strings.Contains(data, "⟦") {
			t.Fatalf("it is told: %s", data)
		}
		if told.Pause != "" {
			ask(t, url, fmt.Sprintf(`{"do":"next","cue":%d}`, told.Cue))
		}
		over = told.Over
		if _, all := d.Place(len(d.Steps)); over && (told.Step != all || told.Steps != all) {
			t.Errorf("it ends at step %d of %d, and has %d", told.Step, told.Steps, all)
		}
	}
}

// Demos of one's own are offered, too; what is wrong with them is said before
// anything starts.
func TestOwnDemosOnThePage(t *testing.T) {
	a, _ := demoApp(t, explain.English)
	write := func(name, step string) string {
		file := filepath.Join(t.TempDir(), name)
		text := "title: {en: Mine, zh-CN: 我的}\nsummary: {en: x, zh-CN: x}\nsteps:\n  - " + step + "\n"
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return file
	}
	offered, err := a.playbill([]string{write("mine.yaml", "say: {en: Hello, zh-CN: 你好}"), write("dns.yaml", "unplug: alice")})
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]int)
	for _, d := range offered.List() {
		names[d.Name]++
	}
	if len(names) != 15 || names["mine"] != 1 || names["dns"] != 1 {
		t.Errorf("it offers %v", names)
	}
	for file, want := range map[string]string{write("bad.yaml", "unplug: nowhere"): "has no link nowhere", "missing.yaml": "missing.yaml"} {
		if _, err := a.playbill([]string{file}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
