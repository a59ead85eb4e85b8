package console

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/wirebook/wirebook/world"
)

// maxCommands is how many commands run at a time.
const maxCommands = 16

// maxOutput is how much of what a command writes is sent, in bytes.
const maxOutput = 4 << 20

// commandRequest is a line as it was typed.
type commandRequest struct {
	Line string `json:"line"`
}

// output is a line of the answer: what a command has written, or how it has ended.
type output struct {
	Out  string `json:"out,omitempty"`
	Err  string `json:"err,omitempty"`
	Cut  bool   `json:"cut,omitempty"` // what it writes from here on is left out
	Exit *int   `json:"exit,omitempty"`
}

// run runs a command on a host, and sends what it writes as it comes, a JSON value a
// line. It is interrupted when the browser hangs up.
func (p *Page) run(w http.ResponseWriter, r *http.Request) {
	var q commandRequest
	if !read(w, r, &q) {
		return
	}
	args, err := split(q.Line)
	if err != nil {
		fail(w, r, http.StatusBadRequest, err)
		return
	}
	select {
	case p.commands <- struct{}{}:
		defer func() { <-p.commands }()
	default:
		fail(w, r, http.StatusTooManyRequests, errCommands)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := context.AfterFunc(p.ended, cancel)
	defer stop()
	w.Header().Set("Content-Type", "application/x-ndjson")
	s := &sender{to: json.NewEncoder(w), control: http.NewResponseController(w), left: maxOutput}
	exit := p.options.CommandLine.Run(ctx, world.Command{
		Host: r.PathValue("host"), Args: args, Language: string(languageOf(r)),
		Stdout: writer(func(b []byte) { s.send(output{Out: string(b)}) }), Stderr: writer(func(b []byte) { s.send(output{Err: string(b)}) }),
	})
	s.say(output{Exit: &exit})
}

// sender sends what a command writes.
type sender struct {
	mu      sync.Mutex
	to      *json.Encoder
	control *http.ResponseController
	left    int
}

func (s *sender) send(o output) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left <= 0 {
		return
	}
	s.left -= len(o.Out) + len(o.Err)
	o.Cut = s.left <= 0
	s.say(o)
}

func (s *sender) say(o output) {
	if s.to.Encode(o) == nil {
		_ = s.control.Flush() // the browser may have left; the command then ends
	}
}

// writer is a function that is an io.Writer.
type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

// complete says what the last word of a line can become.
func (p *Page) complete(w http.ResponseWriter, r *http.Request) {
	var q commandRequest
	if !read(w, r, &q) {
		return
	}
	words, err := split(q.Line)
	if err != nil || len(words) == 0 || strings.HasSuffix(q.Line, " ") {
		words = append(words, "")
	}
	found := p.options.CommandLine.Complete(r.Context(), r.PathValue("host"), words)
	reply(w, append([]world.Completion{}, found...))
}

// split takes a line apart into words, as a shell does: at spaces that are not
// quoted.
func split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	begun, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			begun, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			begun, quote = true, r
		case r == ' ' || r == '\t':
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			begun = true
			word.WriteRune(r)
		}
	}
	if begun {
		words = append(words, word.String())
	}
	if quote != 0 || escaped {
		return words, errQuote
	}
	return words, nil
}
