package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wirebook/wirebook/clients/ftpc"
)

// trace shows both connections, when it is asked to: the lines of the one, and of
// each of the others who opened it, what went over it, and how long that took.
func (d *ftpDesk) trace() ftpc.Trace {
	say := func(text string) {
		if d.o.verbose {
			fmt.Fprintln(d.app.err, text)
		}
	}
	return ftpc.Trace{
		Line: func(sent bool, line string) {
			who := "S: "
			if sent {
				who = "C: "
			}
			say(who + visible(line))
		},
		Data: func(data ftpc.Data) { say(d.dataLine(data)) },
		Note: func(n ftpc.Note) { say("   " + d.app.say("ftp.note."+strings.ReplaceAll(n.String(), " ", ""))) },
	}
}

// dataLine is a data connection in one line.
func (d *ftpDesk) dataLine(data ftpc.Data) string {
	key, opened, moved := "ftp.data", "ftp.data.passive", "ftp.data.down"
	if data.Active {
		opened = "ftp.data.active"
	}
	if data.Upload {
		moved = "ftp.data.up"
	}
	if data.TLS {
		key = "ftp.data.tls"
	}
	return d.app.say(key,
		"Opened", d.app.say(opened, "Client", data.Client, "Server", data.Server),
		"Moved", d.app.say(moved, "Bytes", data.Bytes, "Time", data.Took.Round(10*time.Microsecond)))
}

// explained adds to an error what a learner should know about it.
func (d *ftpDesk) explained(err error) error {
	failed, ok := errors.AsType[*ftpc.DataError](err)
	if !ok {
		return err
	}
	hint := "ftp.hint.passive"
	if failed.Active {
		hint = "ftp.hint.active"
	}
	return fmt.Errorf("%w\n%s", err, d.app.say(hint))
}

// visible shows control characters as escapes: what a server sends must not
// command the reader's terminal.
func visible(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 || !strconv.IsGraphic(r) {
			quoted := strconv.Quote(text[:size])
			out.WriteString(quoted[1 : len(quoted)-1])
		} else {
			out.WriteRune(r)
		}
		text = text[size:]
	}
	return out.String()
}
