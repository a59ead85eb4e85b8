package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/wirebook/wirebook/console"
)

// What is said is on the stream, in order; a filter chooses; TCP's packets come when
// they are asked for.
func TestStream(t *testing.T) {
	s := show(t)
	s.say(t, "alice", "/before.html")
	all, _ := s.listen(t, "")
	if hello := <-all; hello.name != "hello" || hello.data != `{"resumed":false}` {
		t.Errorf("the stream begins with %+v", hello)
	}
	wait(t, all, request("/before.html"))
	chosen, _ := s.listen(t, "filter=http+and+host+bob")
	packets, _ := s.listen(t, "filter=host+bob&packets=1")
	s.say(t, "alice", "/alice.html")
	s.say(t, "bob", "/bob.html")
	if r := wait(t, all, request("/bob.html")); r.From != "bob" || r.To != "www" || r.Protocol != "HTTP" {
		t.Errorf("bob's request is %+v", r)
	}
	if r := wait(t, chosen, func(r row) bool { return !r.Gone }); r.Summary != "GET /bob.html HTTP/1.1" {
		t.Errorf("the first that the filter chooses is %+v", r)
	}
	wait(t, packets, func(r row) bool { return r.Packet && strings.HasPrefix(r.Summary, "SYN") })
}

// A browser that has lost its connection goes on where it was; one that comes from
// another page begins anew.
func TestResuming(t *testing.T) {
	s := show(t)
	events, leave := s.listen(t, "filter=http")
	s.say(t, "alice", "/one.html")
	var last string
	for e := range events {
		if e.id != "" {
			last = e.id
		}
		if rows := rowsOf(t, e); len(rows) > 0 && strings.HasPrefix(rows[len(rows)-1].Summary, "HTTP/1.1") {
			break
		}
	}
	leave()
	s.say(t, "alice", "/two.html")
	again, _ := s.listen(t, "filter=http", "Last-Event-ID", last)
	if hello := <-again; hello.data != `{"resumed":true}` {
		t.Errorf("the stream begins again with %+v", hello)
	}
	if r := wait(t, again, func(r row) bool { return strings.HasPrefix(r.Summary, "GET") }); r.Summary != "GET /two.html HTTP/1.1" {
		t.Errorf("it goes on with %+v", r)
	}
	anew, _ := s.listen(t, "filter=http", "Last-Event-ID", "another-12")
	if hello := <-anew; hello.data != `{"resumed":false}` {
		t.Errorf("with another's position it begins with %+v", hello)
	}
}

// What is kept is sent in several pieces. Only the last has a position: a browser that
// loses the connection before must not believe that it has them all.
func TestNoPositionBeforeAllIsTold(t *testing.T) {
	const said = 1200
	s := show(t)
	news, _ := s.listen(t, "")
	s.sender(t).send(t, said)
	wait(t, news, func(r row) bool { return strings.HasSuffix(r.Summary, fmt.Sprintf(" number-%d.", said-1)) })
	events, _ := s.listen(t, "filter=%22number-%22")
	told := 0
	for e := range events {
		told += len(rowsOf(t, e))
		if e.id != "" {
			break
		}
	}
	if told < said {
		t.Errorf("after %d of %d messages the browser is told that it has all", told, said)
	}
}

// A filter that makes no sense is refused, and why is said in both languages.
func TestFilterMistakes(t *testing.T) {
	s := show(t)
	if status, text := s.ask(t, "GET", "/api/stream?filter=dsn", ""); status != 400 || !strings.Contains(text, "dns") {
		t.Errorf("%d %s", status, text)
	}
	var wrong struct {
		Text       string
		At, Length int
	}
	s.get(t, "/api/filter?filter=dns+and+host+alise&lang=en", &wrong)
	if wrong.Text != "Nobody here is called alise. Did you mean alice?" || wrong.At != 13 || wrong.Length != 5 {
		t.Errorf("%+v", wrong)
	}
	s.get(t, "/api/filter?filter=dns+and+host+alise&lang=zh", &wrong)
	if !strings.HasPrefix(wrong.Text, "这里没有") {
		t.Errorf("%+v", wrong)
	}
	s.get(t, "/api/filter?filter=dns", &wrong)
}

// A viewer that does not read holds up neither the network nor another viewer.
func TestSlowViewer(t *testing.T) {
	s := show(t)
	s.sleeper(t)
	quick, _ := s.listen(t, "filter=http")
	for i := range 200 {
		s.say(t, "alice", fmt.Sprintf("/%d.html", i))
	}
	wait(t, quick, request("/199.html"))
}

// Sixty look on, and one of them reads nothing: each of the others sees all.
func TestSixtyViewers(t *testing.T) {
	const said = 1000
	s := show(t)
	server := httptest.NewUnstartedServer(s.page.Handler(console.Access{}))
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*net.TCPConn).SetWriteBuffer(4096) // so that who does not read soon holds up the writer
		return ctx
	}
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	s.url = server.URL
	s.sleeper(t)
	d := s.sender(t)
	var looking sync.WaitGroup
	for range 59 {
		events, _ := s.listen(t, "filter=%22number-%22")
		<-events // hello
		looking.Go(func() {
			seen := make(map[string]bool)
			for e := range events {
				var rows []row
				if e.name == "rows" && json.Unmarshal([]byte(e.data), &rows) == nil {
					for _, r := range rows {
						seen[r.Summary] = true
					}
				}
				if len(seen) == said {
					return
				}
			}
			t.Errorf("a viewer has seen %d messages", len(seen))
		})
	}
	d.send(t, said)
	looking.Wait()
}

// sleeper looks on and reads nothing.
func (s *shown) sleeper(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(conn, "GET /api/stream?packets=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
}
