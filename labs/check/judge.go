package check

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wirebook/wirebook/guest"
)

// Wrong ends the case: the program has made this mistake.
func (t *T) Wrong(m Mistake) {
	t.result.Verdict = Wrong
	t.mistake(m)
}

// Await ends the case unless end is Done: then what m expects has not come. How
// the program ended decides what it is called: a crash, a hang, or, if the program
// goes on and has only closed the connection, the mistake m.
func (t *T) Await(end End, m Mistake) {
	switch end {
	case Done:
		return
	case Idle, Late:
		if end == Idle && t.program() != nil && t.program().Crashed() {
			t.crash(m) // of one thread: the others wait for ever
		}
		t.result.Verdict = Hang
		if end == Late {
			t.busy()
		}
	case Closed, Reset, Exited:
		t.result.Verdict = Wrong
		if t.crashed(end, m.Conn) {
			t.crash(m)
		}
	}
	t.mistake(m)
}

// crashed reports whether the program has ended by an error. A connection that
// has ended may be the first sign of that, so it is given a moment to end. Of one
// that goes on, the traceback counts that it has printed since the connection on which
// something is wrong: that of another one is another matter.
func (t *T) crashed(end End, c *Conn) bool {
	if t.program() == nil {
		return false
	}
	if end != Exited {
		for began := time.Now(); !t.program().hasEnded() && time.Since(began) < 2*time.Second && t.program().idle() < time.Second; {
			time.Sleep(poll)
		}
	}
	if !t.program().hasEnded() {
		output := t.program().Output()
		if c != nil {
			output = output[min(c.before, len(output)):]
		}
		return hasTraceback(output)
	}
	return t.program().Code() != 0 || t.program().err != nil
}

// busy says of a program that has used up the case's time that it computed: an
// endless loop is another bug than waiting for ever.
func (t *T) busy() {
	if t.program() != nil && t.program().output.flooded() {
		t.mistake(Mistake{Name: "mistake.flood"})
	}
	if t.program() != nil && t.program().computes() {
		t.mistake(Mistake{Name: "mistake.busy"})
	}
}

// Expect ends the case with m unless ok.
func (t *T) Expect(ok bool, m Mistake) {
	if !ok {
		t.Wrong(m)
	}
}

// Remark notes what is not wrong, and could be better: lab.<lab>.<name>.
func (t *T) Remark(name string, pairs ...any) {
	w := Say(name, pairs...)
	w.Key = t.key(name)
	for _, r := range t.result.Remarks {
		if r.Key == w.Key {
			return
		}
	}
	t.result.Remarks = append(t.result.Remarks, w)
}

// Skip ends the case: it cannot be judged here.
func (t *T) Skip(name string) {
	t.result.Verdict = Skipped
	t.result.Mistake = &Words{Key: t.key(name)}
	panic(stopped{})
}

// fault ends the case: the check has failed, not the program.
func (t *T) fault(err error) {
	t.result.Verdict = Fault
	if t.ctx != nil && t.ctx.Err() != nil && errors.Is(t.ctx.Err(), errInterrupted) {
		t.result.Verdict = Skipped
	}
	t.result.Output = err.Error()
	panic(stopped{})
}

var errInterrupted = errors.New("interrupted")

// key is the catalogue's for a name of this lab, without "lab.".
func (t *T) key(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return t.lab.Name + "." + name
}

// mistake writes what is known of a mistake, and ends the case.
func (t *T) mistake(m Mistake) {
	if program := t.startedInstead(); program != "" && t.result.Verdict != Interpreter {
		t.result.Verdict = Wrong
		m = Mistake{Name: "mistake.instead", Args: map[string]any{"Program": program}}
	}
	t.result.Mistake = &Words{Key: t.key(m.Name), Args: m.Args}
	t.result.Expected, t.result.Actual = shown(m.Expected), shown(m.Actual)
	t.result.RFC, t.result.Book = m.RFC, m.Book
	t.result.Evidence = t.evidence(m)
	panic(stopped{})
}

// crash ends the case: the program has ended by an error, while m was awaited.
func (t *T) crash(m Mistake) {
	out := t.work.outside(t.program().Output())
	c := diagnose(out)
	t.result.Verdict = c.verdict
	t.result.Output = c.text
	var status guest.Status // of a program that has printed a traceback and goes on, it is not known
	if t.program().hasEnded() {
		status = t.program().status
	}
	args := map[string]any{"Error": c.last, "Status": status.String()}
	name := c.name
	if exceeded := status.Exceeded; exceeded != "" {
		name, args["Limit"] = "mistake.limit", exceeded
	} else if t.program().output.flooded() {
		name = "mistake.flood"
	} else if c.last == "" {
		name = "mistake.ended"
	}
	m.Actual = nil
	if !m.Crash || c.verdict == Interpreter || name == "mistake.limit" {
		m.Name, m.Args = name, args
	}
	t.mistake(m)
}

// neverListened ends the case of a program that should listen and does not.
func (t *T) neverListened(p *Program, transport string, end End) {
	other := "udp"
	if transport == "udp" {
		other = "tcp"
	}
	if at, ok := p.listens(other); ok {
		t.Wrong(Mistake{Name: "mistake.transport", Args: map[string]any{
			"Wanted": strings.ToUpper(transport), "Found": strings.ToUpper(other), "Port": fmt.Sprint(at.Port()),
		}})
	}
	t.Await(end, Mistake{Name: "mistake.silent-server", Args: map[string]any{"Transport": strings.ToUpper(transport)}})
}

// Tried is whom the program wanted to speak with, as "tcp 10.53.1.1:25", in its
// order: what a client that came to the wrong door is told.
func (t *T) Tried() (all []string) {
	if t.lan == nil {
		return nil
	}
	for _, p := range t.lan.strange.wanted() {
		transport := "udp"
		if p.tcp {
			transport = "tcp"
		}
		name := t.ground.nameOf(p.at.Addr())
		if name == "" {
			name = p.at.Addr().String()
		}
		all = append(all, fmt.Sprintf("%s %s:%d", transport, name, p.at.Port()))
	}
	return all
}

// Accepted ends the case unless end is Done: no connection came. It says whom the
// program tried instead.
func (t *T) Accepted(end End, m Mistake) {
	if tried := t.Tried(); end != Done && len(tried) > 0 && m.Actual == nil {
		m.Actual = strings.Join(tried, ", ")
	}
	t.Await(end, m)
}
