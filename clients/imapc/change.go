package imapc

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Flags that every server knows (RFC 3501 §2.3.2).
const (
	Seen     = `\Seen`
	Answered = `\Answered`
	Flagged  = `\Flagged`
	Deleted  = `\Deleted`
	Draft    = `\Draft`
)

// SetFlags adds flags to messages.
func (s *Session) SetFlags(uids []uint32, flags ...string) error {
	return s.store(uids, "+FLAGS.SILENT", flags)
}

// ClearFlags takes flags from messages.
func (s *Session) ClearFlags(uids []uint32, flags ...string) error {
	return s.store(uids, "-FLAGS.SILENT", flags)
}

func (s *Session) store(uids []uint32, how string, flags []string) error {
	if len(uids) == 0 {
		return nil
	}
	list, err := flagList(flags)
	if err == nil {
		_, err = s.run(newCommand("UID STORE "+set(uids)+" "+how+" "+list), nil)
	}
	return err
}

// flagList is flags as they are sent (RFC 3501 §9).
func flagList(flags []string) (string, error) {
	for _, flag := range flags {
		if name := strings.TrimPrefix(flag, `\`); name == "" || strings.ContainsAny(name, " (){%*\"\\]") || !quotable(name) {
			return "", fmt.Errorf("%w: the flag %q", ErrArgument, flag)
		}
	}
	return "(" + strings.Join(flags, " ") + ")", nil
}

// Expunge deletes the messages that have the flag [Deleted]: of these, where the
// server has UIDPLUS (RFC 4315), or else all of the folder.
func (s *Session) Expunge(uids []uint32) error {
	if len(uids) == 0 {
		return nil
	}
	only, err := s.can("UIDPLUS")
	if err != nil {
		return err
	}
	command := "EXPUNGE"
	if only {
		command = "UID EXPUNGE " + set(uids)
	}
	_, err = s.run(newCommand(command), nil)
	return err
}

// Copy copies messages to another folder.
func (s *Session) Copy(uids []uint32, folder string) error {
	return s.transfer("UID COPY", uids, folder)
}

// Move moves messages to another folder: at once (RFC 6851), or else by copying and
// deleting them, which somebody may see half done.
func (s *Session) Move(uids []uint32, folder string) error {
	atOnce, err := s.can("MOVE")
	if err != nil {
		return err
	}
	if atOnce {
		return s.transfer("UID MOVE", uids, folder)
	}
	if err := s.Copy(uids, folder); err != nil {
		return err
	}
	if err := s.SetFlags(uids, Deleted); err != nil {
		return err
	}
	return s.Expunge(uids)
}

func (s *Session) transfer(verb string, uids []uint32, folder string) error {
	if len(uids) == 0 {
		return nil
	}
	_, err := s.run(newCommand(verb+" "+set(uids)).add(" ").folder(folder), nil)
	return err
}

// Append puts a message of so many octets into a folder, as one sends oneself a copy
// of what was sent (RFC 3501 §6.3.11). Lines must end in CR LF.
func (s *Session) Append(folder string, flags []string, received time.Time, size int64, message io.Reader) error {
	list, err := flagList(flags)
	if err != nil {
		return err
	}
	c := newCommand("APPEND").add(" ").folder(folder).add(" " + list)
	if !received.IsZero() {
		c.add(received.Format(` "_2-Jan-2006 15:04:05 -0700"`))
	}
	tag, err := s.send(c.add(fmt.Sprintf(" {%d}", size)))
	if err != nil {
		return err
	}
	if err := s.invited(tag, c.name); err != nil {
		return err
	}
	// Once its length is told nothing but the message may follow.
	n, err := io.Copy(sending{s}, io.LimitReader(message, size))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return s.conn.Fail(fmt.Errorf("the message: %w", err))
	}
	if err := s.write("\r\n", ""); err != nil {
		return err
	}
	_, err = s.replyTo(tag, c.name, nil)
	return err
}

// sending is a message's way to the connection.
type sending struct{ *Session }

func (o sending) Write(p []byte) (int, error) {
	if o.client.Trace.Text != nil {
		o.client.Trace.Text(true, p)
	}
	return o.conn.Write(p)
}
