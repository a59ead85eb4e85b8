package console_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/wirebook/wirebook/world"
)

// Frames are held, looked at, changed, lost and let go.
func TestHold(t *testing.T) {
	s := show(t)
	post := func(path, body string, want int) string {
		t.Helper()
		status, text := s.ask(t, "POST", path, body)
		if status != want {
			t.Fatalf("%s %s: %d %s", path, body, status, text)
		}
		return text
	}
	post("/api/hold", `{"do":"begin","filter":"dsn"}`, http.StatusConflict)
	post("/api/hold", `{"do":"begin","pace":-1}`, http.StatusConflict)
	post("/api/hold", `{"do":"begin","filter":"udp and port 9999"}`, http.StatusOK)
	events, _ := s.listen(t, "filter=udp")
	losses, _ := s.listen(t, "filter=lost")
	conn, err := s.world.Host("alice").DialContext(t.Context(), "udp", "192.0.2.12:9999")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	held := func(n int) []uint64 {
		t.Helper()
		for e := range events {
			var now struct {
				Hold struct{ Waiting int }
				Held []struct {
					ID             uint64
					From, To, Line string
				}
			}
			if e.name != "now" || json.Unmarshal([]byte(e.data), &now) != nil || len(now.Held) != n || now.Hold.Waiting != n {
				continue
			}
			var ids []uint64
			for _, f := range now.Held {
				if f.From != "alice" || f.To != "bob" {
					t.Errorf("%+v is held", f)
				}
				ids = append(ids, f.ID)
			}
			return ids
		}
		t.Fatal("the stream has ended")
		return nil
	}
	fmt.Fprint(conn, "first")
	fmt.Fprint(conn, "second")
	ids := held(2)
	var m message
	s.get(t, fmt.Sprintf("/api/held/%d", ids[0]), &m)
	data := m.Views[0].Bytes
	if !bytes.HasSuffix(data, []byte("first")) {
		t.Errorf("what is held is %q", data)
	}
	edited := base64.StdEncoding.EncodeToString(bytes.Replace(data, []byte("first"), []byte("third"), 1))
	post(fmt.Sprintf("/api/held/%d", ids[0]), `{"do":"edit","mend":true,"data":"`+edited+`"}`, http.StatusOK)
	post(fmt.Sprintf("/api/held/%d", ids[0]), `{"do":"edit","data":"???"}`, http.StatusBadRequest)
	post(fmt.Sprintf("/api/held/%d", ids[0]), `{"do":"delay","delay":-1}`, http.StatusBadRequest)
	post(fmt.Sprintf("/api/held/%d", ids[1]), `{"do":"drop"}`, http.StatusOK)
	post(fmt.Sprintf("/api/held/%d", ids[1]), `{"do":"release"}`, http.StatusConflict)
	post("/api/held/77777777", `{"do":"release"}`, http.StatusConflict)
	post(fmt.Sprintf("/api/held/%d", ids[0]), `{"do":"duplicate"}`, http.StatusOK)
	held(2)
	post("/api/hold", `{"do":"step","count":1}`, http.StatusOK)
	post("/api/hold", `{"do":"end"}`, http.StatusOK)
	wait(t, losses, func(r row) bool { return r.Lost && r.From == "alice" })
	if s.world.Internet.Hold().State().Holding {
		t.Error("it still holds")
	}
}

// The clock is moved, ahead only.
func TestClock(t *testing.T) {
	s := show(t)
	before := s.clock.Now()
	if status, text := s.ask(t, "POST", "/api/clock", `{"seconds":3600}`); status != http.StatusOK {
		t.Fatal(status, text)
	}
	if moved := s.clock.Now().Sub(before); moved < time.Hour {
		t.Errorf("the clock was moved by %v", moved)
	}
	for _, body := range []string{`{"seconds":-1}`, `{"seconds":1e12}`, `{}`} {
		if status, _ := s.ask(t, "POST", "/api/clock", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
	if status, text := s.ask(t, "POST", "/api/clock", `{"next":true}`); status != http.StatusOK {
		t.Error(status, text)
	}
}

// Cables, servers and NATs are broken and mended; names that nobody has are told.
func TestBreaking(t *testing.T) {
	s := show(t)
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"/api/links/bob", `{"plugged":false}`, 200},
		{"/api/links/bob", `{"faults":"loss=0.5,delay=20ms"}`, 200},
		{"/api/links/bob", `{"faults":"loss=7"}`, 409},
		{"/api/links/bop", `{"plugged":true}`, 409},
		{"/api/servers/www/http", `{"do":"stop"}`, 200},
		{"/api/servers/www/http", `{"do":"start"}`, 200},
		{"/api/servers/www/http", `{"do":"kill"}`, 200},
		{"/api/servers/www/http", `{"do":"hug"}`, 400},
		{"/api/servers/www/smtp", `{"do":"kill"}`, 409},
		{"/api/nat/nat", `{"helper":true}`, 200},
		{"/api/nat/nat", `{"on":false}`, 200},
		{"/api/nat/gw", `{"on":false}`, 409},
	} {
		if status, text := s.ask(t, "POST", c.path, c.body); status != c.want {
			t.Errorf("%s %s: %d %s", c.path, c.body, status, text)
		}
	}
	var m struct{ Links []world.Cable }
	s.get(t, "/api/map", &m)
	for _, cable := range m.Links {
		if cable.Name == "bob" && (cable.Plugged || cable.Out.Loss != 0.5) {
			t.Errorf("bob's cable is %+v", cable)
		}
	}
	var p struct{ NAT *struct{ On bool } }
	s.get(t, "/api/hosts/nat", &p)
	if p.NAT == nil || p.NAT.On {
		t.Errorf("the NAT is %+v", p.NAT)
	}
}
