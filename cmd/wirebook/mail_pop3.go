package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/wirebook/wirebook/clients/pop3c"
	"github.com/wirebook/wirebook/protocol/letter"
)

// Ports of POP3, and of POP3 by TLS from the first byte.
const (
	portPOP3  = 110
	portPOP3S = 995
)

// pop3Box is a maildrop.
type pop3Box struct {
	*pop3c.Session
	app *app
}

func (d *mailDesk) pop3(ctx context.Context) (mailBox, error) {
	client := pop3c.Client{Network: d.at.Network, Clock: d.at.clock, Timeout: d.o.timeout}
	if d.o.verbose {
		client.Wire = d.said.pop3
	}
	var err error
	if client.TLS, err = d.at.trust(ctx, d.o.ca, d.o.insecure); err != nil {
		return nil, err
	}
	door := mailDoor[*pop3c.Session]{portPOP3, portPOP3S, client.Dial, client.DialTLS, (*pop3c.Session).STLS}
	session, err := door.enter(ctx, d)
	if err != nil {
		return nil, err
	}
	return pop3Box{session, d.app}, nil
}

// list asks for the header of each message: POP3 can tell no less of it.
func (b pop3Box) list() ([]mailRow, error) {
	messages, err := b.List()
	if err != nil {
		return nil, err
	}
	names := map[int]string{}
	var refused *pop3c.Error
	if all, err := b.UIDL(); err == nil {
		for _, m := range all {
			names[m.Number] = m.UniqueID
		}
	} else if !errors.As(err, &refused) {
		return nil, err
	}
	rows := []mailRow{}
	for _, m := range messages {
		row := mailRow{Number: m.Number, ID: names[m.Number], Size: m.Size}
		var top bytes.Buffer
		_, err := b.Top(m.Number, 0, &atMost{w: &top, left: 1 << 20})
		if err != nil && !errors.As(err, &refused) {
			return nil, err
		}
		if header, err := letter.ReadHeader(&top); err == nil {
			row.describe(header)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// atMost is a writer that has enough at some time, and does not mind more.
type atMost struct {
	w    io.Writer
	left int
}

func (a *atMost) Write(p []byte) (int, error) {
	n := min(len(p), a.left)
	a.left -= n
	if _, err := a.w.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// open fetches the message: with POP3 there is no other way to look at it.
func (b pop3Box) open(number int) (openMail, error) {
	file, err := os.CreateTemp("", "wirebook-mail-")
	if err != nil {
		return nil, err
	}
	m := &fetchedMail{file: file}
	progress := newProgress(b.app)
	_, err = b.Retr(number, io.MultiWriter(file, progress))
	progress.clear()
	var refused *pop3c.Error
	if errors.As(err, &refused) {
		err = fmt.Errorf("message %d: %w (%w)", number, errNoMessage, err)
	}
	if err == nil {
		err = m.read()
	}
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

func (b pop3Box) remove(numbers []int) error {
	for _, number := range numbers {
		if err := b.Dele(number); err != nil {
			return err
		}
	}
	return nil
}

func (b pop3Box) download(seen map[string]bool, remove bool, save func(io.Reader) error) (downloaded, error) {
	keep := func(_ pop3c.Message, text io.Reader) error { return save(text) }
	var result pop3c.Result
	var err error
	if remove {
		result, err = b.DownloadAndDelete(keep)
	} else {
		result, err = b.DownloadAndKeep(seen, keep)
	}
	return downloaded{result.Retrieved, result.Kept, result.Deleted, result.Octets}, err
}

// close says QUIT; only then does the server delete. After a download it has been
// said.
func (b pop3Box) close() error {
	if err := b.Quit(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (b pop3Box) abandon() { _ = b.Close() }

// fetchedMail is a message that is here, in a file.
type fetchedMail struct {
	file *os.File
	head letter.Header
	all  []letter.Part
}

func (m *fetchedMail) read() (err error) {
	if _, err = m.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	m.head, err = letter.Read(m.file, func(p letter.Part, _ io.Reader) error {
		m.all = append(m.all, p)
		return nil
	})
	if err != nil && len(m.all) == 0 {
		m.all = []letter.Part{asItIs}
	}
	return nil // what there is can be shown
}

// asItIs is the one part of what is no message.
var asItIs = letter.Part{Type: "text/plain"}

func (m *fetchedMail) header() letter.Header { return m.head }
func (m *fetchedMail) parts() []letter.Part  { return m.all }

var errFound = errors.New("found")

func (m *fetchedMail) content(part letter.Part, w io.Writer) error {
	if part == asItIs {
		return m.raw(w)
	}
	if _, err := m.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var copying error
	_, err := letter.Read(m.file, func(p letter.Part, r io.Reader) error {
		if p.Section != part.Section {
			return nil
		}
		_, copying = io.Copy(w, r)
		return errFound
	})
	if errors.Is(err, errFound) {
		err = copying
	}
	return err
}

func (m *fetchedMail) raw(w io.Writer) error {
	if _, err := m.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, m.file)
	return err
}

func (m *fetchedMail) close() error { return errors.Join(m.file.Close(), os.Remove(m.file.Name())) }
