package webserver

import (
	"bytes"
	"path"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// judgeFile judges a response that should bring a file.
func judgeFile(t *check.T, c *check.Conn, r response, content []byte) {
	if r.status != "200" {
		t.Wrong(check.Mistake{
			Name: "not-200", Conn: c, Length: 12, Expected: "HTTP/1.1 200 OK\r\n", Actual: firstLine(r.raw), RFC: "RFC 9110 §15.3.1", Book: "§2.2.3",
		})
	}
	body := r.body
	if r.has("Content-Length") {
		body = body[:min(len(body), r.length())] // a browser reads no further
	}
	if bytes.Equal(body, content) {
		return
	}
	// The assignment's skeleton of the 8th edition sends CRLF after the file.
	if bytes.Equal(bytes.TrimSuffix(body, []byte("\r\n")), content) && !r.has("Content-Length") {
		t.Remark("crlf-after-body")
		return
	}
	wrong := check.Mistake{
		Name: "body", Conn: c, Offset: r.start + firstDifference(body, content), Book: "§2.2.3", RFC: "RFC 9112 §6",
		Expected: check.Say("web-server.bytes", "Bytes", len(content)), Actual: check.Say("web-server.bytes", "Bytes", len(body)),
	}
	switch {
	case len(body) == 0:
		wrong.Name = "no-body"
	case r.has("Content-Length") && bytes.HasPrefix(content, body):
		wrong.Name = "wrong-length"
	case len(body) < len(content) && bytes.HasPrefix(content, body):
		wrong.Name = "body-cut"
	case isOther(t, body, content):
		wrong.Name = "other-file"
	case bytes.Contains(body, []byte("b'")) || bytes.Contains(body, []byte(`b"`)):
		wrong.Name = "body-repr"
	}
	if bytes.HasPrefix(content, body) {
		t.Await(asClosed(r.end), wrong) // it may have crashed on the way
	}
	t.Wrong(wrong)
}

// asClosed has a response that is there end as one whose connection was closed.
func asClosed(end check.End) check.End {
	if end == check.Done {
		return check.Closed
	}
	return end
}

// isOther reports whether a body is that of another file.
func isOther(t *check.T, body, content []byte) bool {
	for _, name := range t.Files() {
		data, err := t.ReadFile(name)
		if err == nil && len(data) > 0 && !bytes.Equal(data, content) && bytes.Equal(bytes.TrimSpace(data), bytes.TrimSpace(body)) {
			return true
		}
	}
	return false
}

func firstDifference(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func firstLine(raw []byte) string {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	return string(line) + "\n"
}

// ask gets a path and judges that it brings the file.
func ask(t *check.T, p *check.Program, path string, content []byte) response {
	c := t.Dial(p)
	c.SendText(request(path))
	r := receive(t, c)
	judgeFile(t, c, r, content)
	c.Close() // as a browser does that has what it wanted: the server may wait for it
	return r
}

// put puts a file into the program's folder, and into each folder in it: many keep
// their pages in one called www, static or htdocs.
func put(t *check.T, name string, content []byte) {
	const most = 30
	for i, folder := range t.Folders() {
		if i < most && !strings.Contains(folder, "/") {
			t.WriteFile(path.Join(folder, name), content)
		}
	}
}

// html puts a page into the program's folder.
func html(t *check.T, words ...string) (path string, content []byte) {
	name := t.Word() + ".html"
	content = []byte("<html><body>" + strings.Join(words, " ") + " " + t.Word() + "</body></html>\n")
	put(t, name, content)
	return "/" + name, content
}

func page(t *check.T) {
	path, content := html(t, "Hello")
	ask(t, t.Start(nil), path, content)
}

func notFound(t *check.T) {
	p := t.Start(nil)
	c := t.Dial(p)
	c.SendText(request("/" + t.Word() + ".html"))
	r := receive(t, c)
	t.Expect(r.status == "404", check.Mistake{
		Name: "not-404", Conn: c, Length: 12, Expected: "HTTP/1.1 404 Not Found\r\n", Actual: firstLine(r.raw), RFC: "RFC 9110 §15.5.5", Book: "§2.2.3",
	})
	if len(bytes.TrimSpace(r.body)) == 0 {
		t.Remark("empty-404")
	}
}

// again asks twice, and for a missing file twice in between: a server that does
// not close what it has opened, or ends after an error, fails here.
func again(t *check.T) {
	path, content := html(t, "Again")
	p := t.Start(nil)
	ask(t, p, path, content)
	for range 2 {
		r := get(t, p, "/"+t.Word()+".html")
		t.Expect(r.status == "404", check.Mistake{Name: "not-404", Expected: "HTTP/1.1 404 Not Found\r\n", Actual: firstLine(r.raw), RFC: "RFC 9110 §15.5.5"})
	}
	ask(t, p, path, content)
}

func binary(t *check.T) {
	name, content := t.Word()+".jpg", t.Bytes(3000)
	copy(content, "\xff\xd8\xff\xe0\x00\x10JFIF\x00\r\n\r\n")
	put(t, name, content)
	ask(t, t.Start(nil), "/"+name, content)
}

func utf8Page(t *check.T) {
	path, content := html(t, "计算机网络：自顶向下方法", "—", "Größe")
	ask(t, t.Start(nil), path, content)
}

func large(t *check.T) {
	name, content := text(t, 300_000+t.Rand.IntN(1000))
	ask(t, t.Start(nil), "/"+name, content)
}

// text puts a file of plain text into the program's folder: of that many bytes,
// or a few more.
func text(t *check.T, size int) (name string, content []byte) {
	for len(content) < size {
		for range 100 {
			content = append(content, t.Word()+" "...)
		}
		content = append(content, '\n')
	}
	name = t.Word() + ".txt"
	put(t, name, content)
	return name, content
}

// concurrent has one client that says nothing while another asks.
func concurrent(t *check.T) {
	path, content := html(t, "Two")
	p := t.Start(nil)
	silent := t.Dial(p)
	c := t.Dial(p)
	c.SendText(request(path))
	if raw, end := c.Receive(func(all []byte) bool { return len(all) > 0 }); len(raw) == 0 {
		t.Await(end, check.Mistake{Name: "one-at-a-time", Conn: c, Book: "§2.7.2"})
	}
	judgeFile(t, c, receive(t, c), content)
	silent.Close()
}

func contentLength(t *check.T) {
	path, content := html(t, "Length")
	p := t.Start(nil)
	c := t.Dial(p)
	c.SendText(request(path))
	r := receive(t, c)
	judgeFile(t, c, r, content)
	if r.isChunked() {
		return // that says it, too, and the two exclude each other (RFC 9112 §6.2)
	}
	t.Expect(r.has("Content-Length"), check.Mistake{
		Name: "no-length", Conn: c, Offset: bytes.IndexByte(r.raw, '\n') + 1, Expected: "Content-Length: N\r\n", RFC: "RFC 9110 §8.6", Book: "§2.2.3",
	})
	t.Expect(r.length() == len(content), check.Mistake{
		Name: "wrong-length", Conn: c, Offset: max(0, bytes.Index(bytes.ToLower(r.raw), []byte("content-length"))),
		Expected: check.Say("web-server.bytes", "Bytes", len(content)), Actual: check.Say("web-server.bytes", "Bytes", r.length()), RFC: "RFC 9110 §8.6", Book: "§2.2.3",
	})
}
