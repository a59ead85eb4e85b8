package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/console"
)

// do asks for something to be done about the demos.
func (s *shown) do(t *testing.T, want int, body string) string {
	t.Helper()
	status, text := s.ask(t, http.MethodPost, "/api/demo", body)
	if status != want {
		t.Errorf("%s: %d, not %d: %s", body, status, want, text)
	}
	return text
}

// A demo is told step by step; a question is asked before its step, and what answers
// it is told to no browser before somebody wants to know.
func TestDemoStepByStep(t *testing.T) {
	s := show(t, withDemos(t))
	s.say(t, "alice", "/plain.html")
	s.do(t, http.StatusOK, `{"do":"start","name":"short"}`)
	rows, _ := s.listen(t, "demo=1")
	events, _ := s.listen(t, "demo=1")
	asked := heard(t, events, nil, at(1, "go"))
	if asked.kinds() != "said asked" || asked.Lines[1].Words["zh-CN"] != "谁回答？" || asked.Steps != 3 || !slices.Equal(asked.Hosts, []string{"alice", "www"}) {
		t.Errorf("the first step is %s", asked.text)
	}
	secret := func(n *narrated) {
		if strings.Contains(n.text, "The program on www") {
			t.Errorf("the answer is told too early: %s", n.text)
		}
	}
	s.do(t, http.StatusOK, `{"do":"next","cue":0}`)
	s.do(t, http.StatusOK, `{"do":"next","cue":0}`) // a key that was pressed twice
	for r := range stepped(t, rows) {
		if r.Step != 1 || !strings.Contains(strings.ToUpper(r.Summary), "PING 1") {
			t.Errorf("to the first step belongs %+v", r)
		}
		if strings.Contains(r.Summary, "PING 1") {
			break
		}
	}
	done := heard(t, events, secret, at(1, "answer"))
	if done.kinds() != "said asked did printed shown" || len(done.Lines[4].Table.Rows) != 1 {
		t.Errorf("what was done is %s", done.text)
	}
	s.do(t, http.StatusOK, `{"do":"next","cue":1}`)
	if n := heard(t, events, nil, at(1, "next")); n.kinds() != "said asked did printed shown answered" {
		t.Errorf("the answer is %s", n.text)
	}
	s.do(t, http.StatusOK, `{"do":"next","cue":2}`)
	if n := heard(t, events, nil, at(2, "go")); n.kinds() != "said" {
		t.Errorf("the second step is %s", n.text)
	}
	s.do(t, http.StatusOK, `{"do":"next","cue":3}`)
	wait(t, rows, func(r row) bool { return strings.Contains(r.Summary, "PING") && r.Step == 2 })
	if n := heard(t, events, nil, at(2, "next")); n.kinds() != "said did printed shown" || n.Lines[3].Explain != "port.53" {
		t.Errorf("what it did is %s", n.text)
	}
	s.do(t, http.StatusOK, `{"do":"next","cue":4}`)
	heard(t, events, nil, at(3, "go"))
	s.do(t, http.StatusOK, `{"do":"next","cue":5}`)
	if n := heard(t, events, nil, over); n.Error != "" {
		t.Errorf("it ends with %s", n.Error)
	}
	late, _ := s.listen(t, "demo=1") // who comes late sees the same
	heard(t, late, nil, over)
	late, _ = s.listen(t, "demo=1")
	if r := wait(t, late, func(row) bool { return true }); r.Step != 1 || !strings.Contains(r.Summary, "Ping 1") {
		t.Errorf("the first that is marked is %+v", r)
	}
}

// While a demo is on, the page is that of its world; then it is the page's own again,
// which has gone on meanwhile.
func TestDemoHasAWorldOfItsOwn(t *testing.T) {
	s := show(t, withDemos(t))
	events, _ := s.listen(t, "filter=http")
	home := heard(t, events, nil, func(n *narrated) bool { return !n.On })
	s.do(t, http.StatusOK, `{"do":"start","name":"dhcp"}`)
	for e := range events {
		if e.name == "stage" {
			break
		}
	}
	if _, open := <-events; open {
		t.Error("the stream of the page's own world goes on")
	}
	events, _ = s.listen(t, "")
	if n := heard(t, events, nil, at(1, "go")); n.World == home.World || n.Demo.Name != "dhcp" {
		t.Errorf("the world is %s", n.text)
	}
	if status, text := s.ask(t, "GET", "/api/map", ""); status != http.StatusOK || !strings.Contains(text, `"dhcp2"`) || strings.Contains(text, `"bob"`) {
		t.Errorf("the map: %d %s", status, text)
	}
	s.say(t, "alice", "/plain.html") // in the page's own world
	s.do(t, http.StatusConflict, `{"do":"start","name":"short"}`)
	s.do(t, http.StatusOK, `{"do":"stop"}`)
	for e := range events {
		if e.name == "stage" {
			break
		}
	}
	if status, text := s.ask(t, "GET", "/api/map", ""); status != http.StatusOK || !strings.Contains(text, `"bob"`) {
		t.Errorf("the map: %d %s", status, text)
	}
	events, _ = s.listen(t, "filter=http&demo=1")
	if r := wait(t, events, request("/plain.html")); r.Step != 0 {
		t.Errorf("what was said meanwhile is %+v", r)
	}
}

// What clients print is in the language of who went on last; what was printed stays.
func TestDemoInAnotherLanguage(t *testing.T) {
	s := show(t, withDemos(t))
	s.do(t, http.StatusOK, `{"do":"start","name":"short"}`)
	events, _ := s.listen(t, "demo=1")
	printed := func(n *narrated) (text string) {
		for _, l := range n.Lines {
			if l.Kind == "printed" {
				text += l.Text
			}
		}
		return text
	}
	for _, step := range []struct{ lang, before, after, says string }{
		{"en", "go", "answer", "1 sent, 0 lost"}, {"en", "answer", "next", "1 sent, 0 lost"},
		{"zh-CN", "next", "go", ""}, {"zh-CN", "go", "next", "发送 1 个"},
	} {
		n := heard(t, events, nil, func(n *narrated) bool { return n.Pause == step.before })
		if status, text := s.ask(t, "POST", "/api/demo?lang="+step.lang, fmt.Sprintf(`{"do":"next","cue":%d}`, n.Cue)); status != http.StatusOK {
			t.Fatal(status, text)
		}
		n = heard(t, events, nil, func(n *narrated) bool { return n.Pause == step.after })
		if text := printed(n); !strings.Contains(text, step.says) {
			t.Errorf("in %s the client has printed %q", step.lang, text)
		}
		again, leave := s.listen(t, "demo=1") // it has been heard: from its beginning
		events = again
		t.Cleanup(leave)
	}
}

// What cannot be done is refused, and by whom it may not be.
func TestDemoRequests(t *testing.T) {
	s := show(t, withDemos(t))
	if status, text := s.ask(t, "GET", "/api/demos", ""); status != http.StatusOK || strings.Count(text, `"zh-CN"`) != 2*15 {
		t.Errorf("the list: %d %s", status, text)
	}
	s.do(t, http.StatusConflict, `{"do":"start","name":"nothing"}`)
	s.do(t, http.StatusConflict, `{"do":"next","cue":0}`)
	s.do(t, http.StatusConflict, `{"do":"restart"}`)
	s.do(t, http.StatusOK, `{"do":"stop"}`)
	s.do(t, http.StatusBadRequest, `{"do":"dance"}`)
	s.do(t, http.StatusOK, `{"do":"start","name":"short"}`)
	s.do(t, http.StatusBadRequest, `{"do":"auto","pause":-1}`)
	for _, headers := range [][]string{{"Origin", "https://evil.example"}, {"Origin", ""}} {
		if status, _ := s.ask(t, "POST", "/api/demo", `{"do":"stop"}`, headers...); status != http.StatusForbidden {
			t.Errorf("from %v: %d", headers, status)
		}
	}
	if status, _ := s.ask(t, "POST", "/api/demo", `{"do":"stop"}`, "Host", "evil.example"); status != http.StatusMisdirectedRequest {
		t.Errorf("by another name: %d", status)
	}

	server := httptest.NewServer(s.page.Handler(console.Access{ReadOnly: true}))
	defer server.Close()
	viewer := &shown{url: server.URL}
	events, leave := viewer.listen(t, "demo=1")
	defer leave()
	heard(t, events, nil, at(1, "go"))
	if status, _ := viewer.ask(t, "POST", "/api/demo", `{"do":"next","cue":0}`); status != http.StatusForbidden {
		t.Errorf("who looks on goes on: %d", status)
	}
	if _, page := viewer.ask(t, "GET", "/", ""); strings.Contains(page, `"demos"`) || !strings.Contains(page, `id="demo"`) {
		t.Errorf("who looks on has the page %s", page)
	}
	s.do(t, http.StatusOK, `{"do":"next","cue":0}`)
	heard(t, events, nil, at(1, "answer"))
}

// A demo plays by itself, with pauses, to its end; then another may be started, or
// the same once more.
func TestDemoByItself(t *testing.T) {
	s := show(t, withDemos(t))
	s.do(t, http.StatusOK, `{"do":"start","name":"short"}`)
	events, _ := s.listen(t, "demo=1")
	s.do(t, http.StatusOK, `{"do":"auto","pause":1}`)
	heard(t, events, nil, over)
	s.do(t, http.StatusOK, `{"do":"restart"}`)
	again, _ := s.listen(t, "demo=1")
	if n := heard(t, again, nil, at(1, "go")); n.Cue != 0 {
		t.Errorf("it begins with %s", n.text)
	}
	s.do(t, http.StatusConflict, `{"do":"start","name":"udp-ping"}`)
	s.do(t, http.StatusOK, `{"do":"auto","pause":1}`)
	heard(t, again, nil, over)
	s.do(t, http.StatusOK, `{"do":"start","name":"udp-ping"}`)
	other, _ := s.listen(t, "demo=1")
	if n := heard(t, other, nil, at(1, "go")); n.Demo.Name != "udp-ping" {
		t.Errorf("it is %s", n.text)
	}
} // and the page is closed while a demo is on
