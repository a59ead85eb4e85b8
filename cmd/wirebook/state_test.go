package main

import (
	"path/filepath"
	"testing"
)

func TestWhereLeasesAreKept(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/state")
	for _, c := range []struct{ name, world, want string }{
		{"", "default", "/state/wirebook/default/default"},
		{"class", "two rooms", "/state/wirebook/class/two rooms"},
		{"", "../../etc/passwd", "/state/wirebook/default/-..-etc-passwd"},
		{"", "校园", "/state/wirebook/default/校园"},
		{"", "", "/state/wirebook/default/world"},
		{"", ". .", "/state/wirebook/default/world"},
	} {
		got, err := (&worldOptions{name: c.name}).usualState(c.world)
		if err != nil || filepath.ToSlash(got) != c.want {
			t.Errorf("%q as %q: %s, %v; want %s", c.world, c.name, got, err, c.want)
		}
	}
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "/home/alice")
	if got, err := (&worldOptions{}).usualState("w"); err != nil || got != "/home/alice/.local/state/wirebook/default/w" {
		t.Errorf("%s, %v", got, err)
	}
}
