package pop3c

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
)

// Save stores a message for good. It is given the whole text to read, with lines
// ended by CR LF; when it returns nil the message may be deleted on the server.
type Save func(m Message, text io.Reader) error

// Result is what a download did.
type Result struct {
	Retrieved int
	Kept      int // not retrieved, since they were seen before
	Deleted   int
	Octets    int64 // retrieved
}

// DownloadAndDelete retrieves every message and deletes those that were saved: for
// each of them RETR and DELE, and then QUIT. Another program of the user's will
// not find them.
//
// When a message cannot be saved it stops, and deletes those that have been. When
// the connection fails, the server deletes nothing, and the next download brings
// them all once more.
func (s *Session) DownloadAndDelete(save Save) (Result, error) {
	messages, err := s.List()
	if err != nil {
		return Result{}, err
	}
	return s.download(messages, save, true)
}

// DownloadAndKeep retrieves the messages that have not been seen, notes in seen
// that they were, and leaves all on the server. What is no longer on the server is
// forgotten.
func (s *Session) DownloadAndKeep(seen Seen, save Save) (Result, error) {
	messages, err := s.UIDL()
	var refused *Error
	if errors.As(err, &refused) {
		return Result{}, fmt.Errorf("UIDL: %w (%w)", ErrNotOffered, err)
	}
	if err != nil {
		return Result{}, err
	}
	var fresh []Message
	there := make(map[string]bool, len(messages))
	for _, m := range messages {
		there[m.UniqueID] = true
		if !seen[m.UniqueID] {
			fresh = append(fresh, m)
		}
	}
	maps.DeleteFunc(seen, func(id string, _ bool) bool { return !there[id] })
	result, err := s.download(fresh, func(m Message, text io.Reader) error {
		err := save(m, text)
		if err == nil {
			seen[m.UniqueID] = true
		}
		return err
	}, false)
	result.Kept = len(messages) - len(fresh)
	return result, err
}

// download retrieves messages, in turn, and quits.
func (s *Session) download(messages []Message, save Save, delete bool) (Result, error) {
	d := &download{Session: s, save: save, delete: delete, retrieve: messages, window: 1}
	pipelined, err := s.can("PIPELINING")
	if err != nil {
		return d.result, err
	}
	if pipelined {
		d.window = ahead
	}
	for {
		if err := d.ask(); err != nil {
			return d.result, err
		}
		if len(d.asked) == 0 {
			break
		}
		if err := d.hear(); err != nil {
			return d.result, err
		}
	}
	if err := s.Quit(); err != nil {
		return d.result, errors.Join(d.failed, err)
	}
	d.result.Deleted = d.marked
	return d.result, d.failed
}

// download is one that is under way.
type download struct {
	*Session
	save   Save
	delete bool
	window int

	retrieve []Message // still to be asked for
	saved    []Message // still to be deleted
	asked    []asked   // still to be answered, first things first
	marked   int
	result   Result
	failed   error // not the connection: the session goes on
	stopped  bool  // a message could not be saved, and no more are asked for
}

// asked is a command that has been sent.
type asked struct {
	verb string
	Message
}

// ahead is how many commands are sent before the first is answered, if the server
// allows it (PIPELINING, RFC 2449 §6.6).
const ahead = 32

// ask sends as many commands as may be.
func (d *download) ask() error {
	var lines strings.Builder
	for len(d.asked) < d.window {
		next := asked{verb: "RETR"}
		switch {
		case len(d.saved) > 0:
			next.verb, next.Message = "DELE", d.saved[0]
			d.saved = d.saved[1:]
		case len(d.retrieve) > 0 && !d.stopped:
			next.Message = d.retrieve[0]
			d.retrieve = d.retrieve[1:]
		default:
			return d.sendAll(&lines)
		}
		d.asked = append(d.asked, next)
		fmt.Fprintf(&lines, "%s %d\r\n", next.verb, next.Number)
	}
	return d.sendAll(&lines)
}

func (d *download) sendAll(lines *strings.Builder) error {
	if lines.Len() == 0 {
		return nil
	}
	return d.send(lines.String())
}

// hear reads the first answer that is due. Its error is that the session is over.
func (d *download) hear() error {
	first := d.asked[0]
	d.asked = d.asked[1:]
	_, err := d.reply(fmt.Sprintf("%s %d", first.verb, first.Number))
	var refused *Error
	switch {
	case errors.As(err, &refused): // it is gone, perhaps; the others are not
		d.failed = errors.Join(d.failed, err)
		return nil
	case err != nil:
		return err
	case first.verb == "DELE":
		d.marked++
		return nil
	}
	size, err := d.text(func(text io.Reader) error {
		if d.stopped {
			return nil // asked for before
		}
		return d.save(first.Message, text)
	})
	switch {
	case d.conn.Ended() != nil:
		return d.conn.Ended()
	case err != nil:
		d.stopped = true
		d.failed = errors.Join(d.failed, fmt.Errorf("message %d: %w", first.Number, err))
	case !d.stopped:
		d.result.Retrieved++
		d.result.Octets += size
		if d.delete {
			d.saved = append(d.saved, first.Message)
		}
	}
	return nil
}
