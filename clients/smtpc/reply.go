package smtpc

import (
	"fmt"

	"github.com/wirebook/wirebook/protocol/smtp"
)

// Reply is what the server answers.
type Reply = smtp.Reply

// Error is a reply other than the command hoped for.
type Error struct {
	Command string // "RCPT TO:<bob@example.com>"; of AUTH without what is secret
	Reply
}

func (e *Error) Error() string {
	return fmt.Sprintf("the server answers %s with %s", e.Command, e.Reply)
}
