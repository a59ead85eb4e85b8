package uppercasetcp

import (
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/uppercase"
)

// listen starts the client, types a sentence, and returns the connection on which
// it came.
func listen(t *check.T, sentence string) (*check.Program, *check.Conn) {
	l := t.AcceptTCP()
	p := t.Start(check.Values{"sentence": sentence})
	c, end := l.Accept()
	t.Accepted(end, check.Mistake{Name: "no-connection", Book: "§2.7.2"})
	got, end := c.Receive(uppercase.Contains(sentence))
	if len(got) == 0 {
		t.Await(end, check.Mistake{Name: "uppercase.nothing-sent", Conn: c, Expected: sentence, Book: "§2.7.2"})
	}
	uppercase.Sent(t, check.Mistake{Conn: c}, sentence, got)
	return p, c
}

func clientSentence(t *check.T) {
	text := uppercase.Sentence(t)
	p, c := listen(t, text)
	c.SendText(uppercase.Upper(text) + "\n")
	c.EndSending()
	uppercase.Printed(t, p, check.Mistake{Conn: c}, uppercase.Upper(text))
}

// clientReply answers something else: what is printed is what the server said.
func clientReply(t *check.T) {
	p, c := listen(t, uppercase.Sentence(t))
	reply := uppercase.Upper(uppercase.Sentence(t))
	c.SendText(reply + "\n")
	c.EndSending()
	uppercase.Printed(t, p, check.Mistake{Conn: c}, reply)
}

func clientUTF8(t *check.T) {
	text := uppercase.Sentence(t) + " 自顶向下方法"
	p, c := listen(t, text)
	c.SendText(uppercase.Upper(text) + "\n")
	c.EndSending()
	uppercase.Printed(t, p, check.Mistake{Conn: c}, uppercase.Upper(text))
}

// clientTwoSegments sends the reply in two parts.
func clientTwoSegments(t *check.T) {
	text := uppercase.Sentence(t)
	p, c := listen(t, text)
	reply := uppercase.Upper(text)
	cut := 3 + t.Rand.IntN(len(reply)-6)
	c.SendText(reply[:cut])
	c.Still(300 * time.Millisecond)
	c.SendText(reply[cut:] + "\n")
	c.EndSending()
	half := check.Mistake{Name: "half-reply", Conn: c, Expected: reply, RFC: "RFC 9293 §3.8", Book: "§2.7.2"}
	whole, rest := prints(reply), prints(reply[cut:])
	end := p.Prints(func(output string) bool { return whole(output) || rest(output) })
	t.Await(end, half)
	t.Expect(whole(p.Output()), half) // else both parts are there, as if they were two replies
}

// prints reports whether the reply is shown, in as many pieces as it came.
func prints(reply string) func(string) bool {
	letters := strings.NewReplacer(" ", "", "\n", "", "\r", "")
	return func(output string) bool { return strings.Contains(letters.Replace(output), letters.Replace(reply)) }
}
