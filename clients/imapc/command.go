package imapc

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// command is a line to be sent, in pieces: between two of them stands a string that
// the server must first have said it will take (RFC 3501 §4.3).
type command struct {
	name   string // for errors
	shown  string // what the trace sees instead of a piece with a secret; "": the piece
	pieces []string
	texts  []string // literals; one less than pieces
}

func newCommand(line string) *command { return &command{name: line, pieces: []string{line}} }

// add adds what stands as it is.
func (c *command) add(text string) *command {
	c.pieces[len(c.pieces)-1] += text
	return c
}

// string adds a string: in quotation marks, or as a literal if it has what may not
// stand there.
func (c *command) string(text string) *command {
	if quotable(text) {
		return c.add(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`)
	}
	c.add(fmt.Sprintf("{%d}", len(text)))
	c.texts = append(c.texts, text)
	c.pieces = append(c.pieces, "")
	return c
}

func quotable(text string) bool {
	return len(text) < 1000 && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f })
}

// folder adds the name of a folder.
func (c *command) folder(name string) *command {
	name = encodeUTF7(name)
	if c.name += " " + name; name != "" && strings.Trim(name, letters) == "" {
		return c.add(name)
	}
	return c.string(name)
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_/"

// check refuses what no server can be told.
func (c *command) check() error {
	for _, text := range append(c.pieces[:len(c.pieces):len(c.pieces)], c.texts...) {
		if strings.Contains(text, "\x00") {
			return fmt.Errorf("%w: a NUL", ErrArgument)
		}
	}
	for _, piece := range c.pieces {
		if strings.ContainsAny(piece, "\r\n") || !utf8.ValidString(piece) {
			return fmt.Errorf("%w: %q", ErrArgument, piece)
		}
	}
	return nil
}

// set is messages by their numbers, as 1:3,7 (RFC 3501 §9).
func set(uids []uint32) string {
	var b strings.Builder
	for i := 0; i < len(uids); {
		j := i
		for j+1 < len(uids) && uids[j+1] == uids[j]+1 {
			j++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, uids[i])
		if j > i {
			fmt.Fprintf(&b, ":%d", uids[j])
		}
		i = j + 1
	}
	return b.String()
}
