// Report reads what `go test -json` printed and says what a person wants to
// know of it: the output of what failed, each skipped test with its reason,
// and the sums.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// event is one line of test2json.
type event struct {
	Action, Package, Test, Output string
	ImportPath                    string
	Elapsed                       float64
}

type outcome struct {
	pkg, test, action string
	elapsed           float64
	output            []string
}

func main() {
	status := flag.Int("status", 0, "the exit status of go test")
	flag.Parse()
	file, err := os.Open(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	defer file.Close()

	outcomes := read(file)
	failed := report(outcomes, os.Getenv("WIREBOOK_SKIP_NOTHING") != "")
	if *status != 0 || failed {
		os.Exit(1)
	}
}

func read(file *os.File) map[string]*outcome {
	outcomes := make(map[string]*outcome)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text()) // not go test's: a build error, say
			continue
		}
		if e.Package == "" {
			e.Package = e.ImportPath
		}
		key := e.Package + " " + e.Test
		o := outcomes[key]
		if o == nil {
			o = &outcome{pkg: e.Package, test: e.Test}
			outcomes[key] = o
		}
		switch e.Action {
		case "output", "build-output":
			o.output = append(o.output, e.Output)
		case "pass", "fail", "skip", "build-fail":
			o.action, o.elapsed = strings.TrimPrefix(e.Action, "build-"), e.Elapsed
		}
	}
	return outcomes
}

// report prints, and says whether something is wrong.
func report(outcomes map[string]*outcome, skipNothing bool) bool {
	all := make([]*outcome, 0, len(outcomes))
	for _, o := range outcomes {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b *outcome) int {
		return cmp.Or(cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.test, b.test))
	})
	count := map[string]int{}
	for _, o := range all {
		if o.test != "" {
			count[o.action]++
		}
		switch {
		case o.action == "fail", o.action == "":
			fmt.Printf("--- %s %s\n%s", o.pkg, o.test, strings.Join(o.output, ""))
		case o.action == "skip" && o.test != "":
			fmt.Printf("skipped: %s %s: %s\n", o.pkg, o.test, reason(o.output))
		case o.action == "pass" && o.test == "":
			fmt.Printf("ok  %-60s %6.1fs\n", o.pkg, o.elapsed)
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", count["pass"], count["fail"], count["skip"])
	return count["fail"] > 0 || skipNothing && count["skip"] > 0
}

// reason is what the test gave to t.Skip.
func reason(output []string) string {
	for _, line := range output {
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "===") && !strings.HasPrefix(text, "---") {
			_, after, found := strings.Cut(text, ": ")
			if found {
				return after
			}
			return text
		}
	}
	return "no reason given"
}
