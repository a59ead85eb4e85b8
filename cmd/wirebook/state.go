package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/wirebook/wirebook/control"
)

// noState is the value of --state that keeps nothing.
const noState = "none"

// openState opens the folder in which a world that stays keeps what is to outlive
// it: the leases of its DHCP servers. It makes the folder, if need be.
func (o *worldOptions) openState(worldName string) (*os.Root, error) {
	dir := o.state
	if dir == noState {
		return nil, nil
	}
	if dir == "" {
		var err error
		if dir, err = o.usualState(worldName); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("no place to keep leases in, name one with --state DIR, or --state none: %w", err)
	}
	return os.OpenRoot(dir)
}

// usualState is where a user expects it: in wirebook under $XDG_STATE_HOME, or
// ~/.local/state, in a folder of the name under which the world is running, and
// there in one of the world's own name: a second world file must not lend what
// the first has lent.
func (o *worldOptions) usualState(worldName string) (string, error) {
	base, err := stateHome()
	if err != nil {
		return "", fmt.Errorf("no place to keep leases in, name one with --state DIR, or --state none: %w", err)
	}
	return filepath.Join(base, cmp.Or(o.name, control.DefaultName), fileName(worldName)), nil
}

// stateHome is where the XDG base directories have what we keep. A path there that is
// not absolute is to be ignored.
func stateHome() (string, error) {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "wirebook"), nil
}

// fileName makes of a world's name, which may be any text, that of a folder.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || unicode.IsControl(r) {
			return '-'
		}
		return r
	}, name)
	if name = strings.TrimLeft(name, ". "); name == "" {
		return "world"
	}
	return name
}
