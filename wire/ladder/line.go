package ladder

import (
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/rivo/uniseg"
)

// style is how a cell looks, as a set of flags.
type style uint8

const (
	bold style = 1 << iota
	dim
	red
	green
	yellow
	cyan
)

var codes = [...]string{"1", "2", "31", "32", "33", "36"}

// line is one line of the terminal, cell by cell. A wide character has two
// cells, of which the second is empty.
type line struct {
	cells  []string
	styles []style
}

func newLine(width int) *line {
	l := &line{cells: make([]string, width), styles: make([]style, width)}
	for i := range l.cells {
		l.cells[i] = " "
	}
	return l
}

// measure knows that Chinese characters are two cells wide and that box drawing
// is one, whatever the locale.
var measure = &runewidth.Condition{}

func textWidth(s string) int { return measure.StringWidth(s) }

// put writes text from column x on. What does not fit is left out.
func (l *line) put(x int, text string, s style) {
	for graphemes := uniseg.NewGraphemes(text); graphemes.Next(); {
		cluster := graphemes.Str()
		width := textWidth(cluster)
		if width == 0 {
			continue
		}
		if x < 0 || x+width > len(l.cells) {
			return
		}
		l.clear(x)
		l.clear(x + width - 1)
		l.cells[x], l.styles[x] = cluster, s
		for i := x + 1; i < x+width; i++ {
			l.cells[i], l.styles[i] = "", s
		}
		x += width
	}
}

// clear makes room at x: half of a wide character cannot stay.
func (l *line) clear(x int) {
	if l.cells[x] == "" && x > 0 {
		l.cells[x-1] = " "
	}
	if x+1 < len(l.cells) && l.cells[x+1] == "" && l.cells[x] != "" {
		l.cells[x+1] = " "
	}
	l.cells[x] = " "
}

// text is the line with its end, in colours if they are wanted.
func (l *Ladder) text(row *line) string {
	last := len(row.cells)
	for last > 0 && row.cells[last-1] == " " {
		last--
	}
	var b strings.Builder
	now := style(0)
	for i, cell := range row.cells[:last] {
		if s := row.styles[i]; l.o.Color && s != now && cell != " " {
			b.WriteString(escape(s))
			now = s
		}
		b.WriteString(cell)
	}
	if now != 0 {
		b.WriteString("\x1b[0m")
	}
	b.WriteByte('\n')
	return b.String()
}

func escape(s style) string {
	code := "\x1b[0"
	for i, c := range codes {
		if s&(1<<i) != 0 {
			code += ";" + c
		}
	}
	return code + "m"
}

// fit cuts text to a width, with an ellipsis.
func fit(text string, width int) string {
	if width <= 0 {
		return ""
	}
	return measure.Truncate(text, width, "…")
}

// wrap breaks text into lines, between words, or between characters where a
// language has no spaces.
func wrap(text string, width int) []string {
	if width < 8 {
		width = 8
	}
	var lines []string
	var now strings.Builder
	used, state := 0, -1
	for len(text) > 0 {
		var segment string
		var must bool
		segment, text, must, state = uniseg.FirstLineSegmentInString(text, state)
		size := textWidth(strings.TrimRight(segment, " \n"))
		if used > 0 && used+size > width {
			lines, used = append(lines, strings.TrimRight(now.String(), " ")), 0
			now.Reset()
		}
		now.WriteString(strings.TrimRight(segment, "\n"))
		used += textWidth(segment)
		if must && len(text) > 0 {
			lines, used = append(lines, strings.TrimRight(now.String(), " ")), 0
			now.Reset()
		}
	}
	if now.Len() > 0 {
		lines = append(lines, strings.TrimRight(now.String(), " "))
	}
	return lines
}
