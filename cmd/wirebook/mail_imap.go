package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wirebook/wirebook/clients/imapc"
	"github.com/wirebook/wirebook/protocol/letter"
)

// Ports of IMAP, and of IMAP by TLS from the first byte.
const (
	portIMAP  = 143
	portIMAPS = 993
)

// imapBox is a folder that is open.
type imapBox struct {
	*imapc.Session
	search string
	known  map[int]imapc.Message // by number
}

// imap logs in; no folder is open yet.
func (d *mailDesk) imap(ctx context.Context, search string) (*imapBox, error) {
	client := imapc.Client{Network: d.at.Network, Clock: d.at.clock, Timeout: d.o.timeout}
	if d.o.verbose {
		client.Trace = imapc.Trace{Line: d.said.line, Text: d.said.text}
	}
	var err error
	if client.TLS, err = d.at.trust(ctx, d.o.ca, d.o.insecure); err != nil {
		return nil, err
	}
	door := mailDoor[*imapc.Session]{portIMAP, portIMAPS, client.Dial, client.DialTLS, (*imapc.Session).StartTLS}
	session, err := door.enter(ctx, d)
	if err != nil {
		return nil, err
	}
	return &imapBox{Session: session, search: search, known: map[int]imapc.Message{}}, nil
}

// list has the server search, if something is searched for, and asks for the headers
// of what there is.
func (b *imapBox) list() ([]mailRow, error) {
	var messages []imapc.Message
	var err error
	if b.search != "" {
		var uids []uint32
		if uids, err = b.Search(imapc.Criteria{Text: b.search}); err == nil {
			messages, err = b.MessagesOf(uids...)
		}
	} else {
		messages, err = b.Messages(1, b.Selected().Messages)
	}
	if err != nil {
		return nil, err
	}
	rows := []mailRow{}
	for _, m := range messages {
		rows = append(rows, b.row(m))
	}
	return rows, nil
}

func (b *imapBox) row(m imapc.Message) mailRow {
	b.known[int(m.Number)] = m
	row := mailRow{Number: int(m.Number), ID: b.name(m), Size: int64(m.Size)}
	for _, flag := range m.Flags {
		row.Flags = append(row.Flags, strings.TrimPrefix(flag, `\`))
	}
	if header, err := letter.ReadHeader(bytes.NewReader(m.Header)); err == nil {
		row.describe(header)
	}
	return row
}

// name is what a message is called for ever: UIDs are those of a UIDVALIDITY.
func (b *imapBox) name(m imapc.Message) string {
	return fmt.Sprintf("%d.%d", b.Selected().UIDValidity, m.UID)
}

func (b *imapBox) message(number int) (imapc.Message, error) {
	if m, ok := b.known[number]; ok {
		return m, nil
	}
	if number < 1 || number > int(b.Selected().Messages) {
		return imapc.Message{}, fmt.Errorf("message %d: %w", number, errNoMessage)
	}
	all, err := b.Messages(uint32(number), uint32(number))
	if err != nil {
		return imapc.Message{}, err
	}
	if len(all) == 0 {
		return imapc.Message{}, fmt.Errorf("message %d: %w", number, errNoMessage)
	}
	b.known[number] = all[0]
	return all[0], nil
}

// open asks which parts the message has. They are fetched when they are wanted.
func (b *imapBox) open(number int) (openMail, error) {
	m, err := b.message(number)
	if err != nil {
		return nil, err
	}
	parts, err := b.Structure(m.UID)
	if err != nil {
		return nil, err
	}
	head, _ := letter.ReadHeader(bytes.NewReader(m.Header)) // none, if it is nonsense
	o := &remoteMail{imapBox: b, uid: m.UID, head: head}
	for _, p := range parts {
		o.all = append(o.all, letter.NewPart(p.Section, p.Type, p.Encoding, p.Parameters, p.Disposition, p.About))
	}
	return o, b.see(m)
}

// see is that the user has seen the message. In a folder that is only to be looked at
// nobody notes it.
func (b *imapBox) see(m imapc.Message) error {
	if b.Selected().ReadOnly || m.Has(imapc.Seen) {
		return nil
	}
	return b.SetFlags([]uint32{m.UID}, imapc.Seen)
}

func (b *imapBox) uids(numbers []int) ([]uint32, error) {
	var uids []uint32
	for _, number := range numbers {
		m, err := b.message(number)
		if err != nil {
			return nil, err
		}
		uids = append(uids, m.UID)
	}
	return uids, nil
}

func (b *imapBox) remove(numbers []int) error {
	uids, err := b.uids(numbers)
	if err == nil {
		err = b.SetFlags(uids, imapc.Deleted)
	}
	if err == nil {
		err = b.Expunge(uids)
	}
	return err
}

// move moves messages. A folder that is not there is made, when the server says that
// this would help (RFC 3501 §7.1).
func (b *imapBox) move(numbers []int, folder string) error {
	uids, err := b.uids(numbers)
	if err != nil {
		return err
	}
	err = b.Move(uids, folder)
	if refused, ok := errors.AsType[*imapc.Error](err); ok && refused.Code == "TRYCREATE" {
		if err := b.CreateFolder(folder); err != nil {
			return err
		}
		return b.Move(uids, folder)
	}
	return err
}

func (b *imapBox) download(seen map[string]bool, remove bool, save func(io.Reader) error) (downloaded, error) {
	var done downloaded
	messages, err := b.Messages(1, b.Selected().Messages)
	if err != nil {
		return done, err
	}
	var got []uint32
	for _, m := range messages {
		if !remove && seen[b.name(m)] {
			done.kept++
			continue
		}
		if err = b.read(m.UID, "", save); err != nil {
			break
		}
		done.got++
		done.octets += int64(m.Size)
		seen[b.name(m)] = true
		got = append(got, m.UID)
	}
	if remove && b.Noop() == nil {
		if deleting := b.SetFlags(got, imapc.Deleted); deleting != nil {
			return done, deleting
		}
		if deleting := b.Expunge(got); deleting != nil {
			return done, deleting
		}
		done.deleted = len(got)
	}
	return done, err
}

// read has a part of a message read while it comes.
func (b *imapBox) read(uid uint32, section string, read func(io.Reader) error) error {
	from, to := io.Pipe()
	fetched := make(chan error, 1)
	go func() {
		_, err := b.Fetch(uid, section, to)
		to.CloseWithError(err)
		fetched <- err
	}()
	err := read(from)
	from.CloseWithError(io.ErrClosedPipe) // the rest is of no interest
	if fetching := <-fetched; err == nil && fetching != io.ErrClosedPipe {
		err = fetching
	}
	return err
}

func (b *imapBox) close() error { return b.Logout() }
func (b *imapBox) abandon()     { _ = b.Close() }

// remoteMail is a message that stays where it is.
type remoteMail struct {
	*imapBox
	uid  uint32
	head letter.Header
	all  []letter.Part
}

func (m *remoteMail) header() letter.Header { return m.head }
func (m *remoteMail) parts() []letter.Part  { return m.all }

func (m *remoteMail) content(p letter.Part, w io.Writer) error {
	return m.read(m.uid, p.Section, func(r io.Reader) error {
		_, err := io.Copy(w, letter.Decode(p, r))
		return err
	})
}

func (m *remoteMail) raw(w io.Writer) error {
	_, err := m.Fetch(m.uid, "", w)
	return err
}

func (m *remoteMail) close() error { return nil }
