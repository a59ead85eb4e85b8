package webproxy

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

func itoa(n int) string { return strconv.Itoa(n) }

// noLength is an object whose end is that of the connection, as in HTTP/1.0.
func noLength(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	x.noLength = true
	w.brings(w.get(x), x)
}

// keepAlive has a browser and a server that would keep their connections open:
// who waits for the server to close waits for ever.
func keepAlive(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	x.stays = true
	c := t.Dial(w.p)
	c.SendText(w.request(t.Manner(), "GET", x, "Connection: keep-alive\r\n", ""))
	raw, end := c.Receive(whole)
	if a := w.last(); a != nil && a.whole && !same(parse(raw).body, x.body) && (end == check.Idle || end == check.Late) {
		t.Await(end, check.Mistake{Name: "waits-for-close", Conn: c, Offset: len(raw), RFC: "RFC 9112 §9.3", Book: "§2.2.2"})
	}
	w.brings(w.receive(c, x), x)
}

// samePath is one path at two servers: two objects.
func samePath(t *check.T) {
	w := begin(t)
	defer w.close()
	one, other := w.page(), w.page()
	other.path = one.path
	w.brings(w.get(one), one)
	r := w.get(other)
	if same(r.body, one.body) {
		t.Wrong(check.Mistake{Name: "same-path", Conn: r.conn, Offset: r.start, Length: len(r.body), RFC: "RFC 9111 §2", Book: "§2.2.5"})
	}
	w.brings(r, other)
}

// cachedNotFound asks twice for a page that is not there: an error must not
// become a page by being remembered.
func cachedNotFound(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.missing()
	w.says404(w.get(x), "not-404")
	time.Sleep(250 * time.Millisecond) // for its cache
	w.says404(w.get(x), "cached-404")
}

// hostField judges what the server was asked.
func hostField(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	w.brings(w.get(x), x)
	a := w.last()
	host := a.field("Host")
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	m := check.Mistake{
		Conn: a.conn, Expected: "Host: " + x.host + "\r\n", RFC: "RFC 9112 §3.2", Book: "§2.2.3",
		Offset: len(a.method) + 1, Length: len(a.target),
	}
	switch {
	case host == "" && a.version == "HTTP/1.1":
		m.Name = "no-host-field"
		t.Wrong(m)
	case host == "" && !strings.HasPrefix(a.target, "http://"):
		t.Remark("no-host-field")
	case host != "" && !strings.EqualFold(bare(host), bare(x.host)):
		m.Name, m.Actual = "wrong-host-field", "Host: "+a.field("Host")+"\r\n"
		t.Wrong(m)
	}
}

// otherPort is a server that is not on port 80.
func otherPort(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	x.port = 8080
	w.form(t.Manner(), x, "port-80-only")
}

// twoSegments sends the request in two parts: TCP brings bytes, not messages.
func twoSegments(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	text := w.request(t.Manner(), "GET", x, closes, "")
	cut := strings.Index(text, x.host) + 5
	m := check.Mistake{Name: "half-request", Crash: true, RFC: "RFC 9112 §2.2", Book: "§2.7.2"}
	c := t.Dial(w.p)
	m.Conn = c
	c.SendText(text[:cut])
	if !c.Quiet(300 * time.Millisecond) {
		m.Actual = first(c.Received())
		t.Wrong(m)
	}
	c.SendText(text[cut:])
	raw, end := c.Receive(whole)
	if len(raw) == 0 {
		t.Await(end, m)
	}
	if r := parse(raw); r.status != "200" || !same(r.body, x.body) {
		m.Actual = first(raw)
		t.Wrong(m)
	}
}

// noRequest connects and leaves.
func noRequest(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	at := w.p.Listening("tcp")
	w.served()
	t.Dial(w.p).Close()
	w.still(at, x, "dies-without-request")
}

// afterNoHost has the proxy fail to find a server, and go on.
func afterNoHost(t *check.T) {
	w := begin(t)
	defer w.close()
	gone, x := w.page(), w.page()
	t.NoName(gone.host)
	t.NoName(bare(gone.host))
	at := w.p.Listening("tcp")
	w.served()
	c := t.Dial(w.p)
	c.SendText(w.request(t.Manner(), "GET", gone, closes, ""))
	c.Receive(func(all []byte) bool { return parse(all).hasEnd() })
	c.Close()
	w.still(at, x, "dies-of-no-host")
}

// served judges that the proxy brings one page after the other, while nothing out of
// the ordinary happens: else what happens then is not to blame.
func (w *web) served() {
	for range 2 {
		x := w.page()
		w.brings(w.get(x), x)
	}
}

// still judges that the proxy goes on after something.
func (w *web) still(at netip.AddrPort, x *object, mistake string) {
	m := check.Mistake{Name: mistake, Crash: true, Book: "§2.7.2"}
	time.Sleep(200 * time.Millisecond) // it may still be about to fail
	c := w.t.DialAt(at, m)
	m.Conn = c
	c.SendText(w.request(w.t.Manner(), "GET", x, closes, ""))
	if raw, end := c.Receive(whole); len(raw) == 0 {
		w.t.Await(end, m)
	}
	w.brings(w.receive(c, x), x)
}

// concurrent has one browser that says nothing while another asks.
func concurrent(t *check.T) {
	w := begin(t)
	defer w.close()
	x := w.page()
	silent := t.Dial(w.p)
	c := t.Dial(w.p)
	c.SendText(w.request(t.Manner(), "GET", x, closes, ""))
	if raw, end := c.Receive(func(all []byte) bool { return len(all) > 0 }); len(raw) == 0 {
		t.Await(end, check.Mistake{Name: "one-at-a-time", Conn: c, Book: "§2.7.2"})
	}
	w.brings(w.receive(c, x), x)
	silent.Close()
}
