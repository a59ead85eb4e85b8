package ladder

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/wire"
)

// Words says what a key means, as explain.Language does.
type Words interface {
	Say(key string, args map[string]any) string
}

// Options are how a ladder is to look. The zero value is 80 columns wide, plain.
type Options struct {
	Width   int      // of the terminal; 0: 80
	Hosts   []string // the columns; nil: who takes part, in the order of appearance
	Packets bool     // TCP's SYN, ACK and FIN, and the segments of each message, too
	Words   Words    // nil: findings show their keys
	Explain bool     // an explanation below each message; needs Words
	Fields  bool     // what each message is made of, below it; a mail's parts are decoded
	ASCII   bool     // no box drawing
	Color   bool     // with the terminal's colours
}

const defaultWidth = 80

// Write draws the messages, in the order given. Give them as they are known at
// the end, such as wire.Log has them.
func Write(w io.Writer, messages []*wire.Message, o Options) error {
	messages = Select(messages, o.Packets)
	hosts := o.Hosts
	if hosts == nil {
		hosts = Hosts(messages)
	}
	l := New(hosts, o)
	text := l.Header()
	for _, m := range messages {
		text += l.Message(m)
	}
	_, err := io.WriteString(w, text)
	return err
}

// Select leaves out what is only shown when packets are asked for.
func Select(messages []*wire.Message, packets bool) []*wire.Message {
	if packets {
		return messages
	}
	return slices.DeleteFunc(slices.Clone(messages), func(m *wire.Message) bool { return m.Packet })
}

// Hosts is who takes part, in the order of appearance. Groups are no hosts.
func Hosts(messages []*wire.Message) []string {
	var hosts []string
	for _, m := range messages {
		for _, e := range [...]wire.Endpoint{m.From, m.To} {
			if name := e.String(); !e.Group && !slices.Contains(hosts, name) {
				hosts = append(hosts, name)
			}
		}
	}
	return hosts
}

// Ladder draws one message after the other.
type Ladder struct {
	o       Options
	glyphs  glyphs
	width   int
	hosts   []string
	x       []int    // the columns' places; nil: there is no room for columns
	labels  []string // the hosts' names as they fit
	start   time.Time
	last    time.Time
	summary map[uint64]string // of the newest messages, for those that repeat them
}

// New returns a ladder with these columns. When they do not fit into the width,
// its messages are lines of the form "alice → www: GET / HTTP/1.1".
func New(hosts []string, o Options) *Ladder {
	l := &Ladder{o: o, hosts: hosts, width: o.Width, glyphs: unicodeGlyphs, summary: make(map[uint64]string)}
	if l.width <= 0 {
		l.width = defaultWidth
	}
	if o.ASCII {
		l.glyphs = asciiGlyphs
	}
	l.layOut()
	return l
}

// Join adds a column for each host that has none, and returns the header that
// shows them; empty, if there is nothing new. It is for a ladder that is drawn
// while its story goes on.
func (l *Ladder) Join(hosts ...string) string {
	news := false
	for _, host := range hosts {
		if !slices.Contains(l.hosts, host) {
			l.hosts = append(slices.Clone(l.hosts), host)
			news = true
		}
	}
	if !news {
		return ""
	}
	l.layOut()
	return l.Header()
}

// Header is the hosts' names above their columns.
func (l *Ladder) Header() string {
	if l.x == nil {
		return ""
	}
	line := newLine(l.width)
	for i, label := range l.labels {
		line.put(l.x[i]-textWidth(label)/2, label, bold)
	}
	return l.text(line) + l.text(l.rails())
}

// Message draws one message, with what there is to say of it below.
func (l *Ladder) Message(m *wire.Message) string {
	var b strings.Builder
	if l.start.IsZero() {
		l.start, l.last = m.Time, m.Time
	}
	if l.x != nil && m.End.Sub(l.last) >= pause {
		b.WriteString(l.text(l.pausing()))
	}
	l.last = m.End
	from, to := l.column(m.From), l.column(m.To)
	if m.To.Group && to < 0 && len(l.x) > 1 {
		if to = from + 1; to == len(l.x) {
			to = from - 1
		}
	}
	if from >= 0 && to >= 0 && from != to {
		l.arrow(&b, m, from, to)
	} else {
		l.plain(&b, m)
	}
	l.below(&b, m)
	l.remember(m)
	return b.String()
}

// pause is how long nothing must happen for the ladder to show it.
const pause = time.Second

// column is a host's, or -1.
func (l *Ladder) column(e wire.Endpoint) int {
	if l.x == nil {
		return -1
	}
	return slices.Index(l.hosts, e.String())
}

const remembered = 1024

// remember keeps a message's summary for its retransmission.
func (l *Ladder) remember(m *wire.Message) {
	if len(l.summary) >= remembered {
		clear(l.summary)
	}
	if m.Carries == 0 {
		l.summary[m.ID] = m.Summary
	}
}
