package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// jsonCase is a case as JSON: what the check knows, and the words for it.
type jsonCase struct {
	check.Result
	Title   string  `json:"title"`
	Text    string  `json:"text,omitempty"`
	Again   string  `json:"again,omitempty"`
	Seconds float64 `json:"seconds"`
}

// JSON writes the report as one object.
//
//	lab, seed, program
//	passed     all required cases passed
//	cases      [{"case", "title", "level", "verdict", "mistake", "text", "expected",
//	           "actual", "rfc", "book", "evidence", "remarks", "output", "again", "seconds"}]
func (t Text) JSON(w io.Writer, r *check.Report) error {
	cases := make([]jsonCase, len(r.Results))
	for i := range r.Results {
		c := &r.Results[i]
		cases[i] = jsonCase{Result: *c, Title: t.say(r.Name + ".case." + c.Case), Seconds: c.Took.Seconds()}
		if c.Mistake != nil {
			cases[i].Text = t.words(*c.Mistake)
		}
		if c.Verdict != check.Pass && t.Again != nil {
			cases[i].Again = t.Again(c)
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		Lab     string     `json:"lab"`
		Seed    uint64     `json:"seed"`
		Program []string   `json:"program"`
		Passed  bool       `json:"passed"`
		Cases   []jsonCase `json:"cases"`
	}{r.Name, r.Seed, r.Program, r.Passed(), cases})
}

// gradescopeTest is a test in Gradescope's results.json.
type gradescopeTest struct {
	Name       string   `json:"name"`
	Score      float64  `json:"score"`
	MaxScore   float64  `json:"max_score"`
	Status     string   `json:"status"`
	Output     string   `json:"output"`
	Tags       []string `json:"tags"`
	Visibility string   `json:"visibility"`
}

// Gradescope writes the results.json of an autograder: a point for each case that
// the assignment requires, none for the others, which are listed all the same.
func (t Text) Gradescope(w io.Writer, r *check.Report) error {
	t.Color = false
	var tests []gradescopeTest
	for i := range r.Results {
		c := &r.Results[i]
		g := gradescopeTest{
			Name: t.say(r.Name + ".case." + c.Case), Status: "failed", Visibility: "visible", Tags: []string{c.Level.String(), c.Verdict.String()},
		}
		if c.Level == check.Required && c.Verdict != check.Skipped {
			g.MaxScore = 1
		}
		if c.Verdict == check.Pass {
			g.Score, g.Status = g.MaxScore, "passed"
		} else {
			b := &strings.Builder{}
			t.detail(b, r.Lab, c, make(map[string]string))
			g.Output = b.String()
		}
		tests = append(tests, g)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Output string           `json:"output"`
		Tests  []gradescopeTest `json:"tests"`
	}{fmt.Sprintf("%s. %s", t.say(r.Name+".title"), t.say("report.seed", "Seed", r.Seed)), tests})
}
