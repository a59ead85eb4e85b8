package main

import (
	"bytes"
	"fmt"
	"strings"
)

// mailDialogue shows what client and server say to each other. When one of them
// goes on for long, as with a message, the beginning and the last line are shown.
type mailDialogue struct {
	app    *app
	sent   bool   // by the client, what was last
	lines  int    // of it
	last   string // the last line, which is not shown yet,
	hidden int    // of so many
	part   []byte // a line that has not ended
}

const (
	dialogueLines  = 30
	dialogueLength = 400 // of a line
)

// line shows a line.
func (d *mailDialogue) line(sent bool, text string) {
	d.endPart()
	d.show(sent, text)
}

// text shows a piece of what has lines.
func (d *mailDialogue) text(sent bool, piece []byte) {
	if sent != d.sent {
		d.endPart()
		d.turn(sent)
	}
	for len(piece) > 0 {
		line, rest, whole := bytes.Cut(piece, []byte("\n"))
		d.part = append(d.part, line[:min(len(line), max(0, dialogueLength+1-len(d.part)))]...)
		if piece = rest; whole {
			d.show(sent, string(bytes.TrimSuffix(d.part, []byte("\r"))))
			d.part = d.part[:0]
		}
	}
}

// endPart shows a line that will not be ended.
func (d *mailDialogue) endPart() {
	if len(d.part) > 0 {
		d.show(d.sent, string(d.part))
		d.part = d.part[:0]
	}
}

func (d *mailDialogue) show(sent bool, text string) {
	d.turn(sent)
	if d.lines++; d.lines > dialogueLines {
		d.last = text
		d.hidden++
		return
	}
	d.print(text)
}

// turn is that the other begins to speak.
func (d *mailDialogue) turn(sent bool) {
	if sent != d.sent {
		d.settle()
		d.sent, d.lines = sent, 0
	}
}

// settle shows the end of what was too long.
func (d *mailDialogue) settle() {
	if d.hidden > 1 {
		fmt.Fprintln(d.app.err, "   "+d.app.say("mail.hidden", "Number", d.hidden-1))
	}
	if d.hidden > 0 {
		d.print(d.last)
	}
	d.hidden = 0
}

func (d *mailDialogue) print(text string) {
	if len(text) > dialogueLength {
		text = text[:dialogueLength] + "…"
	}
	who := "S: "
	if d.sent {
		who = "C: "
	}
	text = strings.ReplaceAll(text, "\t", "    ") // of a line of the header that was folded
	fmt.Fprintln(d.app.err, strings.TrimRight(who+visible(text), " "))
}

// pop3 shows what pop3c tells, in which there are passwords.
func (d *mailDialogue) pop3(sent bool, data []byte) {
	for _, secret := range []string{"PASS ", "AUTH PLAIN "} {
		if sent && bytes.HasPrefix(data, []byte(secret)) {
			data = []byte(secret + "********\r\n")
		}
	}
	d.text(sent, data)
}

// end shows what is left.
func (d *mailDialogue) end() {
	d.endPart()
	d.settle()
}
