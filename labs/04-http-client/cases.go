package httpclient

import (
	"fmt"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// answer sends a response with a Content-Length, and closes the connection.
func (x *exchange) answer(status, body string) {
	x.c.SendText(head(status, "text/html", len(body)) + body)
	x.c.Close()
}

func head(status, mediaType string, length int) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nServer: wirebook-lab\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", status, mediaType, length)
}

// html is a page with these words in it.
func html(words ...string) string {
	return "<html><body>\n<p>" + strings.Join(words, "</p>\n<p>") + "</p>\n</body></html>\n"
}

// output is what the program shows: what it prints, or writes to a file of
// whatever name.
func (x *exchange) output() string {
	all := x.p.Output()
	for _, name := range x.t.Files() {
		if !x.before[name] {
			saved, _ := x.t.ReadFile(name)
			all += string(saved)
		}
	}
	return all
}

// shows waits until the program shows each of the words, but for as many as may be
// torn where one piece of what it printed ends and another begins.
func (x *exchange) shows(m check.Mistake, torn int, words ...string) {
	missing := func() (n int) {
		output := x.output()
		for _, w := range words {
			if !strings.Contains(output, w) {
				n++
			}
		}
		return n
	}
	end := x.p.Prints(func(string) bool { return missing() <= torn })
	if end == check.Done {
		return
	}
	m.Conn, m.Book = x.c, book
	switch n := missing(); {
	case n == len(words) && !(m.Name == "cut" && x.showsHead()):
		m.Name = x.unseen()
	case m.Name == "":
		m.Name = "cut"
	}
	if missing() < len(words) && !x.p.Crashed() {
		x.t.Wrong(m)
	}
	x.t.Await(end, m)
}

// unseen is the mistake of a program that shows none of a page's words.
func (x *exchange) unseen() string {
	output := x.output()
	switch {
	case strings.Contains(output, "</html>"), strings.Contains(output, filler):
		return "cut"
	case x.showsHead():
		return "body-not-shown"
	}
	return "not-shown"
}

func (x *exchange) showsHead() bool { return strings.Contains(x.output(), "HTTP/1.1 200") }

func page(t *check.T) {
	x := accept(t)
	word := t.Word()
	x.answer("200 OK", html("Hello", word))
	x.shows(check.Mistake{Expected: word}, 0, word)
	if strings.Contains(x.p.Output(), "b'HTTP/") || strings.Contains(x.p.Output(), `b"HTTP/`) {
		t.Remark("repr")
	}
}

// noLength is how the server of the book's exercise answers: without header lines,
// and with the connection's end for the body's.
func noLength(t *check.T) {
	x := accept(t)
	word := t.Word()
	x.c.SendText("HTTP/1.1 200 OK\r\n\r\n" + html(word))
	x.c.Close()
	x.shows(check.Mistake{Expected: word, RFC: "RFC 9112 §6.3"}, 0, word)
}

func notFound(t *check.T) {
	x := accept(t)
	word := t.Word()
	x.answer("404 Not Found", html("404 Not Found", word))
	end := x.p.Prints(func(string) bool {
		output := x.output()
		return strings.Contains(output, "404") || strings.Contains(output, word) || strings.Contains(strings.ToLower(output), "not found")
	})
	t.Await(end, check.Mistake{Name: "error-not-shown", Conn: x.c, Expected: "HTTP/1.1 404 Not Found\r\n", RFC: "RFC 9110 §15.5.5", Book: book})
}

// filler is what stands between the words of a long page.
const filler = "the application layer "

// manyWords makes a page of some 100,000 bytes, with a word that is looked for in
// each part of it.
func manyWords(t *check.T) (body string, words []string) {
	var lines []string
	for range 50 {
		word := t.Word()
		words = append(words, word)
		lines = append(lines, word+" "+strings.Repeat(filler, 90))
	}
	return html(lines...), words
}

func large(t *check.T) {
	x := accept(t)
	body, words := manyWords(t)
	x.answer("200 OK", body)
	x.shows(check.Mistake{
		Expected: check.Say("http-client.bytes", "Bytes", len(body)), Actual: check.Say("http-client.bytes", "Bytes", len(x.output())), RFC: "RFC 9293 §3.8",
	}, 5, words...)
}

// chunked answers in chunks, which HTTP/1.1 demands of its clients to understand.
func chunked(t *check.T) {
	x := accept(t)
	word, other := t.Word()+t.Word(), t.Word()
	body := html(word, other)
	if !x.isHTTP11() {
		x.answer("200 OK", body)
	} else {
		cut := strings.Index(body, word) + len(word)/2
		x.c.SendText("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" +
			fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", cut, body[:cut], len(body)-cut, body[cut:]))
		x.c.Close()
	}
	x.shows(check.Mistake{Name: "chunk-sizes", Expected: word, RFC: "RFC 9112 §7.1"}, 0, word, other)
}
