package ladder

import (
	"fmt"
	"strings"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/dissect"
)

const (
	indent      = timeColumn + 1
	maxSegments = 3 // this many of a message's segments are listed
)

// plain is a message without columns: "alice → www.example.com: GET / HTTP/1.1".
func (l *Ladder) plain(b *strings.Builder, m *wire.Message) {
	row := newLine(l.width)
	l.stamp(row, m)
	text := fmt.Sprintf("%s %s %s: %s", m.From, l.glyphs.to, m.To, l.label(m))
	if note := l.note(m); note != "" {
		mark := ""
		if m.Lost {
			mark = l.glyphs.lost + " "
		}
		text += "  " + mark + note
	}
	row.put(indent, fit(text, l.width-indent), l.styleOf(m))
	b.WriteString(l.text(row))
}

// below is what stands under a message: its segments, findings, explanation,
// fields.
func (l *Ladder) below(b *strings.Builder, m *wire.Message) {
	if l.o.Packets && !m.Packet && m.Carriers > 1 {
		l.segments(b, m)
	}
	for i := range m.Findings {
		f := &m.Findings[i]
		text := strings.TrimSpace(f.Reference() + " " + l.say(f.Key, f.Args, f.Key))
		l.paragraph(b, l.glyphs.finding+" ", text, severityStyle[f.Severity])
	}
	if l.o.Explain && l.o.Words != nil && m.Key != "" {
		l.paragraph(b, "  ", l.o.Words.Say(m.Key, m.Args), dim)
	}
	if l.o.Fields {
		l.fields(b, m.Fields(), 1)
	}
}

// fields writes a tree, the branches further to the right.
func (l *Ladder) fields(b *strings.Builder, tree []wire.Field, depth int) {
	for _, f := range tree {
		text := f.Name
		if f.Value != "" {
			text += ": " + f.Value
		}
		l.paragraph(b, strings.Repeat("  ", depth), text, dim)
		l.fields(b, f.Children, depth+1)
	}
}

var severityStyle = map[dissect.Severity]style{dissect.Notice: dim, dissect.Warning: yellow, dissect.Wrong: red}

// segments lists what carried a message.
func (l *Ladder) segments(b *strings.Builder, m *wire.Message) {
	for i := range m.Packets {
		if i == maxSegments && m.Carriers > maxSegments+1 {
			l.paragraph(b, l.glyphs.dot+" ", fmt.Sprintf("… +%d", m.Carriers-maxSegments), dim)
			return
		}
		f := &m.Packets[i]
		text := fmt.Sprintf("%s  %d bytes", since(f.Time.Sub(l.start)), len(f.Data))
		if !f.Fate.Arrived() {
			text += " " + l.glyphs.lost
		}
		l.paragraph(b, l.glyphs.dot+" ", text, dim)
	}
}

// fate tells what else happened to a message's packets.
func (l *Ladder) fate(m *wire.Message) string {
	switch {
	case m.Fate&frame.Changed != 0:
		return l.glyphs.changed + " " + l.say("ladder.changed", nil, "changed")
	case m.Fate&frame.Doubled != 0:
		return l.say("ladder.doubled", nil, "doubled")
	case m.Fate&frame.Reordered != 0:
		return l.say("ladder.reordered", nil, "overtaken")
	}
	return ""
}

// paragraph writes text in lines of the ladder's width, the first after a mark.
func (l *Ladder) paragraph(b *strings.Builder, mark, text string, s style) {
	for i, part := range wrap(l.plainText(text), l.width-indent-textWidth(mark)) {
		row := newLine(l.width)
		if i > 0 {
			mark = strings.Repeat(" ", textWidth(mark))
		}
		row.put(indent, mark+part, s)
		b.WriteString(l.text(row))
	}
}
