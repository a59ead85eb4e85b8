package ladder

import "strings"

const (
	timeColumn = 11 // "  0.412 ms "
	minGap     = 12 // between two columns: room for an arrow and a word
)

// layOut finds the columns' places. Names that are too long for their column
// lose their domain first, and then their end.
func (l *Ladder) layOut() {
	l.x, l.labels = nil, nil
	n := len(l.hosts)
	if n == 0 || n == 1 && l.width < timeColumn+minGap {
		return
	}
	for _, label := range [...]func(string) string{func(s string) string { return s }, firstLabel} {
		labels := make([]string, n)
		for i, host := range l.hosts {
			labels[i] = label(host)
		}
		if l.tryLayout(labels, false) {
			return
		}
	}
	labels := make([]string, n)
	for i, host := range l.hosts {
		labels[i] = firstLabel(host)
	}
	l.tryLayout(labels, true)
}

// tryLayout places the columns so that all lie in the width; cut allows names to
// be shortened to the room between columns.
func (l *Ladder) tryLayout(labels []string, cut bool) bool {
	n := len(labels)
	left, right := timeColumn+1, l.width-2
	if !cut {
		left += textWidth(labels[0]) / 2
		right -= textWidth(labels[n-1])/2 - 1
	} else {
		left, right = left+3, right-3
	}
	if n == 1 {
		l.x, l.labels = []int{left}, labels
		return true
	}
	gap := (right - left) / (n - 1)
	if gap < minGap {
		return false
	}
	for i, label := range labels {
		room := gap - 1
		if cut && (i == 0 || i == n-1) {
			room = 7
		}
		if textWidth(label) <= room {
			continue
		}
		if !cut {
			return false
		}
		labels[i] = fit(label, room)
	}
	l.labels, l.x = labels, make([]int, n)
	for i := range l.x {
		l.x[i] = left + i*(right-left)/(n-1)
	}
	return true
}

// firstLabel is a host's name without its domain; an address stays whole.
func firstLabel(name string) string {
	first, rest, _ := strings.Cut(name, ".")
	if rest == "" || strings.Trim(first, "0123456789") == "" {
		return name
	}
	return first
}

// rails is a line with nothing but the columns.
func (l *Ladder) rails() *line {
	line := newLine(l.width)
	for _, x := range l.x {
		line.put(x, l.glyphs.rail, dim)
	}
	return line
}

// pausing is a line that shows that time has passed.
func (l *Ladder) pausing() *line {
	line := newLine(l.width)
	for _, x := range l.x {
		line.put(x, l.glyphs.pause, dim)
	}
	return line
}
