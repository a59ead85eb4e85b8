package console_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/frame"
)

// A password that waits is asterisks, too, also where only what came before tells that
// it is one; who changes another byte leaves it as it is.
func TestHeldPasswords(t *testing.T) {
	for _, c := range []struct {
		name, address string
		said          []string // each is answered
		secret        string
		shown         string
		before, after string // what is changed
	}{
		{"POP3", "192.0.2.25:110", []string{"USER alice"}, "PASS sesame-open", "PASS ***********", "PASS", "pass"},
		{"SMTP", "192.0.2.25:587", []string{"EHLO alice", "AUTH PLAIN"}, "c2VzYW1lLW9wZW4=", "****************", "\r\n", "\n\r"},
	} {
		t.Run(c.name, func(t *testing.T) { heldPassword(t, c.address, c.said, c.secret, c.shown, c.before, c.after) })
	}
}

func heldPassword(t *testing.T, address string, said []string, secret, shown, before, after string) {
	s := show(t)
	ring := frame.NewRing(1 << 12)
	defer s.world.Internet.Tap(ring)()
	events, _ := s.listen(t, "filter=host+alice")
	conn, err := s.world.Host("alice").DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	replies := bufio.NewReader(conn)
	for _, line := range append([]string{""}, said...) {
		if line != "" {
			fmt.Fprintf(conn, "%s\r\n", line)
		}
		for { // a reply may have several lines
			reply, err := replies.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if len(reply) < 4 || reply[3] != '-' {
				break
			}
		}
	}
	s.post(t, "/api/hold", `{"do":"begin"}`)
	defer s.world.Internet.Hold().End()
	fmt.Fprintf(conn, "%s\r\n", secret)
	id := s.waiting(t, events, "alice", shown)
	var m message
	s.get(t, fmt.Sprintf("/api/held/%d", id), &m)
	data := m.Views[0].Bytes
	if !bytes.Contains(data, []byte(shown)) || bytes.Contains(data, []byte("sesame-open")) || bytes.Contains(data, []byte("c2Vz")) {
		t.Fatalf("what waits is %q", data)
	}
	edited := bytes.Replace(data, []byte(before), []byte(after), 1)
	s.post(t, fmt.Sprintf("/api/held/%d", id), `{"do":"edit","mend":true,"data":"`+base64.StdEncoding.EncodeToString(edited)+`"}`)
	s.post(t, fmt.Sprintf("/api/held/%d", id), `{"do":"release"}`)
	want := []byte(strings.Replace(secret+"\r\n", before, after, 1))
	frames := make([]frame.Frame, 100)
	for {
		n, err := ring.Read(t.Context(), frames)
		if err != nil {
			t.Fatalf("no frame has %q", want)
		}
		if slices.ContainsFunc(frames[:n], func(f frame.Frame) bool { return bytes.HasSuffix(f.Data, want) }) {
			return
		}
	}
}

// waiting waits until a host's segment waits that says something, and returns its
// number; nobody is told of a password meanwhile.
func (s *shown) waiting(t *testing.T, events <-chan event, host, text string) uint64 {
	t.Helper()
	for e := range events {
		if strings.Contains(e.data, "sesame-open") || strings.Contains(e.data, "c2Vz") {
			t.Fatalf("the stream tells the password: %s", e.data)
		}
		var now struct {
			Held []struct {
				ID         uint64
				From, Line string
			}
		}
		if e.name != "now" || json.Unmarshal([]byte(e.data), &now) != nil {
			continue
		}
		for _, f := range now.Held {
			if f.From == host && strings.Contains(f.Line, text) {
				return f.ID
			}
		}
	}
	t.Fatal("the stream has ended")
	return 0
}
