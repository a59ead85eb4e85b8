package console_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/console"
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
