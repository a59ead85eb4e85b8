package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/explain"
)

// TestHelp reads the help of every verb in every language.
func TestHelp(t *testing.T) {
	for _, language := range explain.Languages() {
		t.Run(string(language), func(t *testing.T) {
			a := &app{lang: language, in: os.Stdin, out: t.Output(), err: t.Output()}
			readHelp(t, language, a.root())
		})
	}
}

func readHelp(t *testing.T, language explain.Language, c *cobra.Command) {
	t.Helper()
	if c.Hidden {
		return
	}
	text := c.Long + "\n" + c.UsageString()
	if strings.Contains(text, "⟦") || c.Short == "" || c.Long == "" {
		t.Errorf("%s has words that are not in the catalogue:\n%s", c.CommandPath(), text)
	}
	if c.HasParent() && !c.HasExample() && !c.Parent().HasExample() {
		t.Errorf("%s --help has no example", c.CommandPath())
	}
	for line := range strings.Lines(c.Example) {
		if !strings.HasPrefix(line, "  wirebook ") {
			t.Errorf("%s: an example that cannot be pasted: %q", c.CommandPath(), line)
		}
	}
	if language == explain.Chinese && !strings.ContainsFunc(c.Short, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }) {
		t.Errorf("%s: %q is not Chinese", c.CommandPath(), c.Short)
	}
	for _, child := range c.Commands() {
		readHelp(t, language, child)
	}
}

// TestExamplesParse holds the examples of --help against the flags that there are.
func TestExamplesParse(t *testing.T) {
	for key, text := range examples {
		for line := range strings.Lines(text) {
			words := strings.Fields(strings.NewReplacer("'", "", ">", "#", "|", "#").Replace(line))[1:]
			for i, word := range words {
				if word == "--" || word == "#" {
					words = words[:i]
					break
				}
			}
			a := &app{lang: explain.English, in: os.Stdin, out: t.Output(), err: t.Output()}
			c, rest, err := a.root().Find(words)
			if err == nil {
				err = c.ParseFlags(rest)
			}
			if err != nil {
				t.Errorf("example of %s: %s%v", key, line, err)
			}
		}
	}
}
