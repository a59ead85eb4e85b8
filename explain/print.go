package explain

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
)

// narrowest is the least width that Print wraps to, in columns.
const narrowest = 30

// Print writes an entry for a terminal of that many columns: what it is called,
// what it does, and where to read on. A Chinese character takes two columns.
func (l Language) Print(w io.Writer, e Entry, width int) error {
	width = max(width, narrowest)
	var b strings.Builder
	for _, line := range Wrap(e.Name+" — "+e.Title, width) {
		b.WriteString(line + "\n")
	}
	paragraph(&b, "  ", "  ", e.Text, width)
	rows := [][2]string{
		{l.Say("explain.kind", nil), l.Say("kind."+e.Kind, nil)},
		{l.Say("explain.example", nil), e.Example},
		{"RFC", strings.TrimPrefix(e.RFC, "RFC ")},
		{l.Say("explain.book", nil), e.Book},
		{l.Say("explain.see", nil), strings.Join(l.namesOf(e.See), l.Say("explain.comma", nil))},
	}
	labels := 0
	for _, row := range rows {
		labels = max(labels, displaywidth.String(row[0]))
	}
	for _, row := range rows {
		if row[1] != "" {
			pad := labels - displaywidth.String(row[0])
			paragraph(&b, "  "+row[0]+strings.Repeat(" ", pad+2), strings.Repeat(" ", labels+4), row[1], width)
		}
	}
	_, err := io.WriteString(w, b.String())
	if err != nil {
		return fmt.Errorf("explaining %s: %w", e.Key, err)
	}
	return nil
}

// namesOf are the names of the entries with those keys.
func (l Language) namesOf(keys []string) []string {
	names := make([]string, 0, len(keys))
	for _, key := range keys {
		if e, ok := l.Entry(key); ok {
			names = append(names, e.Name)
		}
	}
	return names
}

// paragraph writes text wrapped to the width, the first line after one lead and
// the others after another.
func paragraph(b *strings.Builder, first, other, text string, width int) {
	lead := first
	for _, line := range Wrap(text, width-displaywidth.String(first)) {
		b.WriteString(lead + line + "\n")
		lead = other
	}
}

// Wrap breaks text into lines of at most that many columns: between words, and
// between Chinese characters, but never before a closing mark nor after an
// opening one. What has no such place is longer than its line.
func Wrap(text string, width int) []string {
	var lines []string
	var line strings.Builder
	columns, space := 0, false
	for _, piece := range pieces(text) {
		if piece == " " {
			space = line.Len() > 0
			continue
		}
		size := displaywidth.String(piece)
		gap := 0
		if space {
			gap = 1
		}
		if line.Len() > 0 && columns+gap+size > width {
			lines = append(lines, line.String())
			line.Reset()
			columns, gap = 0, 0
		}
		line.WriteString(strings.Repeat(" ", gap) + piece)
		columns, space = columns+gap+size, false
	}
	if line.Len() > 0 {
		lines = append(lines, line.String())
	}
	return lines
}

// pieces are the parts of a text that stay on one line, and " " for each space.
func pieces(text string) []string {
	var parts []string
	var piece []rune
	flush := func() {
		if len(piece) > 0 {
			parts = append(parts, string(piece))
			piece = piece[:0]
		}
	}
	for _, r := range text {
		if unicode.IsSpace(r) {
			flush()
			parts = append(parts, " ")
			continue
		}
		if n := len(piece); n > 0 && breaks(piece[n-1], r) {
			flush()
		}
		piece = append(piece, r)
	}
	flush()
	return parts
}

// breaks says whether a line may end between two characters.
func breaks(a, b rune) bool {
	const opening, closing = "（《“‘「【", "，。、；：？！）》”’」】…"
	if strings.ContainsRune(opening, a) || strings.ContainsRune(closing, b) {
		return false
	}
	return wide(a) || wide(b)
}

func wide(r rune) bool {
	return displaywidth.Rune(r) == 2 || strings.ContainsRune("，。、；：？！）》”’」】…", r)
}
