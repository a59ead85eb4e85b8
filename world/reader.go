package world

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

// Problem is one mistake in a world file.
type Problem struct {
	File    string
	Line    int
	What    string // what is wrong
	Instead string // what to write instead; may be empty
}

func (p Problem) Error() string {
	text := fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.What)
	if p.Instead != "" {
		text += "; " + p.Instead
	}
	return text
}

// Problems are all mistakes that were found in a world file, in their order.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// reader reads YAML nodes into values. It never stops at a mistake: it notes
// it and returns a zero value, so that one reading finds all of them.
type reader struct {
	file     string
	problems Problems
}

func (r *reader) wrong(n *yaml.Node, instead, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.file, Line: max(1, n.Line), What: fmt.Sprintf(format, args...), Instead: instead})
}

func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return r.problems
}

// fields are what an object may have, each with its reader.
type fields map[string]func(*yaml.Node)

// object reads a mapping with known fields.
func (r *reader) object(n *yaml.Node, what string, known fields) {
	r.entries(n, what, func(key string, at, value *yaml.Node) {
		read, ok := known[key]
		if !ok {
			r.wrong(at, instead(key, slices.Collect(maps.Keys(known))), "%s has no %q", what, key)
			return
		}
		read(value)
	})
}

// entries reads a mapping whose keys the author chose. Empty is allowed.
func (r *reader) entries(n *yaml.Node, what string, each func(key string, at, value *yaml.Node)) {
	n = resolved(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "write lines of the form key: value", "%s must be a list of keys with values", what)
		return
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		at, value := n.Content[i], n.Content[i+1]
		key := at.Value
		if seen[key] {
			r.wrong(at, "remove one of the two", "%s has %q twice", what, key)
			continue
		}
		seen[key] = true
		each(key, at, value)
	}
}

// text reads a string into p.
func (r *reader) text(p *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		n = resolved(n)
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			r.wrong(n, "write a single word or a quoted text", "a text is missing here")
			return
		}
		*p = n.Value
	}
}

// ref is a name of something that is defined elsewhere in the file.
type ref struct {
	name string
	node *yaml.Node
}

func (r *reader) ref(p *ref) func(*yaml.Node) {
	return func(n *yaml.Node) {
		p.node = n
		r.text(&p.name)(n)
	}
}

// items are the elements of a sequence; a single value is a sequence of one.
func (r *reader) items(n *yaml.Node) []*yaml.Node {
	n = resolved(n)
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// number reads a whole number from low to high.
func (r *reader) number(p *int, low, high int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := strconv.Atoi(resolved(n).Value)
		if err != nil || v < low || v > high {
			r.wrong(n, fmt.Sprintf("write a whole number from %d to %d", low, high), "%q does not do here", resolved(n).Value)
			return
		}
		*p = v
	}
}

// texts reads one text or a list of them.
func (r *reader) texts(p *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		for _, item := range r.items(n) {
			var text string
			if r.text(&text)(item); text != "" {
				*p = append(*p, text)
			}
		}
	}
}

// duration reads a time such as 12h or 20ms.
func (r *reader) duration(p *time.Duration, least time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := time.ParseDuration(resolved(n).Value)
		if err != nil || v < least {
			r.wrong(n, "write it like 12h, 30m or 20ms", "%q does not do as a time here", resolved(n).Value)
			return
		}
		*p = v
	}
}

// yesOrNo reads true or false.
func (r *reader) yesOrNo(p *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		switch resolved(n).Value {
		case "true":
			*p = true
		case "false":
			*p = false
		default:
			r.wrong(n, "write true or false", "%q is neither", resolved(n).Value)
		}
	}
}

// prefix reads a network's address of one family.
func (r *reader) prefix(p *netip.Prefix, example string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := netip.ParsePrefix(resolved(n).Value)
		if err != nil || v.Addr().Is4() != netip.MustParsePrefix(example).Addr().Is4() {
			r.wrong(n, "write it like "+example, "%q is not a network's address", resolved(n).Value)
			return
		}
		if v != v.Masked() {
			r.wrong(n, "write "+v.Masked().String(), "%s has bits behind the prefix", v)
			return
		}
		*p = v
	}
}

// resolved follows an alias to its anchor.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// instead names what the author may have meant, or else all that there is.
func instead(wrote string, known []string) string {
	slices.Sort(known)
	best, distance := "", len(wrote)/2+1
	for _, k := range known {
		if d := levenshtein.ComputeDistance(wrote, k); d < distance {
			best, distance = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("write %q", best)
	}
	if len(known) == 0 {
		return ""
	}
	return "there is " + strings.Join(known, ", ")
}
