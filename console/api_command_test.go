package console_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/world"
)

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
