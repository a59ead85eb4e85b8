package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clients/imapc"
	"github.com/wirebook/wirebook/protocol/letter"
)

func (d *mailDesk) printRows(rows []mailRow, asJSON bool) error {
	d.said.end()
	a := d.app
	if asJSON {
		return a.writeJSON(rows)
	}
	if len(rows) == 0 {
		a.println("mail.none")
		return nil
	}
	var list table
	list.row("%s", a.say("mail.header"))
	for _, r := range rows {
		flags, date := strings.Join(r.Flags, " "), "-"
		if flags == "" {
			flags = "-"
		}
		if r.Date != nil {
			date = timeOf(*r.Date)
		}
		list.row("%d\t%s\t%s\t%d\t%s\t%s", r.Number, visible(flags), date, r.Size, visible(oneLine(r.From)), visible(oneLine(r.Subject)))
	}
	return list.print(a.out, "")
}

func (d *mailDesk) folders(box *imapBox, asJSON bool) error {
	folders, err := box.Folders()
	if err != nil {
		return err
	}
	d.said.end()
	type folder struct {
		Name     string `json:"name"`
		Messages uint32 `json:"messages"`
		Unseen   uint32 `json:"unseen"`
	}
	var rows []folder
	for _, f := range folders {
		counts, err := box.Status(f.Name)
		var refused *imapc.Error
		if err != nil && !errors.As(err, &refused) { // one that has only others in it
			return err
		}
		rows = append(rows, folder{f.Name, counts.Messages, counts.Unseen})
	}
	if asJSON {
		return d.app.writeJSON(rows)
	}
	var list table
	list.row("%s", d.app.say("mail.folders.header"))
	for _, f := range rows {
		list.row("%s\t%d\t%d", visible(f.Name), f.Messages, f.Unseen)
	}
	return list.print(d.app.out, "")
}

// wait waits until the server says by itself that there is a new message, and lists
// it. Ctrl-C ends it.
func (d *mailDesk) wait(ctx context.Context, box *imapBox, asJSON bool) error {
	had := box.Selected().Messages
	if isTerminal(d.app.err) {
		fmt.Fprintln(d.app.err, d.app.say("mail.waiting"))
	}
	err := box.Idle(ctx, func(c imapc.Change) bool {
		if c.What == "EXPUNGE" && had > 0 {
			had--
		}
		return c.What != "EXISTS" || c.Number <= had
	})
	if err != nil {
		return err
	}
	messages, err := box.Messages(had+1, box.Selected().Messages)
	if err != nil {
		return err
	}
	rows := []mailRow{}
	for _, m := range messages {
		rows = append(rows, box.row(m))
	}
	return d.printRows(rows, asJSON)
}

// show prints a message, or saves its files.
func (d *mailDesk) show(box mailBox, number int, o readOptions) error {
	m, err := box.open(number)
	if err != nil {
		return err
	}
	defer m.close()
	d.said.end()
	switch {
	case o.raw:
		return m.raw(d.app.out)
	case o.save != "":
		return d.saveFiles(m, o.save)
	case o.asJSON:
		return d.showJSON(m, number)
	}
	a, h := d.app, m.header()
	for _, f := range [...]struct{ name, value string }{
		{"From", h.From}, {"To", h.To}, {"Cc", h.Cc}, {"Subject", h.Subject}, {"Date", dateOf(h)},
	} {
		if f.value != "" {
			fmt.Fprintf(a.out, "%s: %s\n", f.name, visible(f.value))
		}
	}
	fmt.Fprintln(a.out)
	var files []letter.Part
	for _, p := range m.parts() {
		if !p.IsText() {
			files = append(files, p)
			continue
		}
		text := &visibleLines{to: a.out}
		if err := errors.Join(m.content(p, text), text.close()); err != nil {
			return err
		}
	}
	for _, p := range files {
		fmt.Fprintf(a.out, "[%s] %s\n", p.Section, visible(strings.TrimSpace(p.Name+"  "+p.Type)))
	}
	if len(files) > 0 {
		fmt.Fprintln(a.err, a.say("mail.files", "Number", number))
	}
	return nil
}

func dateOf(h letter.Header) string {
	if h.Date.IsZero() {
		return ""
	}
	return h.Date.Format(time.RFC1123Z)
}

func (d *mailDesk) showJSON(m openMail, number int) error {
	type part struct {
		Section string `json:"section"`
		Type    string `json:"type"`
		Name    string `json:"name,omitempty"`
	}
	h := m.header()
	shown := struct {
		Number  int        `json:"number"`
		ID      string     `json:"message_id,omitempty"`
		From    string     `json:"from"`
		To      string     `json:"to,omitempty"`
		Cc      string     `json:"cc,omitempty"`
		Subject string     `json:"subject"`
		Date    *time.Time `json:"date,omitempty"`
		Text    string     `json:"text"`
		Parts   []part     `json:"parts"`
	}{Number: number, ID: h.ID, From: h.From, To: h.To, Cc: h.Cc, Subject: h.Subject}
	if !h.Date.IsZero() {
		shown.Date = &h.Date
	}
	var text strings.Builder
	for _, p := range m.parts() {
		shown.Parts = append(shown.Parts, part{p.Section, p.Type, p.Name})
		if p.IsText() {
			if err := m.content(p, &text); err != nil {
				return err
			}
		}
	}
	shown.Text = strings.ReplaceAll(text.String(), "\r\n", "\n")
	return d.app.writeJSON(shown)
}

// visibleLines writes a text so that it does not command the reader's terminal.
type visibleLines struct {
	to   io.Writer
	part []byte // a line that has not ended
}

func (v *visibleLines) Write(p []byte) (int, error) {
	const longest = 64 << 10
	for rest := p; len(rest) > 0; {
		line, next, whole := bytes.Cut(rest, []byte("\n"))
		v.part = append(v.part, line...)
		if rest = next; whole || len(v.part) > longest {
			if err := v.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

func (v *visibleLines) flush() error {
	text := strings.ReplaceAll(string(bytes.TrimSuffix(v.part, []byte("\r"))), "\t", "    ")
	v.part = v.part[:0]
	_, err := fmt.Fprintln(v.to, visible(text))
	return err
}

// close ends the last line, if it has no end.
func (v *visibleLines) close() error {
	if len(v.part) == 0 {
		return nil
	}
	return v.flush()
}
