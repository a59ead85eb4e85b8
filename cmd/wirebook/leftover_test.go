package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// hostState is what this machine has that a world could leave behind.
type hostState struct {
	cards, mounts []string
}

// hostKey is where a script keeps what there was before it.
type hostKey struct{}

func lookAround() hostState {
	var s hostState
	cards, _ := net.Interfaces()
	for _, card := range cards {
		if !others(card.Name, "veth", "br-", "docker") {
			s.cards = append(s.cards, card.Name)
		}
	}
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(mounts)) {
		what := strings.Fields(line)[3:5]
		if !others(what[1], "/run/netns", "/run/docker", "/var/run/docker", "/var/lib/docker", "/var/lib/containerd", "/run/containerd") {
			s.mounts = append(s.mounts, strings.Join(what, " on "))
		}
	}
	return s
}

// others reports whether a name begins as those do that a container engine and ip
// netns give. No world makes such; tests of other packages, which run at the same
// time, do.
func others(name string, begin ...string) bool {
	return slices.ContainsFunc(begin, func(b string) bool { return strings.HasPrefix(name, b) })
}

// nothingLeft waits until of all that the script has started no process, file,
// network card or mount is left. A socket that nobody listens on may stay: the
// next world of that name takes its place.
func nothingLeft(ts *testscript.TestScript, neg bool, _ []string) {
	before := ts.Value(hostKey{}).(hostState)
	eventually(ts, func() error {
		after := lookAround()
		new := slices.Concat(without(after.cards, before.cards), without(after.mounts, before.mounts))
		if len(new) > 0 {
			return fmt.Errorf("left on this machine: %v", new)
		}
		if left := processes(ts); len(left) > 0 {
			return fmt.Errorf("left running: %v", left)
		}
		if left := files(ts); len(left) > 0 {
			return fmt.Errorf("left in the file system: %v", left)
		}
		return nil
	})
}

func without(all, known []string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return slices.Contains(known, s) })
}

// markOf is the variable by which the processes of a script are known.
const markOf = "WIREBOOK_SCRIPT"

// processes are those that this script has started, and they themselves.
func processes(ts *testscript.TestScript) []string {
	mark := []byte(markOf + "=" + ts.Getenv(markOf) + "\x00")
	var left []string
	entries, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, entry := range entries {
		environment, _ := os.ReadFile(entry)
		if bytes.Contains(environment, mark) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(entry), "cmdline"))
			left = append(left, string(bytes.ReplaceAll(command, []byte{0}, []byte{' '})))
		}
	}
	return left
}

// files are those in the script's own directories for what is temporary.
func files(ts *testscript.TestScript) []string {
	var left []string
	for _, dir := range []string{ts.Getenv("XDG_RUNTIME_DIR"), ts.Getenv("TMPDIR")} {
		_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return nil
			}
			if entry.Type() == fs.ModeSocket {
				if conn, err := net.Dial("unix", path); err != nil {
					return nil
				} else {
					conn.Close()
				}
			}
			left = append(left, path)
			return nil
		})
	}
	return left
}
