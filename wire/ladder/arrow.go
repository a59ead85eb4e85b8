package ladder

import (
	"fmt"
	"strings"
	"time"

	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/dissect"
)

// glyphs are the characters that a ladder is drawn with.
type glyphs struct {
	rail, pause, cross    string
	startRight, startLeft string
	shaft, broken         string
	right, left           string
	allRight, allLeft     string // to everybody
	lost, again, changed  string
	finding, to, dot      string
}

var unicodeGlyphs = glyphs{
	rail: "│", pause: "┊", cross: "┼", startRight: "├", startLeft: "┤", shaft: "─", broken: "╌",
	right: "▶", left: "◀", allRight: "▷", allLeft: "◁", lost: "✗", again: "↻", changed: "≠", finding: "!", to: "→", dot: "·",
}

var asciiGlyphs = glyphs{
	rail: "|", pause: ":", cross: "+", startRight: "|", startLeft: "|", shaft: "-", broken: "-",
	right: ">", left: "<", allRight: ">", allLeft: "<", lost: "x", again: "(again)", changed: "(changed)", finding: "!", to: "->", dot: "-",
}

// besides makes the glyphs those of what is said on a connection beside the
// conversation's own: FTP's files are drawn with a double line.
func (g glyphs) besides() *glyphs {
	if g.shaft == asciiGlyphs.shaft {
		g.shaft = "="
		return &g
	}
	g.shaft, g.cross, g.startRight, g.startLeft = "═", "╪", "╞", "╡"
	return &g
}

// arrow draws a message from one column to another, its summary on the arrow
// if there is room, else above it.
func (l *Ladder) arrow(b *strings.Builder, m *wire.Message, from, to int) {
	a, label := l.shape(m, from, to), l.label(m)
	row := l.rails()
	a.draw(row)
	start, end := a.room()
	fits := textWidth(label)+2 <= end-start
	if fits {
		l.stamp(row, m)
		row.put(start, " "+label+" ", a.style|bold)
		start += textWidth(label) + 2
	} else {
		l.above(b, m, a, label)
	}
	note := l.putNote(row, a, m, start)
	b.WriteString(l.text(row))
	if note != "" {
		l.paragraph(b, "", note, yellow)
	}
}

// above writes a label that is too long for its arrow on a line of its own.
func (l *Ladder) above(b *strings.Builder, m *wire.Message, a shape, label string) {
	row := l.rails()
	l.stamp(row, m)
	start := a.low + 2
	if over := start + textWidth(label) - l.width; over > 0 { // too long for what is right of the arrow's start
		start = max(timeColumn+1, start-over)
	}
	row.put(start, fit(label, l.width-start), a.style|bold)
	b.WriteString(l.text(row))
}

// shape is where an arrow runs and what it looks like.
type shape struct {
	*glyphs
	low, high int // its ends' columns, left and right
	reverse   int // 1 when it points to the left
	lost      bool
	group     bool
	x         []int
	style     style
}

func (l *Ladder) shape(m *wire.Message, from, to int) shape {
	a := shape{glyphs: &l.glyphs, low: l.x[from], high: l.x[to], lost: m.Lost, group: m.To.Group, x: l.x, style: l.styleOf(m)}
	if m.Beside {
		a.glyphs = l.glyphs.besides()
	}
	if a.low > a.high {
		a.low, a.high, a.reverse = a.high, a.low, 1
	}
	return a
}

// draw draws the arrow into a line that has the rails.
func (a shape) draw(row *line) {
	shaft := a.shaft
	if a.lost {
		shaft = a.broken
	}
	for x := a.low + 1; x < a.high; x++ {
		row.put(x, shaft, a.style)
	}
	for _, x := range a.x {
		if x > a.low && x < a.high {
			row.put(x, a.cross, dim)
		}
	}
	right, left := a.right, a.left
	if a.group {
		right, left = a.allRight, a.allLeft
	}
	if a.reverse == 1 {
		row.put(a.high, a.startLeft, dim)
		row.put(a.low+1, left, a.style)
	} else {
		row.put(a.low, a.startRight, dim)
		row.put(a.high-1, right, a.style)
	}
	if a.lost {
		a.breakOff(row)
	}
}

// middle is where a lost message's arrow breaks off.
func (a shape) middle() int { return (a.low + a.high) / 2 }

// room is the part of the shaft on which a label may stand.
func (a shape) room() (start, end int) {
	start, end = a.low+2+a.reverse, a.high-2+a.reverse
	switch {
	case a.lost && a.reverse == 1:
		start = a.middle() + 2
	case a.lost:
		end = a.middle() - 1
	}
	return start, end
}

// breakOff takes the second half of the arrow away.
func (a shape) breakOff(row *line) {
	from, to, head, cross := a.middle(), a.high-1, a.right, a.middle()+2
	if a.reverse == 1 {
		from, to, head, cross = a.low+1, a.middle(), a.left, a.middle()-2
	}
	for x := from; x <= to; x++ {
		row.put(x, " ", 0)
	}
	for _, x := range a.x {
		if x >= from && x <= to {
			row.put(x, a.rail, dim)
		}
	}
	row.put(a.middle(), head, a.style)
	row.put(cross, a.glyphs.lost, red|bold)
}

// putNote writes what happened to the message: where it was lost, or beside the
// arrow's end, or on its shaft right of free. What has no room is returned.
func (l *Ladder) putNote(row *line, a shape, m *wire.Message, free int) string {
	note := l.note(m)
	size := textWidth(note)
	switch at := a.high - 3 - size; {
	case note == "":
	case m.Lost && a.reverse == 1:
		row.put(max(a.middle()-3-size, timeColumn), note, red)
	case m.Lost:
		row.put(a.middle()+4, fit(note, l.width-a.middle()-4), red)
	case a.high+2+size <= l.width:
		row.put(a.high+2, note, yellow)
	case at > free+1:
		row.put(at, note, yellow)
	default:
		return note
	}
	return ""
}

// label is what stands on the arrow.
func (l *Ladder) label(m *wire.Message) string {
	label := m.Summary
	if again, ok := l.summary[m.Carries]; ok && m.Carries != 0 {
		label = again + " " + l.glyphs.dot + " " + m.Summary
	}
	if m.Key == "message.tcp.retransmission" {
		label = l.glyphs.again + " " + strings.TrimSuffix(label, " (retransmission)")
	}
	if len(m.Findings) > 0 {
		label = l.glyphs.finding + " " + label
	}
	return l.plainText(label)
}

// plainText keeps what is drawn in ASCII to ASCII, as far as it is ours.
func (l *Ladder) plainText(text string) string {
	if !l.o.ASCII {
		return text
	}
	return toASCII.Replace(text)
}

var toASCII = strings.NewReplacer("…", "...", "§", "section ", "→", "->", "·", "-")

// note tells the fate of the message's packets.
func (l *Ladder) note(m *wire.Message) string {
	switch {
	case len(m.Losses) == 0 && m.Fate == 0:
		return ""
	case len(m.Losses) == 0:
		return l.fate(m)
	}
	loss := m.Losses[0]
	key, how, where := "ladder.lost", "lost on ", "?"
	if by := loss.By(); by != "" {
		key, how, where = "ladder.discarded", "dropped by ", by
	} else if loss.Link != nil {
		where = loss.Link.Name
	}
	args := map[string]any{"Link": where, "Node": where, "Lost": len(m.Losses), "All": m.Carriers}
	if m.Lost {
		return l.say(key, args, how+where)
	}
	return l.glyphs.lost + " " + l.say(key+".part", args, fmt.Sprintf("%d/%d %s%s", len(m.Losses), m.Carriers, how, where))
}

func (l *Ladder) say(key string, args map[string]any, otherwise string) string {
	if l.o.Words == nil {
		return otherwise
	}
	return l.o.Words.Say(key, args)
}

// stamp writes when the message had been sent.
func (l *Ladder) stamp(row *line, m *wire.Message) {
	text := since(m.End.Sub(l.start))
	row.put(max(timeColumn-1-len(text), 0), text, dim)
}

// since is a time in at most ten characters.
func since(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + since(-d)
	case d < time.Second:
		return fmt.Sprintf("%.3f ms", float64(d)/float64(time.Millisecond))
	case d < 1000*time.Second:
		return fmt.Sprintf("%.3f s", d.Seconds())
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d:%02d:%02d", d/time.Hour, d/time.Minute%60, d/time.Second%60)
}

func (l *Ladder) styleOf(m *wire.Message) style {
	worst, found := m.Worst()
	switch {
	case m.Lost, found && worst == dissect.Wrong:
		return red
	case found && worst == dissect.Warning:
		return yellow
	case m.Packet:
		return dim
	case m.Answers != 0:
		return green
	}
	return cyan
}
