package console_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/world"
)

// message is what the page is told of one.
type message struct {
	ID                      uint64
	Protocol, Summary, Said string
	Conversation            uint64
	Command                 string
	Views                   []struct {
		Packet int
		Bytes  []byte
		Start  int
		Fields []field
	}
	Findings []struct{ Text, Reference, Severity string }
}

type field struct {
	Name, Value, Key string
	Offset, Length   int
	Children         []field
}

// A message has its layers, its bytes, its fields in them and its words.
func TestMessage(t *testing.T) {
	s := show(t)
	events, _ := s.listen(t, "filter=http")
	s.say(t, "alice", "/plain.html")
	r := wait(t, events, request("/plain.html"))
	var m message
	s.get(t, fmt.Sprintf("/api/messages/%d?lang=zh", r.ID), &m)
	if m.Said != "请求对象 /plain.html。" || m.Command != "curl -i http://www.example.com/plain.html" || len(m.Views) != 1 {
		t.Errorf("the message is %+v", m)
	}
	v := m.Views[0]
	if !bytes.HasPrefix(v.Bytes[v.Start:], []byte("GET /plain.html")) || len(v.Fields) != 4 {
		t.Errorf("the frame is %q with %d layers", v.Bytes, len(v.Fields))
	}
	method := find(v.Fields, "GET")
	if method == nil || string(v.Bytes[method.Offset:method.Offset+method.Length]) != "GET" {
		t.Errorf("the method is %+v", method)
	}
	var entry struct{ Title, RFC, Book string }
	s.get(t, "/api/explain?key="+method.Key, &entry)
	if !strings.HasPrefix(entry.RFC, "RFC 9110") || entry.Title == "" {
		t.Errorf("%s is explained as %+v", method.Key, entry)
	}
	for _, path := range []string{"/api/messages/0", "/api/messages/999999", "/api/messages/x", "/api/conversations/0", "/api/capture.pcapng?id=999999", "/api/hosts/alise"} {
		if status, text := s.ask(t, "GET", path, ""); status != http.StatusNotFound || !strings.Contains(text, `"error"`) {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}

func find(fields []field, value string) *field {
	for i := range fields {
		if fields[i].Value == value {
			return &fields[i]
		}
		if f := find(fields[i].Children, value); f != nil {
			return f
		}
	}
	return nil
}

// A host that takes its time, as a container that is paused, holds up nobody who looks
// at another.
func TestASilentHost(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	s := show(t, func(o *console.Options) {
		open := o.Open
		o.Open = func(name string) (any, error) {
			if name == "www" {
				close(asked)
				<-answer
			}
			return open(name)
		}
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if status, text := s.ask(t, "GET", "/api/hosts/www", ""); status != http.StatusOK {
			t.Errorf("www: %d %s", status, text)
		}
	}()
	<-asked
	var seen struct{ Host string }
	s.get(t, "/api/hosts/alice", &seen)
	s.get(t, "/api/map", &struct{}{})
	close(answer)
	<-done
	if seen.Host != "alice" {
		t.Errorf("what is seen of alice is that of %q", seen.Host)
	}
}

// A conversation is read as text, and as packets.
func TestConversation(t *testing.T) {
	s := show(t)
	events, _ := s.listen(t, "filter=http")
	s.say(t, "alice", "/plain.html")
	r := wait(t, events, func(r row) bool { return strings.HasPrefix(r.Summary, "HTTP/1.1 200") })
	var c struct {
		Client, Server string
		Parts          []struct {
			Server bool
			Text   string
		}
	}
	s.get(t, fmt.Sprintf("/api/conversations/%d", r.Conversation), &c)
	if c.Client != "alice" || c.Server != "www" || len(c.Parts) != 2 || c.Parts[0].Server || !c.Parts[1].Server ||
		!strings.HasPrefix(c.Parts[0].Text, "GET /plain.html HTTP/1.1\nHost: www.example.com\n") {
		t.Errorf("the conversation is %+v", c)
	}
	var packets []struct{ F, O, S string }
	s.get(t, fmt.Sprintf("/api/conversations/%d/packets", r.Conversation), &packets)
	if len(packets) < 6 || packets[0].F != "alice" || packets[0].O != "www" || !strings.HasPrefix(packets[0].S, "SYN") {
		t.Errorf("its packets are %+v", packets)
	}
}

// What the filter chooses is a capture that tshark reads, with the handshake that its
// conversations began with.
func TestCapture(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("no tshark here: apt-get install tshark")
	}
	s := show(t)
	events, _ := s.listen(t, "filter=http")
	s.say(t, "alice", "/plain.html")
	wait(t, events, func(r row) bool { return strings.HasPrefix(r.Summary, "HTTP/1.1 200") })
	status, text := s.ask(t, "GET", "/api/capture.pcapng?filter=http", "")
	if status != http.StatusOK {
		t.Fatal(status, text)
	}
	file := filepath.Join(t.TempDir(), "page.pcapng")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("tshark", "-n", "-r", file, "-T", "fields", "-e", "tcp.flags.syn", "-e", "http.request.uri", "-e", "http.response.code").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(out), "1\t\t\n1\t\t\n") || !strings.Contains(string(out), "\t/plain.html\t") || !strings.Contains(string(out), "\t200\n") {
		t.Errorf("tshark reads\n%s", out)
	}
	if status, _ := s.ask(t, "GET", "/api/capture.pcapng?filter=dsn", ""); status != http.StatusBadRequest {
		t.Errorf("with a filter that makes no sense: %d", status)
	}
}

// No password leaves by the page: not in a message, not as text, not in a capture.
func TestNoPasswords(t *testing.T) {
	s := show(t)
	events, _ := s.listen(t, "filter=pop3")
	conn, err := s.world.Host("alice").DialContext(t.Context(), "tcp", "192.0.2.25:110")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "USER alice\r\n")
	replies := bufio.NewReader(conn)
	for range 2 { // the greeting, and the answer: in one segment, or in two
		if _, err := replies.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprint(conn, "PASS sesame-open\r\n")
	r := wait(t, events, func(r row) bool { return strings.HasPrefix(r.Summary, "PASS") })
	for _, path := range []string{
		fmt.Sprintf("/api/messages/%d", r.ID), fmt.Sprintf("/api/conversations/%d", r.Conversation),
		"/api/capture.pcapng?filter=pop3", fmt.Sprintf("/api/capture.pcapng?id=%d", r.ID),
	} {
		_, text := s.ask(t, "GET", path, "")
		if strings.Contains(text, "sesame") || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte("sesame"))) {
			t.Errorf("%s tells the password:\n%s", path, text)
		}
		var m message
		if json.Unmarshal([]byte(text), &m) == nil {
			for _, v := range m.Views {
				if bytes.Contains(v.Bytes, []byte("sesame")) {
					t.Errorf("%s has the password in its bytes", path)
				}
			}
		}
	}
}

// Frames are held, looked at, changed, lost and let go.
func TestHold(t *testing.T) {
	s := show(t)
	post := func(path, body string, want int) string {
		t.Helper()
		status, text := s.ask(t, "POST", path, body)
		if status != want {
			t.Fatalf("%s %s: %d %s", path, body, status, text)
		}
		return text
	}
	post("/api/hold", `{"do":"begin","filter":"dsn"}`, http.StatusConflict)
	post("/api/hold", `{"do":"begin","pace":-1}`, http.StatusConflict)
	post("/api/hold", `{"do":"begin","filter":"udp and port 9999"}`, http.StatusOK)
	events, _ := s.listen(t, "filter=udp")
	losses, _ := s.listen(t, "filter=lost")
	conn, err := s.world.Host("alice").DialContext(t.Context(), "udp", "192.0.2.12:9999")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	held := func(n int) []uint64 {
		t.Helper()
		for e := range events {
			var now struct {
				Hold struct{ Waiting int }
				Held []struct {
					ID             uint64
					From, To, Line string
				}
			}
			if e.name != "now" || json.Unmarshal([]byte(e.data), &now) != nil || len(now.Held) != n || now.Hold.Waiting != n {
				continue
			}
			var ids []uint64
			for _, f := range now.Held {
				if f.From != "alice" || f.To != "bob" {
					t.Errorf("%+v is held", f)
				}
				ids = append(ids, f.ID)
			}
			return ids
		}
		t.Fatal("the stream has ended")
		return nil
	}
	fmt.Fprint(conn, "first")
	fmt.Fprint(conn, "second")
	ids := held(2)
	var m message
	s.get(t, fmt.Sprintf("/api/held/%d", ids[0]), &m)
	data := m.Views[0].Bytes
	if !bytes.HasSuffix(data, []byte("first")) {
		t.Errorf("what is held is %q", data)
	}
	edited := base64.StdEncoding.EncodeToString(bytes.Replace(data, []byte("first"), []byte("third"), 1))
	post(fmt.Sprintf("/api/held/%d", ids[0]), `{"do":"edit","mend":true,"data":"`+edited+`"}`, http.StatusOK)
	post(fmt.Sprintf("/api/held/%d", ids[0]), `{"do":"edit","data":"???"}`, http.StatusBadRequest)
	post(fmt.Sprintf("/api/held/%d", ids[0]), `{"do":"delay","delay":-1}`, http.StatusBadRequest)
	post(fmt.Sprintf("/api/held/%d", ids[1]), `{"do":"drop"}`, http.StatusOK)
	post(fmt.Sprintf("/api/held/%d", ids[1]), `{"do":"release"}`, http.StatusConflict)
	post("/api/held/77777777", `{"do":"release"}`, http.StatusConflict)
	post(fmt.Sprintf("/api/held/%d", ids[0]), `{"do":"duplicate"}`, http.StatusOK)
	held(2)
	post("/api/hold", `{"do":"step","count":1}`, http.StatusOK)
	post("/api/hold", `{"do":"end"}`, http.StatusOK)
	wait(t, losses, func(r row) bool { return r.Lost && r.From == "alice" })
	if s.world.Internet.Hold().State().Holding {
		t.Error("it still holds")
	}
}

// The clock is moved, ahead only.
func TestClock(t *testing.T) {
	s := show(t)
	before := s.clock.Now()
	if status, text := s.ask(t, "POST", "/api/clock", `{"seconds":3600}`); status != http.StatusOK {
		t.Fatal(status, text)
	}
	if moved := s.clock.Now().Sub(before); moved < time.Hour {
		t.Errorf("the clock was moved by %v", moved)
	}
	for _, body := range []string{`{"seconds":-1}`, `{"seconds":1e12}`, `{}`} {
		if status, _ := s.ask(t, "POST", "/api/clock", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
	if status, text := s.ask(t, "POST", "/api/clock", `{"next":true}`); status != http.StatusOK {
		t.Error(status, text)
	}
}

// Cables, servers and NATs are broken and mended; names that nobody has are told.
func TestBreaking(t *testing.T) {
	s := show(t)
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"/api/links/bob", `{"plugged":false}`, 200},
		{"/api/links/bob", `{"faults":"loss=0.5,delay=20ms"}`, 200},
		{"/api/links/bob", `{"faults":"loss=7"}`, 409},
		{"/api/links/bop", `{"plugged":true}`, 409},
		{"/api/servers/www/http", `{"do":"stop"}`, 200},
		{"/api/servers/www/http", `{"do":"start"}`, 200},
		{"/api/servers/www/http", `{"do":"kill"}`, 200},
		{"/api/servers/www/http", `{"do":"hug"}`, 400},
		{"/api/servers/www/smtp", `{"do":"kill"}`, 409},
		{"/api/nat/nat", `{"helper":true}`, 200},
		{"/api/nat/nat", `{"on":false}`, 200},
		{"/api/nat/gw", `{"on":false}`, 409},
	} {
		if status, text := s.ask(t, "POST", c.path, c.body); status != c.want {
			t.Errorf("%s %s: %d %s", c.path, c.body, status, text)
		}
	}
	var m struct{ Links []world.Cable }
	s.get(t, "/api/map", &m)
	for _, cable := range m.Links {
		if cable.Name == "bob" && (cable.Plugged || cable.Out.Loss != 0.5) {
			t.Errorf("bob's cable is %+v", cable)
		}
	}
	var p struct{ NAT *struct{ On bool } }
	s.get(t, "/api/hosts/nat", &p)
	if p.NAT == nil || p.NAT.On {
		t.Errorf("the NAT is %+v", p.NAT)
	}
}

// A command's output comes line by line, with its exit code at the end.
func TestRunning(t *testing.T) {
	s := show(t)
	_, text := s.ask(t, "POST", "/api/run/alice", `{"line":"dns 'www example'"}`)
	if text != "{\"out\":\"alice: dns www example\\n\"}\n{\"err\":\"and that is all\\n\"}\n{\"exit\":3}\n" {
		t.Errorf("%s", text)
	}
	if status, _ := s.ask(t, "POST", "/api/run/alice", `{"line":"dns 'www"}`); status != http.StatusBadRequest {
		t.Errorf("a quotation without an end: %d", status)
	}
	if _, text := s.ask(t, "POST", "/api/complete/alice", `{"line":"d"}`); text != "[{\"word\":\"dns\",\"text\":\"ask for a name\"}]\n" {
		t.Errorf("%s", text)
	}
	if _, text := s.ask(t, "POST", "/api/complete/alice", `{"line":"x"}`); text != "[]\n" {
		t.Errorf("%s", text)
	}
}

// Every word that the page's files name is in the catalogues.
func TestWords(t *testing.T) {
	s := show(t)
	for _, lang := range []string{"en", "zh-CN"} {
		var reply struct {
			Language string
			Words    map[string]string
		}
		s.get(t, "/api/words?lang="+lang, &reply)
		if reply.Language != lang || len(reply.Words) < 100 {
			t.Errorf("%s: %d words", reply.Language, len(reply.Words))
		}
		for key, text := range reply.Words {
			if strings.Contains(text, "⟦") || text == "" {
				t.Errorf("%s in %s: %s", key, lang, text)
			}
		}
		_, page := s.ask(t, "GET", "/?lang="+lang, "")
		if strings.Contains(page, "⟦") {
			t.Errorf("the page in %s lacks words:\n%s", lang, page)
		}
	}
}

// What is asked for in vain is said in the reader's language.
func TestMistakesInWords(t *testing.T) {
	s := show(t, withDemos(t))
	for _, wrong := range []struct{ path, body, en, zh string }{
		{"/api/held/999", `{"do":"release"}`, "This frame does not wait any longer.", "这个帧已经不在等待。"},
		{"/api/hold", `{"do":"begin","filter":"dns and host alise"}`, "Nobody here is called alise.", "这里没有"},
		{"/api/run/alice", `{"line":"dns 'www"}`, "A quotation mark is missing.", "缺少一个引号。"},
		{"/api/clock", `{"seconds":-1}`, "The clock can be moved ahead only", "时钟只能往前拨"},
		{"/api/demo", `{"do":"restart"}`, "No demo is being played.", "没有在播放演示。"},
		{"/api/demo", `{"do":"start","name":"nothing"}`, "There is none here.", "这里没有。"},
	} {
		for lang, want := range map[string]string{"en": wrong.en, "zh-CN": wrong.zh} {
			if status, text := s.ask(t, "POST", wrong.path+"?lang="+lang, wrong.body); status < 400 || !strings.Contains(text, want) {
				t.Errorf("%s %s: %d %s", wrong.path, wrong.body, status, text)
			}
		}
	}
}

// flood is a command line that does not come to an end.
type flood struct{ echo }

func (flood) Run(_ context.Context, c world.Command) int {
	for range 200 {
		fmt.Fprintln(c.Stdout, strings.Repeat("and on ", 6000))
	}
	return 0
}

// Of what a command writes not all is sent; the browser is told so, once, and how it has
// ended.
func TestACommandThatWritesTooMuch(t *testing.T) {
	s := show(t, func(o *console.Options) { o.CommandLine = flood{} })
	_, text := s.ask(t, "POST", "/api/run/alice", `{"line":"dns"}`)
	if len(text) < 4<<20 || len(text) > 5<<20 || strings.Count(text, `"cut":true`) != 1 || !strings.HasSuffix(text, `{"exit":0}`+"\n") {
		t.Errorf("%d bytes, which end in %q", len(text), text[max(0, len(text)-60):])
	}
}
