package house

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// onlyEnglish are pages for those who change the code, not for learners.
var onlyEnglish = []string{"explain/README.md"}

const chinese = ".zh-CN.md"

// pages are the texts of all pages of the repository, by their path in it.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	house := os.DirFS("../..")
	err := fs.WalkDir(house, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == ".git" || name == "dist" || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".md":
			return nil
		}
		text, err := fs.ReadFile(house, name)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 4 {
		t.Fatalf("there are only %d pages", len(all))
	}
	return all
}

var (
	fence   = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	all := pages(t)
	for name, text := range all {
		for _, found := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			to := name
			if target != "" {
				to = path.Join(path.Dir(name), target)
			}
			if _, err := os.Stat(filepath.Join("../..", to)); err != nil {
				t.Errorf("%s: nothing at %s", name, found[1])
			}
			if page, ok := all[to]; ok && anchor != "" && !slices.Contains(anchors(page), anchor) {
				t.Errorf("%s: %s has no heading for #%s", name, to, anchor)
			}
		}
	}
}

// anchors are what GitHub makes of a page's headings.
func anchors(page string) []string {
	var all []string
	for _, found := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, found[1]))
	}
	return all
}

// A page in Chinese has the headings, examples and links of the one in English.
func TestPagesInTwoLanguages(t *testing.T) {
	all := pages(t)
	for name, english := range all {
		if strings.HasSuffix(name, chinese) || slices.Contains(onlyEnglish, name) {
			continue
		}
		twin := strings.TrimSuffix(name, ".md") + chinese
		other, ok := all[twin]
		if !ok {
			t.Errorf("%s has no %s", name, path.Base(twin))
			continue
		}
		if a, b := len(anchors(english)), len(anchors(other)); a != b {
			t.Errorf("%s has %d headings, %s has %d", name, a, path.Base(twin), b)
		}
		if !slices.Equal(examples(english), examples(other)) {
			t.Errorf("the yaml examples of %s and %s differ", name, path.Base(twin))
		}
		if a, b := targets(english), targets(other); !slices.Equal(a, b) {
			t.Errorf("the links of %s and %s differ:\n%q\n%q", name, path.Base(twin), a, b)
		}
	}
}

// examples are the whole files that a page shows.
func examples(page string) []string {
	var all []string
	for _, block := range fence.FindAllStringSubmatch(page, -1) {
		if block[1] == "yaml" {
			all = append(all, block[2])
		}
	}
	return all
}

// targets are the files that a page links to, whatever their language, sorted.
func targets(page string) []string {
	var all []string
	for _, found := range link.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		target, _, _ := strings.Cut(found[1], "#")
		all = append(all, strings.Replace(target, chinese, ".md", 1))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Each command in a page has verbs and flags that the program knows.
func TestCommandsInPages(t *testing.T) {
	program := filepath.Join(t.TempDir(), "wirebook")
	if out, err := exec.Command("go", "build", "-o", program, module+"cmd/wirebook").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	tried := make(map[string]bool)
	for name, text := range pages(t) {
		for _, block := range fence.FindAllStringSubmatch(text, -1) {
			if block[1] != "sh" && block[1] != "console" {
				continue
			}
			for line := range strings.Lines(block[2]) {
				args, ok := arguments(line)
				if !ok || tried[strings.Join(args, " ")] {
					continue
				}
				tried[strings.Join(args, " ")] = true
				out, err := exec.Command(program, append(args, "--help", "--lang=en")...).CombinedOutput()
				if err != nil || !strings.Contains(string(out), "\n  wirebook "+args[0]) {
					t.Errorf("%s: %s\n%s", name, strings.TrimSpace(line), out)
				}
			}
		}
	}
	if len(tried) < 5 {
		t.Errorf("the pages have only %d commands", len(tried))
	}
}

// arguments are those of a line that runs wirebook, up to the program that it
// runs in turn. Of `exec HOST CLIENT`, which needs a world, they are the
// client's.
func arguments(line string) ([]string, bool) {
	line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
	for _, start := range []string{"go run ./cmd/", "./"} {
		line = strings.TrimPrefix(line, start)
	}
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "wirebook" {
		return nil, false
	}
	words = words[1:]
	end := slices.IndexFunc(words, func(w string) bool { return slices.Contains([]string{"--", "#", "|", ">", "&"}, w) })
	if end >= 0 {
		words = words[:end]
	}
	if len(words) > 2 && words[0] == "exec" {
		words = words[2:]
	}
	return words, len(words) > 0
}
