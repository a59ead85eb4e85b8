package mail

import (
	"fmt"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Message is what people write to each other, as it was understood.
type Message struct {
	ID      string `json:"messageId,omitempty"` // with its angle brackets
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	Subject string `json:"subject,omitempty"` // decoded
	Type    string `json:"type"`              // "text/plain"
	Hops    int    `json:"hops"`              // how many servers have signed it (Received)
	Size    int    `json:"size"`              // bytes on the wire, without the line with the dot

	start   int
	stuffed bool
	whole   bool
	header  *header
}

// Read reads a message from the bytes on the wire, which begins at byte number
// start, is size bytes long, and may have been kept only in part. stuffed says
// that dots were doubled, whole that it is all of a message, and not some of its
// header.
func Read(bytes []byte, start, size int, stuffed, whole bool) *Message {
	m := &Message{start: start, stuffed: stuffed, whole: whole, Size: size}
	text, _ := m.text(bytes)
	m.header = readHeader(text, whole && len(bytes) >= start+size)
	m.ID = messageID(m.header.get("Message-ID"))
	m.From, m.To = words(m.header.get("From")), words(m.header.get("To"))
	m.Subject = words(m.header.get("Subject"))
	m.Type, _ = m.header.contentType()
	for _, l := range m.header.lines {
		if strings.EqualFold(l.name, "Received") {
			m.Hops++
		}
	}
	return m
}

// text is the message without the dots of the wire, and where they were.
func (m *Message) text(bytes []byte) ([]byte, []int) {
	bytes = bytes[min(m.start, len(bytes)):]
	bytes = bytes[:min(m.Size, len(bytes))]
	if m.stuffed {
		return unstuffed(bytes)
	}
	return bytes, nil
}

// messageID is what stands between the angle brackets, with them; a comment may
// stand before and after (RFC 5322 §3.6.4).
func messageID(value string) string {
	start, end := strings.IndexByte(value, '<'), strings.IndexByte(value, '>')
	if start < 0 || end < start {
		return ""
	}
	return value[start : end+1]
}

// Story is the message's name on its way: its Message-ID, or <> if it has none.
func (m *Message) Story() string {
	if m.ID == "" {
		return "<>"
	}
	return m.ID
}

// Findings are what is wrong with the message itself.
func (m *Message) Findings() []dissect.Finding { return m.header.check(m.start) }

// Summary is one line: `message "Do you like ketchup?", 512 bytes`.
func (m *Message) Summary() string {
	name := ""
	switch {
	case m.Subject != "":
		name = ` "` + dissect.Text([]byte(m.Subject), 100) + `"`
	case m.ID != "":
		name = " " + dissect.Text([]byte(m.ID), 100)
	}
	return fmt.Sprintf("message%s, %d bytes", name, m.Size)
}

// Args are what an explanation fills in.
func (m *Message) Args() map[string]any {
	return map[string]any{
		"From": orUnknown(m.From), "To": orUnknown(m.To),
		"Name": dissect.Text([]byte(m.ID), maxShown), "Hops": m.Hops, "Bytes": m.Size,
	}
}

func orUnknown(address string) string {
	if address == "" {
		return "?"
	}
	return dissect.Text([]byte(address), maxShown)
}
