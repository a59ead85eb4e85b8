package webproxy

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// object is what a web server has at a path.
type object struct {
	host, path string
	port       uint16 // 0: 80
	status     string // "" is 200 OK
	kind       string
	body       []byte

	noLength bool // its length is not said; the end of the connection is its end
	stays    bool // the server keeps the connection open, unless it is asked not to
}

// url is the object's, without its scheme.
func (o *object) url() string {
	if o.port == 0 {
		return o.host + o.path
	}
	return fmt.Sprintf("%s:%d%s", o.host, o.port, o.path)
}

// asked is a request that has reached a web server.
type asked struct {
	conn    *check.Conn
	whole   bool // its head had an end
	method  string
	target  string
	version string
	header  []string
	body    []byte
	host    string // whose server was asked, by its address
	port    uint16
	path    string // that is asked for; "" if it is no path
}

// origins are all web servers of the world.
type origins struct {
	t    *check.T
	done chan struct{} // closed when the case ends

	mu      sync.Mutex
	objects []*object
	log     []*asked
	reading int // how many requests are being read
	sent    int // how often an object was sent
}

// newOrigins has every web server of the world served; call close when the case
// ends.
func newOrigins(t *check.T) *origins {
	o := &origins{t: t, done: make(chan struct{})}
	t.ServeTCP(o.serve)
	return o
}

func (o *origins) close() { close(o.done) }

// add gives a web server an object.
func (o *origins) add(x *object) *object {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.objects = append(o.objects, x)
	return x
}

// fetched is how often an object has been sent.
func (o *origins) fetched() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sent
}

// last is the latest request, or nil.
func (o *origins) last() *asked {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.log) == 0 {
		return nil
	}
	return o.log[len(o.log)-1]
}

// settled is the latest request, once none is being read any more: one without an end
// is given up when the program has rested, and so is the response that is awaited
// meanwhile.
func (o *origins) settled() *asked {
	for began := time.Now(); time.Since(began) < 2*time.Second; time.Sleep(10 * time.Millisecond) {
		o.mu.Lock()
		reading := o.reading
		o.mu.Unlock()
		if reading == 0 {
			break
		}
	}
	return o.last()
}

func (o *origins) serve(c *check.Conn) {
	o.mu.Lock()
	o.reading++
	o.mu.Unlock()
	a := o.read(c)
	o.mu.Lock()
	o.reading--
	if a != nil {
		o.log = append(o.log, a)
	}
	o.mu.Unlock()
	if a == nil {
		return
	}
	if !a.whole {
		<-o.done // a server that closes would help the program on
		return
	}
	x := o.find(a)
	c.Send(o.response(a, x))
	if x != nil && x.stays && a.staysOpen() {
		<-o.done
	}
}

// read reads a request; nil if there was none.
func (o *origins) read(c *check.Conn) *asked {
	a := &asked{conn: c, host: o.t.NameOf(addressOf(c).Addr()), port: addressOf(c).Port()}
	for {
		line, end := c.Line()
		text := strings.TrimRight(line, "\r\n")
		switch {
		case end != check.Done && a.method == "" && text == "":
			return nil
		case end != check.Done:
			return a
		case text == "" && a.method == "":
			continue
		case text == "":
			a.whole = true
			a.readBody(c)
			return a
		case a.method == "":
			a.readLine(text)
		default:
			a.header = append(a.header, text)
		}
	}
}

func addressOf(c *check.Conn) netip.AddrPort {
	if a, ok := c.LocalAddr().(*net.TCPAddr); ok {
		return netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	}
	return netip.AddrPort{}
}

// readLine takes a request line apart. A target has a scheme and a host before
// its path if the client takes the server for a proxy; every server
// understands that (RFC 9112 §3.2.2).
func (a *asked) readLine(text string) {
	words := strings.Fields(text + " ? ?")
	a.method, a.target, a.version = words[0], words[1], words[2]
	path := a.target
	if rest, ok := strings.CutPrefix(path, "http://"); ok {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	if strings.HasPrefix(path, "/") {
		a.path = path
	}
}

func (a *asked) readBody(c *check.Conn) {
	n, _ := strconv.Atoi(a.field("Content-Length"))
	from := c.Offset()
	all, _ := c.Receive(func(all []byte) bool { return len(all)-from >= n })
	a.body = all[from:min(len(all), from+n)]
}

// field is the value of a header line, or "".
func (a *asked) field(name string) string { return fieldOf(a.header, name) }

func fieldOf(header []string, name string) string {
	for _, line := range header {
		n, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(strings.TrimSpace(n), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// staysOpen is whether the client wants the connection for further requests.
func (a *asked) staysOpen() bool {
	return a.version == "HTTP/1.1" && !strings.EqualFold(a.field("Connection"), "close")
}

// asksFor is whether this is the object that is asked for, where it is.
func (a *asked) asksFor(x *object) bool {
	return a.path == x.path && bare(a.host) == bare(x.host) && (x.port == 0 || a.port == x.port)
}

// bare is a name without the www that the assignment's skeleton takes away.
func bare(host string) string { return strings.TrimPrefix(host, "www.") }

func (o *origins) find(a *asked) *object {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, x := range o.objects {
		if a.asksFor(x) {
			if x.status == "" && a.field("If-Modified-Since") == "" && a.field("If-None-Match") == "" {
				o.sent++
			}
			return x
		}
	}
	return nil
}

// response is what a web server answers. An object that the client has already,
// and asks for on that condition, is not sent again.
func (o *origins) response(a *asked, x *object) []byte {
	if x == nil {
		x = &object{status: "404 Not Found", kind: "text/html", body: []byte("<html><body>There is no such page.</body></html>\n")}
	}
	status, body := x.status, x.body
	if status == "" {
		status = "200 OK"
		if a.field("If-Modified-Since")+a.field("If-None-Match") != "" {
			return []byte("HTTP/1.1 304 Not Modified\r\nETag: \"wirebook\"\r\nConnection: close\r\n\r\n")
		}
	}
	if a.method == "POST" {
		body = append([]byte("received: "), a.body...)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %s\r\nServer: Wirebook\r\nContent-Type: %s\r\n", status, x.kind)
	b.WriteString("Last-Modified: Sat, 01 Feb 2025 08:00:00 GMT\r\nETag: \"wirebook\"\r\nCache-Control: max-age=86400\r\n")
	if !x.noLength {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	if !x.stays || !a.staysOpen() {
		b.WriteString("Connection: close\r\n")
	}
	b.WriteString("\r\n")
	if a.method == "HEAD" {
		return []byte(b.String())
	}
	return append([]byte(b.String()), body...)
}
