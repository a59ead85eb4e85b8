package demos

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/wire/filter"
	"github.com/wirebook/wirebook/world"
)

// Load reads a demo's file.
func Load(files fs.FS, name string) (*Demo, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	return Parse(name, text)
}

// Parse reads the text of a demo file. The error is world.Problems: all mistakes,
// each with its line.
func Parse(name string, text []byte) (*Demo, error) {
	r := &reader{file: name}
	d := &Demo{File: name}
	d.Number, d.Name = numbered(name)
	var document yaml.Node
	switch err := yaml.Unmarshal(text, &document); {
	case err != nil:
		r.syntax(err)
	case len(document.Content) == 0:
		r.wrong(&document, "write title:, summary: and steps:", "the file is empty")
	default:
		r.demo(d, document.Content[0])
	}
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b world.Problem) int { return cmp.Compare(a.Line, b.Line) })
		return nil, r.problems
	}
	return d, nil
}

var numberAndName = regexp.MustCompile(`^(?:([0-9]+)-)?(.*?)(?:\.ya?ml)?$`)

// numbered takes 07-mail.yaml apart.
func numbered(file string) (int, string) {
	found := numberAndName.FindStringSubmatch(path.Base(strings.ReplaceAll(file, `\`, "/")))
	n, _ := strconv.Atoi(found[1])
	return n, found[2]
}

// reader reads YAML nodes. It notes mistakes and goes on, so that one reading finds
// all of them.
type reader struct {
	file     string
	problems world.Problems
}

func (r *reader) wrong(n *yaml.Node, instead, format string, args ...any) {
	r.wrongAt(n.Line, instead, format, args...)
}

func (r *reader) wrongAt(line int, instead, format string, args ...any) {
	r.problems = append(r.problems, world.Problem{File: r.file, Line: max(1, line), What: fmt.Sprintf(format, args...), Instead: instead})
}

var lineOfSyntax = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)$`)

func (r *reader) syntax(err error) {
	found := lineOfSyntax.FindStringSubmatch(err.Error())
	if found == nil {
		r.wrongAt(1, "", "%v", err)
		return
	}
	n, _ := strconv.Atoi(found[1])
	r.wrongAt(n, "", "this is not YAML: %s", found[2])
}

// object calls each for the keys of a mapping.
func (r *reader) object(n *yaml.Node, what string, each func(key string, at, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "write keys with values, as in say: …", "%s is not a mapping", what)
		return
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			r.wrong(key, "", "%s has %s twice", what, key.Value)
		}
		seen[key.Value] = true
		each(key.Value, key, n.Content[i+1])
	}
}

// text is a single value.
func (r *reader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		r.wrong(n, "", "a text is needed here")
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// texts are a list, or a single value.
func (r *reader) texts(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

func (r *reader) names(n *yaml.Node) []string {
	var all []string
	for _, item := range r.texts(n) {
		all = append(all, r.text(item))
	}
	return all
}

func (r *reader) yes(n *yaml.Node) bool {
	var b bool
	if n.Decode(&b) != nil {
		r.wrong(n, "", "write true or false")
	}
	return b
}

func (r *reader) number(n *yaml.Node) int {
	i, err := strconv.Atoi(n.Value)
	if err != nil || i < 0 {
		r.wrong(n, "", "write a number")
	}
	return i
}

// words are a text in every language: one that is missing is a mistake.
func (r *reader) words(n *yaml.Node) Words {
	all := make(Words)
	r.object(n, "a text in two languages", func(key string, at, value *yaml.Node) {
		l := explain.Language(key)
		if !slices.Contains(explain.Languages(), l) {
			r.wrong(at, "write en: or zh-CN:", "there is no language %q", key)
			return
		}
		all[l] = strings.Join(strings.Fields(r.text(value)), " ")
	})
	for _, l := range explain.Languages() {
		if _, ok := all[l]; !ok && n.Kind == yaml.MappingNode {
			r.wrong(n, fmt.Sprintf("write %s: beside it", l), "the words in %s are missing", l)
		}
	}
	return all
}

// filter is a line of package filter. Whether its hosts exist, Check finds out.
func (r *reader) filter(n *yaml.Node) *line {
	return r.filterText(n, r.text(n))
}

func (r *reader) filterText(n *yaml.Node, text string) *line {
	f, err := filter.Parse(text)
	if err != nil {
		r.wrong(n, "", "%q: %v", text, err)
		return nil
	}
	return &line{f, n.Line}
}

// only is a filter, or none: then a ladder shows nothing.
func (r *reader) only(n *yaml.Node) *line {
	if n.Value == "none" {
		return r.filterText(n, "lost not lost")
	}
	return r.filter(n)
}

func (r *reader) filters(n *yaml.Node) []*line {
	var all []*line
	for _, item := range r.texts(n) {
		if l := r.filter(item); l != nil {
			all = append(all, l)
		}
	}
	return all
}
