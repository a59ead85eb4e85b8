package console_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// ask sends a request as a browser does that has the page open.
func (s *shown) ask(t *testing.T, method, path, body string, headers ...string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Origin", s.url)
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(all)
}

// get asks for JSON.
func (s *shown) get(t *testing.T, path string, into any) {
	t.Helper()
	status, text := s.ask(t, http.MethodGet, path, "")
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, status, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, text)
	}
}

// row is what a stream says of a message.
type row struct {
	ID           uint64 `json:"id"`
	From         string `json:"f"`
	To           string `json:"o"`
	Protocol     string `json:"p"`
	Summary      string `json:"s"`
	Conversation uint64 `json:"c"`
	Packet       bool   `json:"pk"`
	Lost         bool   `json:"l"`
	Where        string `json:"at"`
	Step         int    `json:"st"`
	Gone         bool   `json:"gone"`
}

// event is one of a stream.
type event struct{ name, data, id string }

// listen opens a stream, whose events come until the test ends or leave is called.
func (s *shown) listen(t *testing.T, query string, headers ...string) (events <-chan event, leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/stream?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream: %s, %s", response.Status, response.Header.Get("Content-Type"))
	}
	all := make(chan event)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(all)
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 8<<20)
		var e event
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "id":
				e.id = value
			case "":
				select {
				case all <- e:
				case <-ctx.Done():
					return
				}
				e = event{}
			}
		}
	}()
	stop := func() { cancel(); <-done }
	t.Cleanup(stop)
	return all, stop
}

// wait waits for a row that a function chooses.
func wait(t *testing.T, events <-chan event, choose func(row) bool) row {
	t.Helper()
	for e := range events {
		for _, r := range rowsOf(t, e) {
			if choose(r) {
				return r
			}
		}
	}
	t.Fatal("the stream has ended")
	return row{}
}

func rowsOf(t *testing.T, e event) []row {
	t.Helper()
	if e.name != "rows" {
		return nil
	}
	var rows []row
	if err := json.Unmarshal([]byte(e.data), &rows); err != nil {
		t.Fatalf("%v: %s", err, e.data)
	}
	return rows
}

// request is the row of a GET.
func request(path string) func(row) bool {
	return func(r row) bool { return r.Summary == "GET "+path+" HTTP/1.1" }
}
