package explain

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// Every file means to a real YAML reader what it means to ours.
func TestReadIsYAML(t *testing.T) {
	err := fs.WalkDir(files, "catalogue", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		compareWithYAML(t, name, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func compareWithYAML(t *testing.T, name string, text []byte) {
	t.Helper()
	type value struct{ Key, Field, Value string }
	var ours, theirs []value
	if err := read(name, string(text), func(key, field, v string) {
		if strings.HasPrefix(v, "[") {
			v = strings.Join(list(v), "\n")
		}
		ours = append(ours, value{key, field, v})
	}); err != nil {
		t.Error(err)
		return
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if len(document.Content) == 0 {
		return // only comments
	}
	plain := func(n *yaml.Node) string {
		var items []string
		for _, item := range n.Content {
			items = append(items, item.Value)
		}
		return n.Value + strings.Join(items, "\n")
	}
	pairs := document.Content[0].Content
	for i := 0; i < len(pairs); i += 2 {
		key, v := pairs[i].Value, pairs[i+1]
		if v.Kind != yaml.MappingNode {
			theirs = append(theirs, value{key, "", plain(v)})
			continue
		}
		for j := 0; j < len(v.Content); j += 2 {
			theirs = append(theirs, value{key, v.Content[j].Value, plain(v.Content[j+1])})
		}
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("%s: a YAML reader reads it otherwise (- YAML, + ours):\n%s", name, diff)
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"no colon", "a: b\nport\n", `f:2: want "key: value", have "port"`},
		{"no space", "a:b\n", `f:1: want "key: value", have "a:b"`},
		{"a colon inside", "a: b: c\n", "f:1: put this value in double quotes: b: c"},
		{"a comment behind", "a: b # c\n", "f:1: put this value in double quotes: b # c"},
		{"single quotes", "a: 'b'\n", "f:1: put this value in double quotes: 'b'"},
		{"a block", "a: >-\n  b\n", "f:1: put this value in double quotes: >-"},
		{"an open quote", "a: \"b\n", "f:1: a quoted value ends in its quote: \"b"},
		{"an open list", "a: [b,\n", "f:1: a list ends on its line: [b,"},
		{"indented too far", "a:\n    b: c\n", `f:2: a field stands two spaces below its key, and is not empty: "    b: c"`},
		{"a field without a key", "  b: c\n", `f:1: a field stands two spaces below its key, and is not empty: "  b: c"`},
		{"an empty field", "a:\n  b:\n", `f:2: a field stands two spaces below its key, and is not empty: "  b:"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := read("f", test.text, func(_, _, _ string) {})
			if err == nil || err.Error() != test.want {
				t.Errorf("have %v\nwant %s", err, test.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a: b\nc:\n  d: \"e\\n\"\n  see: [f, g]\n# h\n")
	f.Fuzz(func(t *testing.T, text string) {
		// Whatever the file, it is read or refused.
		_ = read("f", text, func(key, _, value string) {
			if key == "" || value == "" {
				t.Errorf("an empty key or value: %q %q", key, value)
			}
		})
	})
}
