package uppercaseudp

import (
	"net/netip"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/uppercase"
)

// book is the section, and rfc the protocol's.
const (
	book = "§2.7.1"
	rfc  = "RFC 768"
)

var (
	noReply  = check.Mistake{Name: "uppercase.no-reply", Book: book}
	onlyOnce = check.Mistake{Name: "uppercase.only-once", Book: book}
)

// ask is one client: it sends a sentence, and has the reply judged. gone is what
// is wrong if there is none.
func ask(t *check.T, at netip.AddrPort, sentence string, gone check.Mistake, earlier ...string) {
	socket := t.OpenUDP()
	socket.Send(at, []byte(sentence))
	reply(t, socket, at, sentence, gone, earlier...)
}

func reply(t *check.T, socket *check.Datagrams, at netip.AddrPort, sentence string, gone check.Mistake, earlier ...string) {
	g, end := socket.Receive()
	gone.Expected = uppercase.Upper(sentence)
	t.Await(end, gone)
	if g.From.Port() != at.Port() {
		t.Remark("other-port", "Asked", int(at.Port()), "Answered", int(g.From.Port()))
	}
	uppercase.Reply(t, check.Mistake{Datagram: g}, sentence, g.Data, earlier...)
}

func sentence(t *check.T) {
	ask(t, t.Start(nil).Listening("udp"), uppercase.Sentence(t), noReply)
}

// again has three clients, one after the other: a server loops for ever, and nothing
// is left of a longer sentence in a shorter one.
func again(t *check.T) {
	at := t.Start(nil).Listening("udp")
	long := uppercase.Sentence(t) + " " + uppercase.Sentence(t)
	ask(t, at, long, noReply)
	for range 2 {
		ask(t, at, uppercase.Sentence(t), onlyOnce, long)
	}
}

// twoClients has two clients ask before either is answered.
func twoClients(t *check.T) {
	at := t.Start(nil).Listening("udp")
	one, other := t.OpenUDP(), t.OpenUDP()
	first, second := uppercase.Sentence(t), uppercase.Sentence(t)
	one.Send(at, []byte(first))
	other.Send(at, []byte(second))
	g, end := one.Receive()
	t.Await(end, check.Mistake{Name: "uppercase.no-reply", Expected: uppercase.Upper(first), Book: book})
	if strings.Contains(string(g.Data), uppercase.Upper(second)) {
		t.Wrong(check.Mistake{
			Name: "wrong-client", Datagram: g, Length: len(g.Data), Expected: uppercase.Upper(first), Actual: string(g.Data), RFC: rfc, Book: book,
		})
	}
	uppercase.Reply(t, check.Mistake{Datagram: g}, first, g.Data)
	reply(t, other, at, second, check.Mistake{Name: "wrong-client", RFC: rfc, Book: book}, first)
}

func utf8Sentence(t *check.T) {
	ask(t, t.Start(nil).Listening("udp"), uppercase.Sentence(t)+" 计算机网络 "+t.Word(), noReply)
}

// long is a sentence that fits a datagram, but not the book's old buffer of 1024
// bytes.
func long(t *check.T) {
	var text string
	for len(text) < 1200 {
		text += t.Word() + " "
	}
	text = strings.TrimSpace(text)
	at := t.Start(nil).Listening("udp")
	socket := t.OpenUDP()
	socket.Send(at, []byte(text))
	g, end := socket.Receive()
	t.Await(end, noReply)
	if got := strings.TrimSpace(string(g.Data)); len(got) < len(text) && strings.HasPrefix(uppercase.Upper(text), got) {
		t.Wrong(check.Mistake{
			Name: "small-buffer", Datagram: g, Offset: len(got) - 1, Length: 1, RFC: rfc, Book: book,
			Expected: check.Say("uppercase-udp.bytes", "Bytes", len(text)), Actual: check.Say("uppercase-udp.bytes", "Bytes", len(got)),
		})
	}
	uppercase.Reply(t, check.Mistake{Datagram: g}, text, g.Data)
}

// empty sends a datagram without a byte in it, which UDP allows.
func empty(t *check.T) { after(t, nil, "dies-of-empty") }

// notText sends bytes that are no text in UTF-8.
func notText(t *check.T) {
	after(t, append([]byte{0xff, 0xfe}, t.Bytes(20)...), "dies-of-bytes")
}

// after judges that the server goes on after a strange datagram.
func after(t *check.T, strange []byte, mistake string) {
	p := t.Start(nil)
	at := p.Listening("udp")
	one, other := uppercase.Sentence(t), uppercase.Sentence(t)
	ask(t, at, one, noReply)
	ask(t, at, other, onlyOnce, one) // or else what is strange is not to blame
	t.OpenUDP().Send(at, strange)
	ask(t, at, uppercase.Sentence(t), check.Mistake{Name: mistake, Crash: true, RFC: rfc, Book: book}, one, other)
}
