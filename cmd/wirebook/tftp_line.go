package main

import (
	"fmt"
	"io"
	"time"

	"github.com/wirebook/wirebook/clients/tftpc"
)

// transferLine is one line on a terminal that says how far a transfer is. It
// appears when that takes longer than a second, and is written over.
type transferLine struct {
	app   *app
	to    io.Writer // nil: standard error is no terminal
	next  time.Time // before that nothing is written
	shown bool
}

func (a *app) newTransferLine() *transferLine {
	const soon = time.Second
	line := &transferLine{app: a, next: time.Now().Add(soon)}
	if isTerminal(a.err) {
		line.to = a.err
	}
	return line
}

// lineErase has a terminal's line written anew.
const lineErase = "\r\x1b[K"

// show is for tftpc.Client.Progress.
func (l *transferLine) show(at tftpc.Progress) {
	const pause = 200 * time.Millisecond
	now := time.Now()
	if l.to == nil || now.Before(l.next) {
		return
	}
	l.next, l.shown = now.Add(pause), true
	text := l.app.say("tftp.progress", "Bytes", at.Bytes)
	if at.Size > 0 {
		text = l.app.say("tftp.progress.of", "Bytes", at.Bytes, "Size", at.Size, "Percent", 100*at.Bytes/at.Size)
	}
	fmt.Fprint(l.to, lineErase+text)
}

// clear removes the line.
func (l *transferLine) clear() {
	if l.shown {
		fmt.Fprint(l.to, lineErase)
	}
}
