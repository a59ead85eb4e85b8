package world

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

// What is at home reaches everything, and is reached by nobody.
func TestHomeIsBehindItsRouter(t *testing.T) {
	w := start(t, Options{})
	w.has(t, "dave", "192.168.1.100")
	for _, url := range []string{"http://www.example.com/", "http://www.example.edu/"} {
		if page := get(t, w.Host("dave"), url); !strings.Contains(page, "Example") {
			t.Errorf("%s: %q", url, page)
		}
	}
	if _, err := w.Host("alice").DialContext(t.Context(), "tcp", "192.168.1.100:80"); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("alice and a private address: %v", err)
	}
}

// Each student's name leads to the student, wherever the address came from.
func TestStudentsAreReached(t *testing.T) {
	w := start(t, Options{})
	for _, from := range []string{"alice", "dave"} {
		for _, to := range []string{"bob.example.edu", "carol.example.edu"} {
			addrs, err := w.Host(from).LookupHost(t.Context(), to)
			if err != nil {
				t.Errorf("%s: %v", from, err)
				continue
			}
			if _, err := w.Host(from).Ping(t.Context(), netip.MustParseAddr(addrs[0])); err != nil {
				t.Errorf("%s: %s at %s: %v", from, to, addrs[0], err)
			}
		}
	}
}
