package queue

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// message is one that waits.
type message struct {
	Envelope
	file       string // its name in the queue's folder
	begins     int64  // where the text begins in it
	size       int64  // of the text
	recipients []*Recipient

	warned  bool // the sender was told of the delay
	removed bool // by Remove
	alarm   clock.Timer
}

// State is what became of a message for one recipient.
type State string

// The states of a recipient.
const (
	Waiting   State = "deferred"  // to be tried at Next
	Sending   State = "sending"   // all was sent, and the reply has not come
	Delivered State = "delivered" // the next server has it, or the mailbox
	Failed    State = "failed"    // the sender was told
)

// Recipient is one whom a message is for.
type Recipient struct {
	Address  string    `json:"address"`
	State    State     `json:"state"`
	Attempts int       `json:"attempts,omitempty"`
	Next     time.Time `json:"next,omitzero"`
	Reply    string    `json:"reply,omitempty"`  // what was said last
	Remote   string    `json:"remote,omitempty"` // by whom

	busy bool // a worker has it
}

func (r *Recipient) waits() bool { return r.State == Waiting || r.State == Sending }

// domain is where a recipient's mail goes.
func (r *Recipient) domain() string {
	return strings.ToLower(r.Address[strings.LastIndexByte(r.Address, '@')+1:])
}

// record is a line at the end of a file: what became of some recipients.
type record struct {
	At       time.Time `json:"at"`
	To       []int     `json:"to,omitempty"`
	State    State     `json:"state,omitempty"`
	Attempts int       `json:"attempts,omitempty"`
	Next     time.Time `json:"next,omitzero"`
	Reply    string    `json:"reply,omitempty"`
	Remote   string    `json:"remote,omitempty"`
	Warned   bool      `json:"warned,omitempty"`
}

func newMessage(e Envelope) *message {
	m := &message{Envelope: e}
	for _, to := range e.To {
		m.recipients = append(m.recipients, &Recipient{Address: to, State: Waiting})
	}
	return m
}

func (m *message) apply(r record) {
	m.warned = m.warned || r.Warned
	for _, i := range r.To {
		if i < 0 || i >= len(m.recipients) {
			continue
		}
		to := m.recipients[i]
		to.State, to.Remote = r.State, r.Remote
		if r.State != Sending {
			to.Attempts, to.Next, to.Reply = r.Attempts, r.Next, r.Reply
		}
	}
}

var writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 32<<10) }}

// write brings a message to the disk.
func (q *Queue) write(e Envelope, text io.Reader) (*message, error) {
	m := newMessage(e)
	first, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	first = append(first, '\n')
	m.begins = int64(len(first))
	draft := tmpDir + "/" + e.ID
	file, err := q.root.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	out := writers.Get().(*bufio.Writer)
	out.Reset(file)
	out.Write(first)
	m.size, err = io.Copy(out, text)
	if err == nil {
		err = out.Flush()
	}
	out.Reset(nil)
	writers.Put(out)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		m.file = fmt.Sprintf("%s/%s,S=%d", messagesDir, e.ID, m.size)
		err = q.root.Rename(draft, m.file)
	}
	if err != nil {
		q.root.Remove(draft)
		return nil, err
	}
	if err := q.syncNames(); err != nil {
		return nil, errors.Join(err, q.root.Remove(m.file))
	}
	return m, nil
}

// note adds records to a message's file. With safe they are on the disk when it
// returns; without, a crash of this program loses nothing, but one of the machine
// may.
func (q *Queue) note(m *message, safe bool, records ...record) error {
	lines := []byte("\n") // in case that a crash has cut the last line off
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	file, err := q.root.OpenFile(m.file, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(lines)
	if err == nil && safe {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// text opens a message's text.
func (q *Queue) text(m *message) (io.ReadCloser, error) {
	file, err := q.root.Open(m.file)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(file, m.begins, m.size), file}, nil
}

// load reads all messages of a folder. What cannot be read stays where it is, and
// is said in the log.
func load(root *os.Root, log *slog.Logger) ([]*message, error) {
	names, err := readNames(root, messagesDir)
	if err != nil {
		return nil, err
	}
	var all []*message
	for _, name := range names {
		m, err := loadMessage(root, name)
		switch {
		case errors.Is(err, fs.ErrNotExist): // done meanwhile
		case err != nil:
			log.Error("queue: a file cannot be read", "file", name, "error", err)
		default:
			all = append(all, m)
		}
	}
	return all, nil
}

func readNames(root *os.Root, dir string) ([]string, error) {
	folder, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	return folder.Readdirnames(-1)
}

func loadMessage(root *os.Root, name string) (*message, error) {
	_, size, found := strings.Cut(name, ",S=")
	octets, err := strconv.ParseUint(size, 10, 62)
	if !found || err != nil {
		return nil, errors.New("its name does not tell where the message ends")
	}
	path := messagesDir + "/" + name
	file, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	m, err := parse(file, int64(octets))
	if err != nil {
		return nil, err
	}
	m.file = path
	return m, nil
}

// maxLine is how long a line of ours can be: an envelope with very many
// recipients, or a record of what became of them.
const maxLine = 16 << 20

// parse reads a file. What is no record is a line that a crash has cut off.
func parse(file io.ReaderAt, size int64) (*message, error) {
	in := bufio.NewReader(io.NewSectionReader(file, 0, maxLine))
	first, err := in.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the envelope: %w", err)
	}
	var e Envelope
	if err := json.Unmarshal(first, &e); err != nil {
		return nil, fmt.Errorf("the envelope: %w", err)
	}
	if e.ID == "" || len(e.To) == 0 {
		return nil, errors.New("the envelope has no recipient")
	}
	m := newMessage(e)
	m.begins, m.size = int64(len(first)), size
	end := m.begins + m.size
	if _, err := file.ReadAt(make([]byte, 1), end-1); err != nil {
		return nil, fmt.Errorf("the message: %w", err)
	}
	lines, err := io.ReadAll(io.NewSectionReader(file, end, maxLine))
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(lines) {
		var r record
		if json.Unmarshal(line, &r) == nil {
			m.apply(r)
		}
	}
	return m, nil
}
