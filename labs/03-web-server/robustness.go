package webserver

import (
	"bytes"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// twoSegments sends the request in two parts: TCP brings bytes, not messages.
func twoSegments(t *check.T) {
	path, content := html(t, "Segments")
	p := t.Start(nil)
	c := t.Dial(p)
	text := request(path)
	cut := 5 + t.Rand.IntN(len(path)-2) // within the path
	c.SendText(text[:cut])
	if !c.Quiet(300 * time.Millisecond) {
		t.Wrong(check.Mistake{Name: "half-request", Conn: c, Actual: firstLine(c.Received()), RFC: "RFC 9112 §2.2", Book: "§2.7.2"})
	}
	c.SendText(text[cut:])
	raw, end := c.Receive(whole)
	if len(raw) == 0 {
		t.Await(end, check.Mistake{Name: "half-request", Conn: c, RFC: "RFC 9112 §2.2", Book: "§2.7.2"})
	}
	r := receive(t, c)
	if r.status != "200" {
		t.Wrong(check.Mistake{Name: "half-request", Conn: c, Length: 12, Expected: "HTTP/1.1 200 OK\r\n", Actual: firstLine(raw), RFC: "RFC 9112 §2.2", Book: "§2.7.2"})
	}
	judgeFile(t, c, r, content)
}

// noRequest connects and leaves, as a port scanner or a browser that changes its
// mind does.
func noRequest(t *check.T) {
	path, content := html(t, "After")
	p := t.Start(nil)
	served(t, p, path, content)
	t.Dial(p).Close()
	still(t, p, path, content, "dies-without-request")
}

// reset has a client go away with a reset in the middle of a large file.
func reset(t *check.T) {
	path, content := html(t, "After")
	name, _ := text(t, 1<<20)
	p := t.Start(nil)
	served(t, p, path, content)
	c := t.Dial(p)
	c.SendText(request("/" + name))
	c.Receive(func(all []byte) bool { return len(all) > 0 })
	if r, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
		_ = r.SetLinger(0)
	}
	c.Close()
	still(t, p, path, content, "dies-of-reset")
}

// served judges that the server serves one client after the other, while nothing
// out of the ordinary happens: else what happens then is not to blame.
func served(t *check.T, p *check.Program, path string, content []byte) {
	for range 2 {
		ask(t, p, path, content)
	}
}

// still judges that the server goes on after something.
func still(t *check.T, p *check.Program, path string, content []byte, mistake string) {
	time.Sleep(200 * time.Millisecond) // the server may still be about to fail
	wrong := check.Mistake{Name: mistake, Crash: true, Book: "§2.7.2"}
	c := t.DialAt(p.Listening("tcp"), wrong)
	c.SendText(request(path))
	if raw, end := c.Receive(whole); len(raw) == 0 {
		wrong.Conn = c
		t.Await(end, wrong)
	}
	judgeFile(t, c, receive(t, c), content)
}

// wayOut asks for a file above the folder, and for one named from the root.
func wayOut(t *check.T) {
	p := t.Start(nil)
	for _, path := range []string{"/../../../../../../../../etc/passwd", "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"} {
		c := t.Dial(p)
		c.SendText(request(path))
		raw, end := c.Receive(whole)
		if len(raw) == 0 && end != check.Closed && end != check.Reset {
			t.Await(end, check.Mistake{Name: "no-response", Conn: c, RFC: "RFC 9112 §4"})
		}
		if at := bytes.Index(raw, []byte("root:")); at >= 0 {
			t.Wrong(check.Mistake{
				Name: "way-out", Conn: c, Offset: at, Length: 5, Args: map[string]any{"Path": path},
				Expected: "HTTP/1.1 404 Not Found\r\n", Actual: firstLine(raw), RFC: "RFC 9110 §17.3",
			})
		}
	}
	path, content := html(t, "After")
	ask(t, p, path, content)
}

// query asks for a file with a query behind it, as every form does.
func query(t *check.T) {
	path, content := html(t, "Query")
	p := t.Start(nil)
	c := t.Dial(p)
	c.SendText(request(path + "?q=" + t.Word()))
	r := receive(t, c)
	if r.status == "404" {
		t.Wrong(check.Mistake{Name: "query", Conn: c, Length: 12, Expected: "HTTP/1.1 200 OK\r\n", Actual: strings.TrimSpace(firstLine(r.raw)) + "\r\n", RFC: "RFC 9110 §4.2.1"})
	}
	judgeFile(t, c, r, content)
}
