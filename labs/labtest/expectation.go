package labtest

import (
	"os"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/labs/check"
)

// expectation is what a wrong program says about itself in its first lines.
type expectation struct {
	fails map[string]string
	may   []string
	args  []string
}

func expected(t *testing.T, lab *check.Lab, program string) expectation {
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	e := expectation{fails: make(map[string]string)}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(strings.TrimLeft(line, "#/ "))
		if len(words) < 2 {
			continue
		}
		switch words[0] {
		case "fails:":
			if lab.Case(words[1]) == nil && words[1] != "*" {
				t.Fatalf("%s: %s has no case %q", program, lab.Name, words[1])
			}
			e.fails[words[1]] = strings.Join(words[2:], " ")
		case "may:":
			e.may = append(e.may, words[1:]...)
		case "args:":
			e.args = words[1:]
		}
	}
	if len(e.fails) == 0 {
		t.Fatalf("%s: it does not say what it fails", program)
	}
	return e
}
