package wire

import (
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Story picks the journey of a mail out of all that is said: the messages that
// bring it, in each conversation, and the commands and replies around them. Which
// mail a command is about is often known only later, so Tell keeps what may yet
// belong to the story.
type Story struct {
	id        string
	exchanges dissect.Recent[exchange, *chapter]
}

// exchange is what belongs together in a conversation.
type exchange struct {
	conversation uint64
	number       int
}

// chapter is what is known of an exchange.
type chapter struct {
	told    bool
	waiting []*Message // that may belong to the story
}

const maxWaiting = 256

// NewStory returns the story of the mail with that Message-ID, with or without
// its angle brackets; if it is empty, those of all mails.
func NewStory(id string) *Story { return &Story{id: strings.Trim(id, "<>")} }

// Tell takes the next message, and returns those that are now known to belong to
// the story, in their order.
func (s *Story) Tell(m *Message) []*Message {
	ours := m.Story != "" && (s.id == "" || strings.Trim(m.Story, "<>") == s.id)
	switch {
	case m.Exchange == 0 && ours:
		return []*Message{m}
	case m.Exchange == 0:
		return nil
	}
	key := exchange{m.Conversation, m.Exchange}
	c, ok := s.exchanges.Get(key)
	if !ok {
		c = new(chapter)
		s.exchanges.Put(key, c)
	}
	switch {
	case ours:
		all := append(c.waiting, m)
		c.told, c.waiting = true, nil
		return all
	case m.Story != "": // another mail, of a FETCH for several
		return nil
	case c.told:
		return []*Message{m}
	case len(c.waiting) < maxWaiting:
		c.waiting = append(c.waiting, m)
	}
	return nil
}
