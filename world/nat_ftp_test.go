package world

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wirebook/wirebook/clients/ftpc"
	"github.com/wirebook/wirebook/internet"
)

// FTP and NAT, with a server on each side of it: active mode fails behind a NAT, and
// passive mode succeeds; before a server behind a NAT, it is the other way round.
// With the helper, all four work.
func TestFTPThroughNAT(t *testing.T) {
	for _, test := range []struct {
		name, client, server string
		active, helped       bool
		works                bool
	}{
		{"a client inside, passive", "pc", "203.0.113.21:21", false, false, true},
		{"a client inside, active", "pc", "203.0.113.21:21", true, false, false},
		{"a client inside, passive, with help", "pc", "203.0.113.21:21", false, true, true},
		{"a client inside, active, with help", "pc", "203.0.113.21:21", true, true, true},
		{"a server inside, passive", "www", "198.51.100.2:2121", false, false, false},
		{"a server inside, active", "www", "198.51.100.2:2121", true, false, true},
		{"a server inside, passive, with help", "www", "198.51.100.2:2121", false, true, true},
		{"a server inside, active, with help", "www", "198.51.100.2:2121", true, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := startFTPHome(t, test.helped)
			session := login(t, w, test.client, test.server, test.active)
			for range 3 { // each transfer has a port of its own
				var file bytes.Buffer
				_, err := session.Get(t.Context(), "lesson.txt", &file, 0)
				if !test.works {
					if err == nil {
						t.Fatal("the file has come")
					}
					t.Log(err)
					break
				}
				if err != nil || file.String() != lesson {
					t.Fatalf("%v; %d bytes of %d", err, file.Len(), len(lesson))
				}
			}
			if err := session.Noop(t.Context()); err != nil {
				t.Errorf("the control connection does not go on: %v", err)
			}
			if err := session.Quit(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Segments are lost, doubled and overtaken on their way to the NAT: those that it
// has rewritten, and what acknowledges them, too.
func TestFTPHelperOnABadCable(t *testing.T) {
	w := startFTPHome(t, true)
	faults := internet.Faults{Loss: 0.02, Duplicate: 0.1, Reorder: 0.05}
	for _, link := range []string{"pc", "fritz-core"} {
		if err := w.SetFaults(link, faults); err != nil {
			t.Fatal(err)
		}
	}
	session := login(t, w, "pc", "203.0.113.21:21", true)
	for range 10 { // more than the NAT remembers
		var file bytes.Buffer
		if _, err := session.Get(t.Context(), "short.txt", &file, 0); err != nil || file.String() != lesson[:1000] {
			t.Fatalf("%v; %d bytes", err, file.Len())
		}
	}
}

var lesson = strings.Repeat("An address in the text is not an address in the header.\n", 5000)

func startFTPHome(t *testing.T, helped bool) *World {
	t.Helper()
	text := strings.NewReplacer(
		"nas: {on: home, at: 80, servers: {http: {site: site}}}", "nas: {on: home, at: 21, servers: {ftp: {anonymous: files}}}",
		"www: {on: hosting, at: 80, servers: {http: {site: site}}}", "www: {on: hosting, at: 21, servers: {ftp: {anonymous: files}}}",
		"8080: nas:80, 2121: pc:21", "2121: nas:21",
		"pc: {on: home, at: 11}", "pc: {on: home, at: 9}", // so that lines change their length
	).Replace(home)
	if !helped {
		text = strings.Replace(text, ", helper: [ftp]", "", 1)
	}
	plan, err := Parse(fstest.MapFS{"files/lesson.txt": {Data: []byte(lesson)}, "files/short.txt": {Data: []byte(lesson[:1000])}}, "world.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Start(t.Context(), plan, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	ctx, cancel := context.WithTimeout(t.Context(), surely)
	defer cancel()
	if err := w.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return w
}

func login(t *testing.T, w *World, host, server string, active bool) *ftpc.Session {
	t.Helper()
	client := ftpc.Client{Network: w.Host(host), Active: active, Timeout: surely}
	session, err := client.Dial(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(); err != nil && !errors.Is(err, ftpc.ErrClosed) {
			t.Log(err)
		}
	})
	if err := session.Login(t.Context(), "anonymous", "pc@home"); err != nil {
		t.Fatal(err)
	}
	return session
}
