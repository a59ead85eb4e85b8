package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/protocol/letter"
)

// letter makes one as the flags say, and says whom it is for.
func (d *mailDesk) letter(ctx context.Context, o sendOptions) (*letter.Letter, []*mail.Address, error) {
	l := &letter.Letter{Subject: o.subject}
	var blind []*mail.Address
	for _, f := range []struct {
		flag  string
		texts []string
		to    *[]*mail.Address
	}{{"to", o.to, &l.To}, {"cc", o.cc, &l.Cc}, {"bcc", o.bcc, &blind}} {
		var err error
		if *f.to, err = people(f.flag, f.texts); err != nil {
			return nil, nil, err
		}
	}
	recipients := slices.Concat(l.To, l.Cc, blind)
	if len(recipients) == 0 {
		return nil, nil, usageError{errors.New("nobody to send it to: write --to, --cc or --bcc")}
	}
	from := cmp.Or(o.from, d.account.Address)
	if from == "" && strings.Contains(d.account.User, "@") {
		from = d.account.User
	}
	if from == "" {
		return nil, nil, usageError{errors.New("nobody to send it from: write --from")}
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("--from %q: %w", from, err)}
	}
	l.From = sender
	if l.Date, err = d.now(ctx); err != nil {
		return nil, nil, err
	}
	l.ID = letter.NewID(sender.Address[strings.LastIndexByte(sender.Address, '@')+1:])
	if l.Text = o.text; !o.hasText {
		if l.Text, err = d.app.readLetter(ctx); err != nil {
			return nil, nil, err
		}
	}
	l.Files, err = letterFiles(o)
	return l, recipients, err
}

// readLetter reads the text from standard input.
func (a *app) readLetter(ctx context.Context) (string, error) {
	const most = 16 << 20
	if isTerminal(a.in) {
		fmt.Fprintln(a.err, a.say("mail.type"))
	}
	text, err := typed(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(a.in, most+1)) })
	if len(text) > most {
		return "", errors.New("the text is longer than 16 MiB: send it as a file, with --attach")
	}
	return string(text), err
}

// letterFiles are those that go with the letter, opened.
func letterFiles(o sendOptions) ([]letter.File, error) {
	var all []letter.File
	fail := func(err error) ([]letter.File, error) {
		for _, f := range all {
			f.Content.(io.Closer).Close()
		}
		return nil, err
	}
	for i, name := range slices.Concat(o.inline, o.attach) {
		file, err := os.Open(name)
		if err != nil {
			return fail(err)
		}
		all = append(all, letter.File{Name: filepath.Base(name), Inline: i < len(o.inline), Content: file})
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return fail(fmt.Errorf("%s is a folder: a letter takes files", name))
		}
		if all[i].Type, err = typeOf(file); err != nil {
			return fail(err)
		}
	}
	return all, nil
}

// typeOf says of what type a file is: as its name ends, or as it begins.
func typeOf(file *os.File) (string, error) {
	if byName := mime.TypeByExtension(filepath.Ext(file.Name())); byName != "" {
		return byName, nil
	}
	beginning := make([]byte, 512)
	n, err := io.ReadFull(file, beginning)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", err
	}
	_, err = file.Seek(0, io.SeekStart)
	return http.DetectContentType(beginning[:n]), err
}
