// Package report prints what came out of a check: for people, for programs, and
// for Gradescope.
package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/ladder"
)

// Text prints reports for people.
type Text struct {
	Lang  explain.Language
	Width int
	Color bool

	// Again is the command that judges a case once more.
	Again func(c *check.Result) string
}

// words are the catalogue's, without the leading "lab." of a check's keys.
func (t Text) say(key string, pairs ...any) string {
	return t.words(check.Say(key, pairs...))
}

func (t Text) words(w check.Words) string { return t.Lang.Say("lab."+w.Key, w.Args) }

// Say makes a finding's key a sentence: for a ladder, in which the mistake is
// one.
func (t Text) Say(key string, args map[string]any) string {
	if rest, ok := strings.CutPrefix(key, "lab."); ok {
		return t.words(check.Words{Key: rest, Args: args})
	}
	return t.Lang.Say(key, args)
}

// colon and comma are those of the language.
func (t Text) colon() string {
	if t.Lang == explain.Chinese {
		return "："
	}
	return ": "
}

func (t Text) comma() string {
	if t.Lang == explain.Chinese {
		return "，"
	}
	return ", "
}

// Line is a case in one line.
func (t Text) Line(lab *check.Lab, c *check.Result) string {
	mark, color := "✗", red
	switch c.Verdict {
	case check.Pass:
		mark, color = "✓", green
	case check.Skipped, check.Fault:
		mark, color = "–", yellow
	}
	line := fmt.Sprintf("  %s %s", t.paint(color, mark), t.say(lab.Name+".case."+c.Case))
	if c.Verdict != check.Pass {
		line += t.colon() + t.paint(color, t.say("verdict."+c.Verdict.String()))
	}
	return line + t.paint(dim, fmt.Sprintf("  %s, %s", c.Case, c.Took.Round(time.Millisecond)))
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
	dim    = "2"
)

func (t Text) paint(color, text string) string {
	if !t.Color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// Write prints the whole report: the cases by level, and what is to be said of
// those that did not pass.
func (t Text) Write(w io.Writer, r *check.Report) error {
	b := &strings.Builder{}
	var told []string
	first := make(map[string]string) // the case in which a mistake was shown
	for i := range r.Results {
		c := &r.Results[i]
		if c.Verdict != check.Pass {
			if key := whole(c); key != "" && len(told) > 0 && told[len(told)-1] == key {
				continue // every case says the same of a program that does not start
			} else if key != "" {
				told = append(told, key)
			}
			t.detail(b, r.Lab, c, first)
		}
	}
	t.remarks(b, r)
	t.summary(b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

// whole is the same for all cases of a program that never began.
func whole(c *check.Result) string {
	if c.Verdict != check.NoStart && c.Verdict != check.Interpreter || c.Mistake == nil {
		return ""
	}
	return c.Mistake.Key + c.Output
}

// same is equal for cases that failed by the same mistake.
func (t Text) same(c *check.Result) string {
	switch {
	case c.Mistake == nil:
		return ""
	case strings.HasPrefix(c.Mistake.Key, "mistake."): // what exactly, is in its words
		return c.Verdict.String() + t.words(*c.Mistake)
	}
	return c.Verdict.String() + c.Mistake.Key
}

// detail shows what is to be said of a case. A mistake that many cases run into is
// shown in the first of them.
func (t Text) detail(b *strings.Builder, lab *check.Lab, c *check.Result, first map[string]string) {
	fmt.Fprintf(b, "\n%s\n", t.paint(bold, c.Case+t.colon()+t.say(lab.Name+".case."+c.Case)))
	if key := t.same(c); key != "" && first[key] != "" {
		t.paragraph(b, t.say("report.same", "Verdict", t.say("verdict."+c.Verdict.String()), "Case", first[key]))
	} else {
		first[key] = c.Case
		t.failure(b, c)
	}
	if t.Again != nil {
		fmt.Fprintf(b, "  %s %s\n", t.say("report.again"), t.Again(c))
	}
}

func (t Text) failure(b *strings.Builder, c *check.Result) {
	text := t.say("verdict." + c.Verdict.String())
	if c.Mistake != nil {
		text += t.colon() + t.words(*c.Mistake)
	}
	t.paragraph(b, text)
	for _, side := range []struct {
		name string
		what *check.Shown
	}{{"report.expected", c.Expected}, {"report.actual", c.Actual}} {
		if side.what != nil {
			fmt.Fprintf(b, "  %s%s%s\n", t.say(side.name), t.colon(), t.shown(side.what))
		}
	}
	if c.Evidence != nil {
		indent(b, c.Evidence.Excerpt, "    ")
	}
	t.reading(b, c)
	t.ladder(b, c)
	if c.Output != "" {
		fmt.Fprintf(b, "  %s\n", strings.TrimSpace(t.say("report.output")+t.colon()))
		indent(b, c.Output, "    │ ")
	}
}

func (t Text) shown(s *check.Shown) string {
	if s.Words != nil {
		return t.words(*s.Words)
	}
	return strings.NewReplacer("\r", `\r`, "\n", `\n`, "\t", `\t`).Replace(strings.ToValidUTF8(s.Text, "�"))
}

func (t Text) reading(b *strings.Builder, c *check.Result) {
	var where []string
	if c.RFC != "" {
		where = append(where, c.RFC)
	}
	if c.Book != "" {
		where = append(where, t.say("report.book", "Section", c.Book))
	}
	if len(where) > 0 {
		fmt.Fprintf(b, "  %s%s%s\n", t.say("report.rfc"), t.colon(), strings.Join(where, t.comma()))
	}
}

func (t Text) ladder(b *strings.Builder, c *check.Result) {
	if c.Evidence == nil || c.Mistake == nil {
		return
	}
	mark := dissect.Finding{Key: "lab." + c.Mistake.Key, Args: c.Mistake.Args, Severity: dissect.Wrong}
	drawn := &strings.Builder{}
	err := c.Evidence.WriteLadder(drawn, mark, ladder.Options{Width: t.Width - 4, Words: t, Color: t.Color})
	if err == nil && drawn.Len() > 0 {
		fmt.Fprintf(b, "  %s\n", strings.TrimSpace(t.say("report.conversation")+t.colon()))
		indent(b, drawn.String(), "  ")
	}
}

func (t Text) paragraph(b *strings.Builder, text string) {
	for _, line := range explain.Wrap(text, max(t.Width-2, 40)) {
		fmt.Fprintf(b, "  %s\n", line)
	}
}

func indent(b *strings.Builder, text, by string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		if strings.TrimSpace(line) != "" {
			b.WriteString(by + line)
		}
	}
}

// remarks are what could be better, each once, however many cases noticed it.
func (t Text) remarks(b *strings.Builder, r *check.Report) {
	told := make(map[string]bool)
	for _, c := range r.Results {
		for _, remark := range c.Remarks {
			text := t.words(remark)
			if !told[text] {
				b.WriteString("\n")
				t.paragraph(b, t.say("report.remark")+t.colon()+text)
			}
			told[text] = true
		}
	}
}

func (t Text) summary(b *strings.Builder, r *check.Report) {
	b.WriteString("\n")
	for _, level := range []check.Level{check.Required, check.Optional, check.Robustness} {
		if passed, all := r.Count(level); all > 0 {
			fmt.Fprintf(b, "%s%s%s   ", t.say("level."+level.String()), t.colon(), t.say("report.passed", "Passed", passed, "All", all))
		}
	}
	done, color := "report.notdone", red
	if r.Passed() {
		done, color = "report.done", green
	}
	fmt.Fprintf(b, "%s\n%s\n", t.say("report.seed", "Seed", r.Seed), t.paint(color, t.say(done)))
}
