package check

import (
	"cmp"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// keyboard types for the student: what a prompt asks for, when the program
// waits for it.
type keyboard struct {
	mu      sync.Mutex
	file    *os.File
	closed  bool
	answers []answer
	program *Program
	seen    string // all output up to the last prompt that was answered
	blind   int    // answers that were typed without a prompt
	asks    bool   // it was last seen to wait for input, or behind a prompt
}

type answer struct {
	prompt *regexp.Regexp
	menu   *regexp.Regexp
	text   string
	once   bool // it is typed only once
}

func newKeyboard(file *os.File, answers []answer, p *Program) *keyboard {
	return &keyboard{file: file, answers: answers, program: p}
}

// The program is given a moment to say more before a prompt is taken for one;
// and one that asks without a prompt must wait longer.
const (
	promptRests = 100 * time.Millisecond
	silentRests = 700 * time.Millisecond
)

// most is how often the keyboard answers: a program that asks for ever is not
// kept busy by it.
const most = 200

// look types the answer if the program waits for one. reading says that it is
// known to; else an unfinished line that rests is taken for a prompt.
func (k *keyboard) look(reading bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asks = reading || strings.TrimSpace(k.program.output.prompt()) != ""
	if k.closed || k.blind >= most {
		return
	}
	// What is typed is not echoed, so prompts follow each other on one line: only
	// what came since the last answer is this one's.
	all := k.program.output.String()
	since := all[commonLength(all, k.seen):]
	prompt := since[strings.LastIndexByte(since, '\n')+1:]
	rests := k.program.idle()
	fresh := strings.TrimSpace(prompt) != "" && all != k.seen
	switch {
	case fresh && rests >= promptRests:
	case reading && rests >= silentRests:
		prompt = lastLine(since)
	default:
		return
	}
	for i, a := range k.answers {
		if a.prompt.MatchString(strings.ToLower(prompt)) {
			if a.once {
				k.answers = slices.Delete(k.answers, i, i+1)
			}
			k.seen = all
			k.blind++
			k.write(cmp.Or(a.chosen(all), a.text) + "\n")
			return
		}
	}
}

var item = regexp.MustCompile(`(\d+)\s*[.)、:：\]=\-]+\s*([^\d\n]*)`)

// chosen is the number of the item that fits, if a menu was printed: 2. Download.
func (a *answer) chosen(printed string) string {
	if a.menu == nil {
		return ""
	}
	for _, i := range item.FindAllStringSubmatch(strings.ToLower(printed), -1) {
		if a.menu.MatchString(i[2]) {
			return i[1]
		}
	}
	return ""
}

// lastLine is the last line that says something: the prompt of those who end
// their prompts with a newline.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

func commonLength(all, seen string) int {
	if strings.HasPrefix(all, seen) {
		return len(seen)
	}
	return 0
}

func (k *keyboard) enter(line string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.write(line + "\n")
	}
}

// write must not wait for a program that does not read.
func (k *keyboard) write(text string) {
	_ = k.file.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = io.WriteString(k.file, text)
}

func (k *keyboard) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.closed = true
		k.file.Close()
	}
}
