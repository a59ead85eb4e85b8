package check

import (
	"net/netip"
	"time"

	"github.com/wirebook/wirebook/frame"
)

// Verdict is how a case ended.
type Verdict int

// The verdicts. Six of them are ways to fail, and each is another thing to
// tell a student.
const (
	Pass        Verdict = iota
	Wrong               // it answered, and not as it should have
	Hang                // it did nothing any more, and there was something to do
	Crash               // it ended by a traceback, a signal or an error
	NoStart             // it could not be started, or ended before it did anything
	Interpreter         // it needs another version of its language, or a library
	Fault               // the check itself failed; the student cannot help it
	Skipped             // it cannot be judged on this system
)

var verdictNames = [...]string{"pass", "wrong", "hang", "crash", "no-start", "interpreter", "fault", "skipped"}

func (v Verdict) String() string { return verdictNames[v] }

// MarshalText writes the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Words are a sentence of the catalogue, to be said in the reader's language.
type Words struct {
	Key  string         `json:"key"` // without the leading "lab."
	Args map[string]any `json:"args,omitempty"`
}

// Say makes Words. Arguments come in pairs: a place's name, and what fills it.
func Say(key string, pairs ...any) Words {
	w := Words{Key: key}
	for i := 0; i+1 < len(pairs); i += 2 {
		if w.Args == nil {
			w.Args = make(map[string]any)
		}
		w.Args[pairs[i].(string)] = pairs[i+1]
	}
	return w
}

// Mistake is what is wrong with a program, as a case found it.
type Mistake struct {
	// Name is the mistake's, as in the catalogue: lab.<lab>.<name> says in one
	// to three sentences what it is and how it comes about; Args fill its
	// places. A name with a dot is taken whole: "mistake.silent".
	Name string
	Args map[string]any

	// Crash is true of a mistake that may show itself as the program's crash: then
	// it keeps its name.
	Crash bool

	// What should have come, and what came: a string is bytes of the protocol,
	// and is shown with its line ends; Words are a sentence.
	Expected, Actual any

	RFC  string // "RFC 9112 §2.1"
	Book string // "§2.2.3"

	// Where it was said: on a connection, in a datagram, or in what an IP packet
	// carries, Length bytes from Offset on in what the program had sent there. A
	// client's message of which no byte is wrong has 0 for both, and is only marked.
	Conn     *Conn
	Datagram *Datagram
	Packet   *Packet
	Offset   int
	Length   int
}

// Evidence is what the wire shows of a mistake.
type Evidence struct {
	Excerpt string `json:"excerpt,omitempty"` // the bytes, with a caret below the fault

	spot     spot
	protocol string
	frames   []frame.Frame
	names    func(netip.Addr) string
}

// Result is how one case ended.
type Result struct {
	Case     string        `json:"case"`
	Level    Level         `json:"level"`
	Verdict  Verdict       `json:"verdict"`
	Mistake  *Words        `json:"mistake,omitempty"`
	Expected *Shown        `json:"expected,omitempty"`
	Actual   *Shown        `json:"actual,omitempty"`
	RFC      string        `json:"rfc,omitempty"`
	Book     string        `json:"book,omitempty"`
	Evidence *Evidence     `json:"evidence,omitempty"`
	Remarks  []Words       `json:"remarks,omitempty"` // what is not wrong, and could be better
	Output   string        `json:"output,omitempty"`  // the last that the program printed, or its traceback
	Command  []string      `json:"command,omitempty"` // as it was started
	Took     time.Duration `json:"-"`
}

// Shown is one side of expected and actual: literal text of the protocol, or a
// sentence.
type Shown struct {
	Text  string `json:"text,omitempty"`
	Words *Words `json:"words,omitempty"`
}

func shown(v any) *Shown {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return &Shown{Text: v}
	case []byte:
		return &Shown{Text: string(v)}
	case Words:
		return &Shown{Words: &v}
	}
	panic("check: neither a text nor Words")
}

// Report is how a whole lab ended.
type Report struct {
	Lab     *Lab     `json:"-"`
	Name    string   `json:"lab"`
	Seed    uint64   `json:"seed"`
	Program []string `json:"program"`
	Results []Result `json:"cases"`
}

// Count is how many cases of a level there were, and how many passed; skipped
// ones are not counted.
func (r *Report) Count(level Level) (passed, all int) {
	for _, c := range r.Results {
		if c.Level != level || c.Verdict == Skipped {
			continue
		}
		all++
		if c.Verdict == Pass {
			passed++
		}
	}
	return passed, all
}

// Passed reports whether all required cases passed: the exercise is done.
func (r *Report) Passed() bool {
	passed, all := r.Count(Required)
	return all > 0 && passed == all
}
