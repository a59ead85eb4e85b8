package uppercaseudp

import (
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/uppercase"
)

// listen starts the client, types a sentence, and returns the datagram in which it
// came.
func listen(t *check.T, sentence string) (*check.Program, *check.Datagrams, *check.Datagram) {
	d := t.AcceptUDP()
	p := t.Start(check.Values{"sentence": sentence})
	g, end := d.Receive()
	t.Accepted(end, check.Mistake{Name: "uppercase.nothing-sent", Expected: sentence, Book: book})
	uppercase.Sent(t, check.Mistake{Datagram: g}, sentence, g.Data)
	return p, d, g
}

func clientSentence(t *check.T) {
	text := uppercase.Sentence(t)
	p, d, g := listen(t, text)
	d.Reply(g, []byte(uppercase.Upper(text)))
	uppercase.Printed(t, p, check.Mistake{Datagram: g}, uppercase.Upper(text))
}

// clientReply answers something else: what is printed is what the server said.
func clientReply(t *check.T) {
	p, d, g := listen(t, uppercase.Sentence(t))
	reply := uppercase.Upper(uppercase.Sentence(t))
	d.Reply(g, []byte(reply))
	uppercase.Printed(t, p, check.Mistake{Datagram: g}, reply)
}

func clientUTF8(t *check.T) {
	text := uppercase.Sentence(t) + " 自顶向下方法"
	p, d, g := listen(t, text)
	d.Reply(g, []byte(uppercase.Upper(text)))
	uppercase.Printed(t, p, check.Mistake{Datagram: g}, uppercase.Upper(text))
}

// clientStranger has somebody else send a datagram to the client before the
// server does.
func clientStranger(t *check.T) {
	text := uppercase.Sentence(t)
	p, d, g := listen(t, text)
	stranger := uppercase.Upper(uppercase.Sentence(t))
	t.OpenUDP().Send(g.From, []byte(stranger))
	p.Rest(300 * time.Millisecond)
	d.Reply(g, []byte(uppercase.Upper(text)))
	end := p.Prints(func(output string) bool {
		return strings.Contains(output, uppercase.Upper(text)) || strings.Contains(output, stranger)
	})
	if strings.Contains(p.Output(), stranger) {
		t.Wrong(check.Mistake{Name: "stranger", Datagram: g, Expected: uppercase.Upper(text), Actual: stranger, RFC: rfc, Book: book})
	}
	t.Await(end, check.Mistake{Name: "uppercase.not-printed", Datagram: g, Expected: uppercase.Upper(text), Book: book})
}

// clientLost loses the sentence. The client may say so and end, or send it again;
// it must not wait for ever.
func clientLost(t *check.T) {
	text := uppercase.Sentence(t)
	p, d, g := listen(t, text)
	p.Rest(300 * time.Millisecond)
	before := len(p.Output())
	again, end := d.Receive()
	if end == check.Done {
		d.Reply(again, []byte(uppercase.Upper(text)))
		uppercase.Printed(t, p, check.Mistake{Datagram: again}, uppercase.Upper(text))
		return
	}
	if strings.Contains(p.Output(), uppercase.Upper(text)) {
		t.Wrong(check.Mistake{Name: "invented", Datagram: g, RFC: rfc, Book: book})
	}
	said := strings.TrimSpace(p.Output()[before:]) != ""
	if said && !p.Crashed() {
		return
	}
	if end == check.Exited && !p.Crashed() {
		t.Wrong(check.Mistake{Name: "gives-up-silently", Datagram: g, RFC: rfc, Book: book})
	}
	t.Await(end, check.Mistake{Name: "waits-for-ever", Datagram: g, RFC: rfc, Book: book})
}
