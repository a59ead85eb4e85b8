// Package house tests the rules of the house: which package may import which.
package house

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/wirebook/wirebook/"

// mayImport says, for each part of the house, which other parts it may know.
// Arrows point one way; above all, a server or a client knows nothing of how
// it is watched, broken or shown.
var mayImport = map[string][]string{
	"netx":      {},
	"clock":     {},
	"frame":     {},
	"explain":   {},
	"durable":   {},
	"protocol":  {},
	"servers":   {"netx", "clock", "durable", "protocol"},
	"clients":   {"netx", "clock", "protocol"},
	"supervise": {"netx"},
	"internet":  {"netx", "clock", "frame", "protocol"}, // of protocols, only what a NAT has to read
	"guest":     {},
	"control":   {"netx", "durable", "guest"},
	"wire":      {"frame", "explain", "protocol"},
	"world":     {"netx", "clock", "frame", "internet", "supervise", "servers", "clients"},
	"labs":      {"netx", "clock", "protocol", "frame", "internet", "servers", "wire", "world", "guest", "explain"},
	"demos":     {"netx", "frame", "internet", "wire", "world", "explain"},
	"capture":   {"frame"},
	"classroom": {"netx", "frame", "internet", "capture", "supervise", "clients", "world"},
	"console":   {"netx", "clock", "frame", "internet", "wire", "world", "explain"},
	"bench":     {"netx", "clock", "protocol", "frame", "internet", "supervise", "servers", "clients", "wire", "world", "guest", "console"},
	"cmd":       {"netx", "clock", "protocol", "frame", "internet", "supervise", "servers", "clients", "wire", "world", "guest", "control", "explain", "labs", "demos", "durable", "capture", "classroom", "console"},
	"internal":  {"netx"},
}

// sharedStore is what the servers of mail have in common: SMTP delivers into it,
// POP3 and IMAP read out of it.
const sharedStore = "servers/mailbox"

// sharedDialogue is what the clients of mail have in common: a connection, with
// TLS from its beginning or later, that once broken stays so.
const sharedDialogue = "clients/dialogue"

func TestArrowsPointOneWay(t *testing.T) {
	for pkg, imports := range imports(t) {
		from := part(pkg)
		allowed, known := mayImport[from]
		if !known {
			t.Errorf("%s: the house has no part %q; if it should, add it here and to docs/tour.md", pkg, from)
			continue
		}
		for _, imported := range imports {
			to := part(imported)
			if to == from && from != "servers" && from != "clients" {
				continue
			}
			if to == from && folder(pkg) == folder(imported) {
				continue // one protocol's own packages
			}
			if from == "servers" && folder(imported) == sharedStore || from == "clients" && imported == sharedDialogue {
				continue
			}
			if !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s: %s may import only %v", pkg, imported, from, allowed)
			}
		}
	}
}

// imports are, for each package of the module, those of its imports that
// belong to the module. Tests may import what they like.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...")
	out, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	all := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if len(words) == 0 || !strings.HasPrefix(words[0], module) {
			continue
		}
		pkg := strings.TrimPrefix(words[0], module)
		all[pkg] = nil
		for _, imported := range words[1:] {
			if inside, ok := strings.CutPrefix(imported, module); ok {
				all[pkg] = append(all[pkg], inside)
			}
		}
	}
	if len(all) < 5 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

// part is the first element of a package's path.
func part(pkg string) string {
	first, _, _ := strings.Cut(pkg, "/")
	return first
}

// folder is the first two elements: servers/dnsd of servers/dnsd/resolver.
func folder(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}
