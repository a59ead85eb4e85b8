package main

import (
	"errors"
	"io"
	"time"

	"github.com/wirebook/wirebook/protocol/letter"
)

// mailBox is where a user's mail is, as POP3 and IMAP both can show it. Messages have
// numbers from 1; these stay until it is closed.
type mailBox interface {
	list() ([]mailRow, error)
	open(number int) (openMail, error)
	remove(numbers []int) error // at the latest when it is closed

	// download saves whole messages, and deletes them, or keeps them and
	// remembers in seen that it has them.
	download(seen map[string]bool, remove bool, save func(io.Reader) error) (downloaded, error)

	close() error // all that was done holds
	abandon()     // the connection ends as it is
}

// openMail is a message that is looked at.
type openMail interface {
	header() letter.Header
	parts() []letter.Part
	content(p letter.Part, w io.Writer) error // decoded
	raw(w io.Writer) error
	close() error
}

// mailRow is a message in a list.
type mailRow struct {
	Number  int        `json:"number"`
	ID      string     `json:"id,omitempty"` // which it keeps
	Size    int64      `json:"size"`
	Flags   []string   `json:"flags,omitempty"` // that IMAP knows
	From    string     `json:"from"`
	To      string     `json:"to,omitempty"`
	Subject string     `json:"subject"`
	Date    *time.Time `json:"date,omitempty"`
}

// describe puts into the row what the header says.
func (r *mailRow) describe(h letter.Header) {
	r.From, r.To, r.Subject = h.From, h.To, h.Subject
	if !h.Date.IsZero() {
		r.Date = &h.Date
	}
}

// downloaded is what a download did.
type downloaded struct {
	got, kept, deleted int
	octets             int64
}

var errNoMessage = errors.New("there is no such message; wirebook mail read lists them")
