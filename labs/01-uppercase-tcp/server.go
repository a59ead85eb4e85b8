package uppercasetcp

import (
	"bytes"
	"net/netip"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/uppercase"
)

// ask is one client: it connects, sends a line, and has the reply judged. gone is
// what is wrong if nobody is there to accept, or to answer.
func ask(t *check.T, at netip.AddrPort, sentence string, gone check.Mistake, earlier ...string) {
	c := t.DialAt(at, gone)
	c.SendText(sentence + "\n")
	got, end := c.Receive(uppercase.Came(sentence))
	if len(bytes.TrimSpace(got)) == 0 {
		gone.Conn, gone.Expected = c, uppercase.Upper(sentence)
		t.Await(end, gone)
	}
	uppercase.Reply(t, check.Mistake{Conn: c}, sentence, got, earlier...)
	c.Close()
}

var (
	noReply  = check.Mistake{Name: "uppercase.no-reply", Book: uppercase.Book}
	onlyOnce = check.Mistake{Name: "uppercase.only-once", Book: uppercase.Book}
)

func sentence(t *check.T) {
	ask(t, t.Start(nil).Listening("tcp"), uppercase.Sentence(t), noReply)
}

// again has three clients, one after the other: a server loops for ever, and nothing
// is left of a longer sentence in a shorter one.
func again(t *check.T) {
	at := t.Start(nil).Listening("tcp")
	long := uppercase.Sentence(t) + " " + uppercase.Sentence(t)
	ask(t, at, long, noReply)
	for range 2 {
		ask(t, at, uppercase.Sentence(t), onlyOnce, long)
	}
}

// served judges that two clients are served, one after the other: a server for which
// that is too much is not to blame for what it does about strange ones.
func served(t *check.T, at netip.AddrPort) {
	ask(t, at, uppercase.Sentence(t), noReply)
	ask(t, at, uppercase.Sentence(t), onlyOnce)
}

func utf8Sentence(t *check.T) {
	ask(t, t.Start(nil).Listening("tcp"), uppercase.Sentence(t)+" 计算机网络 "+t.Word(), noReply)
}

// noSentence connects and leaves.
func noSentence(t *check.T) {
	at := t.Start(nil).Listening("tcp")
	served(t, at)
	c := t.DialAt(at, noReply)
	c.EndSending()
	c.Still(200 * time.Millisecond)
	c.Close()
	ask(t, at, uppercase.Sentence(t), check.Mistake{Name: "dies-without-sentence", Crash: true, RFC: "RFC 9293 §3.6", Book: "§2.7.2"})
}

// half is that a server takes what recv() returned for all.
func half(c *check.Conn, sentence string, got []byte) check.Mistake {
	return check.Mistake{
		Name: "half-sentence", Conn: c, Offset: max(0, len(got)-1), Length: 1, RFC: "RFC 9293 §3.8", Book: "§2.7.2",
		Expected: check.Say("uppercase-tcp.bytes", "Bytes", len(sentence)), Actual: check.Say("uppercase-tcp.bytes", "Bytes", len(bytes.TrimSpace(got))),
	}
}

// whole judges that all of a sentence came back that was sent in parts.
func whole(t *check.T, c *check.Conn, sentence string) {
	got, end := c.Receive(uppercase.Came(sentence))
	if end == check.Done {
		return
	}
	if len(got) == 0 {
		t.Await(end, half(c, sentence, got))
	}
	if begin := uppercase.Upper(sentence[:3]); !strings.Contains(string(got), begin) {
		uppercase.Reply(t, check.Mistake{Conn: c}, sentence, got)
	}
	t.Wrong(half(c, sentence, got))
}

// twoSegments sends a line in two parts: TCP brings bytes, not messages.
func twoSegments(t *check.T) {
	c := t.Dial(t.Start(nil))
	text := uppercase.Sentence(t)
	cut := 3 + t.Rand.IntN(len(text)-6)
	c.SendText(text[:cut])
	c.Still(300 * time.Millisecond)
	c.SendText(text[cut:] + "\n")
	whole(t, c, text)
}

// long is a line that is longer than the book's 1024 bytes.
func long(t *check.T) {
	var words []string
	for range 400 {
		words = append(words, t.Word())
	}
	text := strings.Join(words, " ")
	c := t.Dial(t.Start(nil))
	c.SendText(text + "\n")
	whole(t, c, text)
}
