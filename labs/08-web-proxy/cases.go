package webproxy

import (
	"bytes"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// understands passes if the program brings a page when it is asked in the manner
// that is tried; how well, is the cases' to judge.
func understands(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	c := t.Dial(w.p)
	c.SendText(w.request(t.Manner(), "GET", x, closes, ""))
	enough := func(all []byte) bool { return bytes.Contains(all, bytes.TrimSpace(x.body)) }
	if _, end := c.Receive(enough); end != check.Done {
		t.Wrong(check.Mistake{Name: "no-response"})
	}
}

func page(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	w.brings(w.get(x), x)
}

func picture(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.picture()
	w.brings(w.get(x), x)
}

// large is an object that comes in many segments.
func large(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.put(".html", "text/html", []byte("<html><body>\n"+strings.Repeat("<p>"+t.Word()+" "+t.Word()+"</p>\n", 10_000)+"</body></html>\n"))
	w.brings(w.get(x), x)
}

// again asks for one page after the other, of different servers.
func again(t *check.T) {
	w := begin(t)
	defer w.close()
	for range 3 {
		x := w.page()
		w.brings(w.get(x), x)
	}
}

func cache(t *check.T) {
	w := begin(t)
	defer w.close()
	w.cached(w.page())
}

func cachedPicture(t *check.T) {
	w := begin(t)
	defer w.close()
	w.cached(w.picture())
}

// cached judges that an object is fetched once, and brought twice. A proxy may
// still be writing its copy when the browser has the response; so it is asked more
// than twice before it is said that it has none.
func (w *web) cached(x *object) {
	w.brings(w.get(x), x)
	for range 4 {
		before := w.fetched()
		c := w.t.Dial(w.p)
		c.SendText(w.request(w.t.Manner(), "GET", x, closes, ""))
		if w.fromCache(c, x, before) {
			return
		}
		time.Sleep(250 * time.Millisecond)
	}
	w.t.Wrong(check.Mistake{
		Name: "not-cached", Conn: w.last().conn, Expected: check.Say("web-proxy.requests", "Times", 1),
		Actual: check.Say("web-proxy.requests", "Times", w.fetched()), RFC: "RFC 9111 §4", Book: "§2.2.5",
	})
}

// fromCache reads a response that should come out of the cache, and judges it if
// it does.
func (w *web) fromCache(c *check.Conn, x *object, before int) bool {
	raw, end := c.Receive(whole)
	if w.fetched() > before {
		return false
	}
	r := parse(raw)
	r.conn, r.end = c, end
	if n := r.length(); n >= 0 && len(r.body) > n {
		r.body = r.body[:n]
	}
	m := check.Mistake{
		Name: "cached-wrong", Conn: c, Offset: r.start + differs(r.body, x.body), RFC: "RFC 9111 §4", Book: "§2.2.5",
		Expected: check.Say("web-proxy.bytes", "Bytes", len(x.body)), Actual: check.Say("web-proxy.bytes", "Bytes", len(r.body)),
	}
	switch {
	case len(raw) == 0:
		m.Actual = nil
		w.t.Await(orWrong(end), m)
	case r.status != "200":
		m.Offset, m.Length, m.Expected, m.Actual = 0, 12, "HTTP/1.1 200 OK\r\n", first(raw)
		w.t.Wrong(m)
	case bytes.HasPrefix(r.body, []byte("HTTP/1.")):
		m.Name = "cached-head"
		w.t.Wrong(m)
	case !same(r.body, x.body):
		w.t.Await(orWrong(end), m)
	}
	w.brings(r, x)
	return true
}

// hostInPath is the assignment's first use: http://localhost:8888/www.google.com.
func hostInPath(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	x.path = "/"
	w.form(inPath, x, "only-absolute")
}

// configured is its second: the browser is told that there is a proxy.
func configured(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	w.form(absolute, x, "only-in-path")
}

// form judges that the proxy understands one form of a request, which it need not if
// it understands the other.
func (w *web) form(manner string, x *object, mistake string) {
	c := w.t.Dial(w.p)
	text := w.request(manner, "GET", x, closes, "")
	c.SendText(text)
	raw, end := c.Receive(func(all []byte) bool { return bytes.Contains(all, bytes.TrimSpace(x.body)) })
	if end == check.Done {
		return
	}
	switch a := w.settled(); {
	case a == nil || a.whole && !a.asksFor(x):
	case len(raw) == 0:
		w.t.Await(end, w.blame(x, check.Mistake{Name: "no-response", Conn: c, RFC: "RFC 9110 §3.7", Book: "§2.2.5"}))
	default: // it has understood the form, and something else is wrong
		r := parse(raw)
		r.conn, r.end = c, end
		w.brings(r, x)
	}
	line, _, _ := strings.Cut(text, "\n")
	m := check.Mistake{Name: mistake, Crash: true, Args: map[string]any{"Line": strings.TrimSpace(line)}, RFC: "RFC 9112 §3.2.2", Book: "§2.2.5"}
	if m.Conn = c; len(raw) > 0 {
		m.Actual, m.Length = first(raw), 12
		w.t.Wrong(m)
	}
	w.t.Await(end, m)
}

// withPath is an object that is not its server's first page.
func withPath(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	manner := t.Manner()
	if manner == hostOnly {
		manner = inPath
	}
	x.path = "/" + t.Word() + "/" + t.Word() + ".html"
	w.form(manner, x, "only-host")
}

// missing is a page that is not there.
func (w *web) missing() *object {
	x := w.page()
	x.status = "404 Not Found"
	return x
}

func notFound(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.missing()
	w.says404(w.get(x), "not-404")
}

func (w *web) says404(r *response, mistake string) {
	if r.status != "404" {
		w.t.Wrong(check.Mistake{
			Name: mistake, Conn: r.conn, Length: 12, Expected: "HTTP/1.1 404 Not Found\r\n", Actual: first(r.raw), RFC: "RFC 9110 §15.5.5", Book: "§2.2.3",
		})
	}
}

// noHost asks for a page of a server that does not exist.
func noHost(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	t.NoName(x.host)
	t.NoName(bare(x.host))
	c := t.Dial(w.p)
	c.SendText(w.request(t.Manner(), "GET", x, closes, ""))
	raw, end := c.Receive(nil)
	m := check.Mistake{
		Name: "silent-error", Conn: c, Expected: "HTTP/1.1 502 Bad Gateway\r\n", RFC: "RFC 9110 §15.6.3", Book: "§2.2.5",
	}
	if len(raw) == 0 {
		t.Await(end, m)
	}
	if status := parse(raw).status; !strings.HasPrefix(status, "4") && !strings.HasPrefix(status, "5") {
		m.Actual, m.Length = first(raw), 12
		t.Wrong(m)
	}
}

func post(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.put(".cgi", "text/html", nil)
	form := "name=" + t.Word() + "&city=" + t.Word()
	x.body = []byte("received: " + form)
	c := t.Dial(w.p)
	c.SendText(w.request(t.Manner(), "POST", x, closes+"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "+
		itoa(len(form))+"\r\n", form))
	raw, end := c.Receive(whole)
	a := w.settled()
	if a == nil || a.method != "POST" {
		m := check.Mistake{Name: "no-post", Crash: true, Conn: c, Expected: "POST " + x.path + " HTTP/1.1\r\n", RFC: "RFC 9110 §9.3.3", Book: "§2.2.3"}
		if a != nil {
			m.Conn, m.Length, m.Actual = a.conn, len(a.method), a.method+" "+a.target+" "+a.version+"\r\n"
		}
		if len(raw) == 0 {
			t.Await(end, m)
		}
		t.Wrong(m)
	}
	if string(a.body) != form {
		t.Wrong(check.Mistake{
			Name: "post-body", Conn: a.conn, Offset: len(a.conn.Received()) - len(a.body), Expected: form, Actual: string(a.body), RFC: "RFC 9112 §6.2", Book: "§2.2.3",
		})
	}
	r := parse(raw)
	r.conn, r.end = c, end
	if len(raw) == 0 {
		t.Await(end, check.Mistake{Name: "no-response", Conn: c, RFC: "RFC 9110 §3.7", Book: "§2.2.5"})
	}
	w.brings(r, x)
}
