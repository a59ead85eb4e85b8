package demos

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// demo reads the file.
func (r *reader) demo(d *Demo, n *yaml.Node) {
	steps := false
	r.object(n, "a demo", func(key string, at, value *yaml.Node) {
		switch key {
		case "title":
			d.Title = r.words(value)
		case "summary":
			d.Summary = r.words(value)
		case "book":
			d.Book = r.text(value)
		case "world":
			d.World = r.text(value)
		case "hosts":
			d.hosts = r.names(value)
		case "only":
			d.only = r.only(value)
		case "packets":
			d.packets = r.yes(value)
		case "steps":
			steps = true
			r.steps(d, value)
		default:
			r.wrong(at, "it has title, summary, book, world, hosts, only, packets and steps", "a demo has no %q", key)
		}
	})
	for _, missing := range []struct {
		name string
		has  bool
	}{{"title", d.Title != nil}, {"summary", d.Summary != nil}, {"steps", steps}} {
		if n.Kind == yaml.MappingNode && !missing.has {
			r.wrong(n, "", "a demo needs %s:", missing.name)
		}
	}
}

func (r *reader) steps(d *Demo, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.wrong(n, "begin each step with a hyphen, as in - say: …", "steps is not a list")
		return
	}
	for _, item := range n.Content {
		d.Steps = append(d.Steps, r.step(item))
	}
}

// linesShown is how much of what a client prints is shown, if the step does not say.
const linesShown = 12

func (r *reader) step(n *yaml.Node) Step {
	s := Step{Line: n.Line, lines: linesShown}
	did := ""
	r.object(n, "a step", func(key string, at, value *yaml.Node) {
		if read, ok := s.keys(r)[key]; ok {
			read(value)
			return
		}
		parse, ok := actions[key]
		switch {
		case !ok:
			known := slices.Concat(slices.Collect(maps.Keys(s.keys(r))), slices.Collect(maps.Keys(actions)))
			slices.Sort(known)
			r.wrong(at, "it has "+strings.Join(known, ", "), "a step has no %q", key)
		case did != "":
			r.wrong(at, "begin another step", "a step does one thing: this one does %s already", did)
		default:
			did = key
			s.do = r.action(parse, key, value)
		}
	})
	switch {
	case s.Ask == nil && s.Answer != nil:
		r.wrong(n, "write ask:", "this step answers what nobody has asked")
	case s.Ask != nil && s.Answer == nil:
		r.wrong(n, "write answer:", "this step asks, and does not answer")
	case !s.speaks() && s.do == nil && len(s.show)+len(s.expect)+len(s.until) == 0 && n.Kind == yaml.MappingNode:
		r.wrong(n, "", "this step says nothing and does nothing")
	}
	if did != "exec" && (s.background || s.fails) {
		r.wrong(n, "", "background and fails are for exec")
	}
	return s
}

// keys are what a step has beside its action.
func (s *Step) keys(r *reader) map[string]func(*yaml.Node) {
	return map[string]func(*yaml.Node){
		"say":        func(n *yaml.Node) { s.Say = r.words(n) },
		"ask":        func(n *yaml.Node) { s.Ask = r.words(n) },
		"answer":     func(n *yaml.Node) { s.Answer = r.words(n) },
		"background": func(n *yaml.Node) { s.background = r.yes(n) },
		"fails":      func(n *yaml.Node) { s.fails = r.yes(n) },
		"lines":      func(n *yaml.Node) { s.lines = r.number(n) },
		"expect":     func(n *yaml.Node) { s.expect = r.filters(n) },
		"until":      func(n *yaml.Node) { s.until = r.untils(n) },
		"never":      func(n *yaml.Node) { s.never = r.filters(n) },
		"packets":    func(n *yaml.Node) { s.packets = r.yes(n) },
		"hosts":      func(n *yaml.Node) { s.hosts = r.names(n) },
		"only":       func(n *yaml.Node) { s.only = r.only(n) },
		"show":       func(n *yaml.Node) { s.show = r.shows(n) },
	}
}

// action reads what a step does: a line of words, as in a shell.
func (r *reader) action(parse func([]string) (action, error), key string, n *yaml.Node) action {
	text := r.text(n)
	if text == "" {
		return nil
	}
	if filtered, ok := filtering[key]; ok {
		return filtered(r, n, text)
	}
	words, err := split(text)
	if err == nil {
		var a action
		if a, err = parse(words); err == nil {
			return a
		}
	}
	r.wrong(n, "", "%s: %v", key, err)
	return nil
}

// split takes a line apart as a shell would: at spaces, but not in quotes.
func split(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	within := false
	for _, c := range text {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, within = c, true
		case quote == 0 && c == ' ':
			if within {
				words = append(words, word.String())
			}
			word.Reset()
			within = false
		default:
			word.WriteRune(c)
			within = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote %c is not closed", quote)
	}
	if within {
		words = append(words, word.String())
	}
	return words, nil
}

// quoted is a line that can be typed, of which a shell makes these words.
func quoted(words []string) string {
	all := slices.Clone(words)
	for i, w := range all {
		if w == "" || strings.ContainsAny(w, " \"'*?$&;|<>()") {
			all[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(all, " ")
}
