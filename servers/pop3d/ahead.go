package pop3d

// lookahead is a small message as a whole: the one that is asked for, or that
// will be next, perhaps. Most clients retrieve one message after another: while
// one is on its way, the next is read from the disk.
type lookahead struct {
	after  int // the number of the message that was sent last; 0: of none
	number int // of the message that text is; 0: of none
	text   []byte
}

// smallMessage is the largest that is read as a whole: so much memory a session
// has for it.
const smallMessage = 32 << 10

// read reads a message, if it is small. If that fails, it will be said when the
// file is opened.
func (a *lookahead) read(drop *maildrop, number int) bool {
	m := &drop.messages[number-1]
	a.number = 0
	if m.Size > smallMessage {
		return false
	}
	text, err := drop.inbox.ReadWhole(m.UID, a.text)
	if err != nil {
		return false
	}
	a.number, a.text = number, text
	return true
}

// readAhead is called when all replies are sent and the next command has not come.
func (c *conversation) readAhead() {
	last := c.ahead.after
	if c.drop == nil || last == 0 || last >= len(c.drop.messages) {
		return
	}
	c.ahead.after = 0
	if !c.drop.messages[last].deleted { // its number is last+1
		c.ahead.read(c.drop, last+1)
	}
}
