package smtpd

import (
	"fmt"
	"time"

	"github.com/wirebook/wirebook/protocol/mail"
)

// received is the line that every server puts on top of a message (RFC 5321 §4.4),
// so that its way can be read, from below, and a loop can be seen:
//
//	Received: from alice.example.edu ([192.0.2.11])
//		by mail.example.edu with ESMTPSA id 6QXJ4T
//		for <bob@example.com>; Sat, 21 Nov 2026 16:00:00 +0000
//
// What the client calls itself is its own word; the address is what we see. With
// several recipients none is named, since they need not know of one another.
func (c *conversation) received(id string) []byte {
	name := c.conn.Hostname()
	if !isHost(name) {
		name = "unknown"
	}
	who := ""
	if len(c.to) == 1 {
		who = fmt.Sprintf("\r\n\tfor <%s>", c.to[0])
	}
	now := c.Clock.Now().Format(time.RFC1123Z)
	return fmt.Appendf(nil, "Received: from %s (%s)\r\n\tby %s with %s id %s%s; %s\r\n",
		name, mail.Literal(c.remote()), c.Hostname, c.protocol(), id, who, now)
}

// protocol is what was spoken, by the names of RFC 3848 and RFC 6531 §4.3: E for
// extensions, S for TLS, A for a login.
func (c *conversation) protocol() string {
	name := "ESMTP"
	switch {
	case c.utf8:
		name = "UTF8SMTP"
	case c.stream.hello == "HELO":
		return "SMTP"
	}
	if c.stream.secured {
		name += "S"
	}
	if c.user != "" {
		name += "A"
	}
	return name
}
