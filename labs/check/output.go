package check

import (
	"bytes"
	"strings"
	"sync"
	"time"
)

// output is what a program prints, on both streams, in the order in which it
// came.
type output struct {
	mu    sync.Mutex
	text  []byte
	last  time.Time
	flood func() // called once there is too much
}

// mostOutput is how much a program may print.
const mostOutput = 1 << 20

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = time.Now()
	if room := mostOutput - len(o.text); len(p) > room {
		o.text = append(o.text, p[:max(room, 0)]...)
		if o.flood != nil {
			go o.flood()
			o.flood = nil
		}
		return len(p), nil
	}
	o.text = append(o.text, p...)
	return len(p), nil
}

func (o *output) flooded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.text) >= mostOutput
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

func (o *output) lastWritten() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}

// prompt is what stands on the last line, which has no end yet.
func (o *output) prompt() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text[bytes.LastIndexByte(o.text, '\n')+1:])
}

// tail is the end of a text: at most that many lines, without invalid bytes.
func tail(text string, lines int) string {
	text = strings.TrimRight(strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "�"), "\n ")
	all := strings.Split(text, "\n")
	if len(all) > lines {
		all = append([]string{"…"}, all[len(all)-lines:]...)
	}
	for i, line := range all {
		const widest = 300
		if runes := []rune(line); len(runes) > widest {
			all[i] = string(runes[:widest]) + "…"
		}
	}
	return strings.Join(all, "\n")
}
