package httpclient

import (
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// segments sends the response in pieces with pauses, cut where a hasty reader takes
// it for complete.
func segments(t *check.T) {
	x := accept(t)
	words := []string{t.Word(), t.Word()}
	body := html(words...)
	whole := head("200 OK", "text/html", len(body)) + body
	for _, cut := range []string{"HTTP/1.1 200", "\r\n\r\n", words[0] + "</p>"} {
		at := strings.Index(whole, cut) + len(cut)
		x.c.SendText(whole[:at])
		whole = whole[at:]
		x.c.Still(200 * time.Millisecond)
	}
	x.c.SendText(whole)
	x.c.Close()
	x.shows(check.Mistake{Name: "cut", RFC: "RFC 9293 §3.8"}, 0, words...)
}

// keepAlive leaves the connection open after the response, as every server may if
// the client has not said otherwise.
func keepAlive(t *check.T) {
	x := accept(t)
	word := t.Word()
	body := html(word)
	if !x.persistent() {
		x.answer("200 OK", body)
		x.shows(check.Mistake{Expected: word}, 0, word)
		return
	}
	waits := check.Mistake{Name: "waits-for-close", Conn: x.c, Book: "§2.2.2", RFC: "RFC 9112 §6.3"}
	x.c.SendText(strings.Replace(head("200 OK", "text/html", len(body)), "Connection: close\r\n", "", 1) + body)
	t.Await(x.p.Prints(func(string) bool { return strings.Contains(x.output(), word) }), waits)
	asked := len(x.raw)
	if _, end := x.c.Receive(func(all []byte) bool { return len(all) > asked }); end == check.Idle || end == check.Late {
		t.Await(end, waits)
	}
}

// utf8Page is a page in Chinese that is cut in the middle of a character.
func utf8Page(t *check.T) {
	x := accept(t)
	const phrase = "计算机网络：自顶向下方法"
	word := t.Word()
	body := html(strings.Repeat("应用层 ", 300), phrase, word)
	whole := head("200 OK", "text/html; charset=utf-8", len(body)) + body
	at := strings.Index(whole, phrase) + 4
	x.c.SendText(whole[:at])
	x.c.Still(300 * time.Millisecond)
	x.c.SendText(whole[at:])
	x.c.Close()
	whatever := func(string) bool {
		return strings.Contains(strings.NewReplacer("\r", "", "\n", "").Replace(x.output()), phrase) && strings.Contains(x.output(), word)
	}
	m := check.Mistake{Name: "split-character", Crash: true, Conn: x.c, Expected: phrase, RFC: "RFC 3629 §3", Book: book}
	end := x.p.Prints(whatever)
	if end != check.Done && strings.Contains(x.output(), word) && !strings.Contains(x.output(), "应用") {
		m.Name = "cut"
	}
	if end != check.Done && !strings.Contains(x.output(), word) {
		if !strings.Contains(x.output(), "应用层") && !x.p.Crashed() {
			m.Name = "not-shown"
		} else if !x.p.Crashed() {
			m.Name = "cut"
		}
	}
	if end != check.Done && !x.p.Crashed() && x.output() != "" {
		t.Wrong(m)
	}
	t.Await(end, m)
}

// notText is a picture: not every response is text.
func notText(t *check.T) {
	x := accept(t)
	picture := append([]byte("\x89PNG\r\n\x1a\n"), t.Bytes(1500)...)
	x.c.Send(append([]byte(head("200 OK", "image/png", len(picture))), picture...))
	x.c.Close()
	x.p.Rest(time.Second)
	if x.p.Crashed() {
		x.p.Wait()
		t.Await(check.Exited, check.Mistake{Name: "dies-of-picture", Crash: true, Conn: x.c, RFC: "RFC 9110 §8.3", Book: book})
	}
}
