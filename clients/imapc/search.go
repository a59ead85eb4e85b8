package imapc

import (
	"fmt"
	"time"
)

// Criteria are what messages are searched by; all that are given must be true (RFC
// 3501 §6.4.4).
type Criteria struct {
	Unseen               bool
	From, To, Subject    string    // is in this field
	Text                 string    // is anywhere in it
	Since, Before        time.Time // it came on this day or later; before it
	LargerThan           uint32    // octets
	Flagged, NotAnswered bool
}

// Search finds messages, and returns their UIDs. The server does it: nothing is
// fetched.
func (s *Session) Search(what Criteria) ([]uint32, error) {
	c := newCommand("UID SEARCH")
	for _, text := range []string{what.From, what.To, what.Subject, what.Text} {
		if !quotable(text) {
			c.add(" CHARSET UTF-8")
			break
		}
	}
	c.add(" ALL")
	for _, flag := range []struct {
		set bool
		key string
	}{{what.Unseen, "UNSEEN"}, {what.Flagged, "FLAGGED"}, {what.NotAnswered, "UNANSWERED"}} {
		if flag.set {
			c.add(" " + flag.key)
		}
	}
	if what.LargerThan > 0 {
		c.add(fmt.Sprintf(" LARGER %d", what.LargerThan))
	}
	for _, day := range []struct {
		time.Time
		key string
	}{{what.Since, "SINCE"}, {what.Before, "BEFORE"}} {
		if !day.IsZero() {
			c.add(" " + day.key + day.Format(" 2-Jan-2006"))
		}
	}
	for _, text := range []struct{ text, key string }{
		{what.From, "FROM"}, {what.To, "TO"}, {what.Subject, "SUBJECT"}, {what.Text, "TEXT"},
	} {
		if text.text != "" {
			c.add(" " + text.key + " ").string(text.text)
		}
	}
	var found []uint32
	_, err := s.run(c, on{"SEARCH": func(response) error {
		for {
			more, err := s.in.space()
			if b, _ := s.in.peek(); err != nil || !more || b == '\r' || b == '\n' {
				return err
			}
			v, err := s.in.value()
			if err != nil {
				return err
			}
			uid, ok := v.number()
			if !ok || len(found) == s.client.MaxMessages {
				return fmt.Errorf("%w: a search finds %.20q", ErrProtocol, v.str())
			}
			found = append(found, uid)
		}
	}})
	return found, err
}
