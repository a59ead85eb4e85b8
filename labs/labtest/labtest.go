// Package labtest holds an exercise to its own testdata:
//
//	testdata/solution/python/*.py, testdata/solution/go/*.go
//	    pass every case
//	starter/python, starter/go
//	    fail, for a reason that is no fault of the check
//	testdata/wrong/*
//	    each get the verdicts that their first lines name, and no other:
//
//	    # fails: two-segments wrong half-request
//	    # fails: * no-start mistake.silent-server
//
// The words are the case, the verdict, and the mistake as a case names it; a star
// is all cases that no other line names. A line `# args: A B` is the program's
// arguments, `# may: CASE` a case whose verdict is of no interest.
package labtest

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/labs/check"
)

// Main is for an exercise's TestMain: programs are run by this process's own
// file.
func Main(m *testing.M) {
	guest.Main()
	findPython()
	// Most of a check is waiting, so that more go side by side than there are
	// processors.
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// findPython puts the interpreter itself before a script that would look for it, as
// pyenv's does, each time that a program is started: some thousand times.
func findPython() {
	path, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err == nil {
		os.Setenv("PATH", filepath.Dir(string(path))+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
}

const seed = 20_26

// Run tests an exercise. The current folder is the exercise's.
func Run(t *testing.T, lab *check.Lab) {
	if err := guest.Supported(); err != nil {
		t.Skip(err)
	}
	t.Run("words", func(t *testing.T) { words(t, lab) })
	e := &exercise{Lab: lab}
	t.Run("first", func(t *testing.T) {
		for _, language := range languages {
			for _, program := range programs(t, "testdata/solution/"+language) {
				t.Run("solution/"+language+"/"+filepath.Base(program), func(t *testing.T) { t.Parallel(); e.passes(t, program) })
			}
			for _, program := range programs(t, "starter/"+language) {
				t.Run("starter/"+language+"/"+filepath.Base(program), func(t *testing.T) { t.Parallel(); e.fails(t, program) })
			}
		}
		wrong := programs(t, "testdata/wrong")
		if len(wrong) < 6 {
			t.Errorf("%d programs in testdata/wrong; an exercise has at least 6 mistakes that are known", len(wrong))
		}
		for _, program := range wrong {
			t.Run("wrong/"+filepath.Base(program), func(t *testing.T) { t.Parallel(); e.deserves(t, program) })
		}
	})
	for _, s := range e.surprises {
		t.Run("again/"+filepath.Base(s.program)+"/"+s.name, func(t *testing.T) { e.again(t, s) })
	}
}

// exercise is a lab under test.
type exercise struct {
	*check.Lab

	mu        sync.Mutex
	surprises []surprise
}

// surprise is a case that went otherwise than it should. Programs with bugs have
// races of their own, which many tests at once on a small machine bring out: so it is
// judged again when the others have ended.
type surprise struct {
	program, name string
	args          []string
	want          string
	bare          bool // no remark is wanted either
}

func (e *exercise) surprised(s surprise) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.surprises = append(e.surprises, s)
}

// tries is how often a case that surprises is judged again.
const tries = 4

// again judges a case alone until it goes as it should.
func (e *exercise) again(t *testing.T, s surprise) {
	var last check.Result
	for range tries {
		last = e.once(t, s.program, s.name, s.args...)
		e.said(t, last)
		if e.verdict(last) == s.want && !(s.bare && len(last.Remarks) > 0) {
			return
		}
	}
	t.Errorf("got %s, want %s\n%s\nremarks: %v", e.verdict(last), s.want, describe(last), last.Remarks)
}

var languages = []string{"python", "go"}

// programs are those in a folder: each .py file, and each .go file.
func programs(t *testing.T, dir string) (all []string) {
	for _, pattern := range []string{"*.py", "*.go", "*/main.go"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		t.Errorf("%s: no program there", dir)
	}
	return all
}

// command is how a program is run from its own folder.
func command(program string, args ...string) []string {
	name := filepath.Base(program)
	if strings.HasSuffix(name, ".go") {
		return append([]string{"go", "run", name}, args...)
	}
	return append([]string{"python3", name}, args...)
}

func (e *exercise) judge(t *testing.T, program string, args ...string) *check.Report {
	t.Helper()
	r, err := check.Run(t.Context(), e.Lab, check.Options{Command: command(program, args...), Dir: filepath.Dir(program), Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Results {
		if c.Verdict == check.Fault {
			t.Errorf("%s: the check failed: %s", c.Case, c.Output)
		}
	}
	return r
}

func (e *exercise) passes(t *testing.T, program string) {
	for _, c := range e.judge(t, program).Results {
		if c.Verdict != check.Pass || len(c.Remarks) > 0 {
			e.surprised(surprise{program: program, name: c.Case, want: check.Pass.String(), bare: true})
		}
	}
}

// once judges one case.
func (e *exercise) once(t *testing.T, program, name string, args ...string) check.Result {
	t.Helper()
	r, err := check.Run(t.Context(), e.Lab, check.Options{Command: command(program, args...), Dir: filepath.Dir(program), Seed: seed, Only: name})
	if err != nil {
		t.Fatal(err)
	}
	return r.Results[0]
}

// verdict is what a program's first lines name.
func (e *exercise) verdict(c check.Result) string {
	if c.Mistake == nil {
		return c.Verdict.String()
	}
	return c.Verdict.String() + " " + strings.TrimPrefix(c.Mistake.Key, e.Name+".")
}

func (e *exercise) fails(t *testing.T, program string) {
	if r := e.judge(t, program); r.Passed() {
		t.Error("the starter passes: then there is nothing to do")
	}
}

func describe(c check.Result) string {
	text := c.Verdict.String()
	if c.Mistake != nil {
		text += " " + c.Mistake.Key + ": " + say(explain.English, *c.Mistake)
	}
	for _, s := range []*check.Shown{c.Expected, c.Actual} {
		if s != nil {
			text += "\n\t" + s.Text
			if s.Words != nil {
				text += say(explain.English, *s.Words)
			}
		}
	}
	if c.Evidence != nil {
		text += "\n" + c.Evidence.Excerpt
	}
	return text + "\n" + c.Output
}

// deserves judges a wrong program, and compares with what its first lines say.
func (e *exercise) deserves(t *testing.T, program string) {
	x := expected(t, e.Lab, program)
	for _, c := range e.judged(t, program, x) {
		want, ok := x.fails[c.Case]
		if !ok {
			want, ok = x.fails["*"]
		}
		if !ok {
			want = check.Pass.String()
		}
		e.said(t, c)
		if e.verdict(c) != want && !slices.Contains(x.may, c.Case) {
			e.surprised(surprise{program: program, name: c.Case, args: x.args, want: want})
		}
	}
}

// judged are the results of the cases that a program's first lines name. With
// WIREBOOK_LABS=whole they are those of all its cases: nothing else may be found
// wrong with it.
func (e *exercise) judged(t *testing.T, program string, x expectation) (results []check.Result) {
	if _, all := x.fails["*"]; all || os.Getenv("WIREBOOK_LABS") == "whole" {
		return e.judge(t, program, x.args...).Results
	}
	for _, c := range e.Cases {
		if x.fails[c.Name] != "" {
			results = append(results, e.once(t, program, c.Name, x.args...))
		}
	}
	return results
}

// said reports whether there are words for the mistake, in each language.
func (*exercise) said(t *testing.T, c check.Result) {
	if c.Mistake == nil {
		return
	}
	for _, lang := range explain.Languages() {
		if text := say(lang, *c.Mistake); strings.Contains(text, "⟦") {
			t.Errorf("%s: %s: %s", c.Case, lang, text)
		}
	}
}

func say(lang explain.Language, w check.Words) string { return lang.Say("lab."+w.Key, w.Args) }

// words checks that everything about the exercise is said in every language.
func words(t *testing.T, lab *check.Lab) {
	for _, name := range []string{"handout.md", "handout.zh-CN.md", "hints.md", "hints.zh-CN.md"} {
		if _, err := lab.Files.Open(name); err != nil {
			t.Error(err)
		}
	}
	keys := []string{"title", "summary"}
	for _, c := range lab.Cases {
		keys = append(keys, "case."+c.Name)
	}
	for _, lang := range explain.Languages() {
		for _, key := range keys {
			if text := say(lang, check.Words{Key: lab.Name + "." + key}); strings.Contains(text, "⟦") {
				t.Errorf("%s: %s", lang, text)
			}
		}
	}
}
