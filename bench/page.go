package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/world"
)

// benchPage measures how long after a message has been said a browser has it: by
// itself, with sixty who look on, and while two thousand messages are said a second.
// It ends where the browser's own work begins.
func benchPage(ctx context.Context) error {
	for _, c := range []struct {
		name    string
		viewers int
		rate    int // messages a second beside those that are measured
	}{{"one viewer", 1, 0}, {"60 viewers", 60, 0}, {"2,000 messages/s", 1, 2000}} {
		delays, left, err := pageDelays(ctx, c.viewers, c.rate)
		if err != nil {
			return err
		}
		slices.Sort(delays)
		fmt.Printf("message to page, %-18s median %6.1f ms   99 %% %6.1f ms   worst %6.1f ms   left out %d   (bar: 100 ms)\n", c.name,
			millis(delays[len(delays)/2]), millis(delays[len(delays)*99/100]), millis(delays[len(delays)-1]), left)
	}
	return nil
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// pageDelays says things, and times each until it is on the stream.
func pageDelays(ctx context.Context, viewers, rate int) (delays []time.Duration, left int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	plan, err := world.Default()
	if err != nil {
		return nil, 0, err
	}
	c := clock.NewMovable()
	w, err := world.Start(ctx, plan, world.Options{Clock: c, Seed: 1})
	if err != nil {
		return nil, 0, err
	}
	defer w.Close()
	if err := w.Ready(ctx); err != nil {
		return nil, 0, err
	}
	page := console.New(console.ForWorld(w, c))
	defer page.Close()
	server := httptest.NewServer(page.Handler(console.Access{}))
	defer server.Close()
	defer server.CloseClientConnections()
	lines := make(chan string, 1024)
	for i := range viewers {
		to := lines
		if i > 0 {
			to = nil // they only look
		}
		if err := viewPage(ctx, server.URL, to); err != nil {
			return nil, 0, err
		}
	}
	for _, host := range []string{"bob", "www"} { // else it would be answered that nobody listens
		l, err := w.Host(host).ListenPacket(ctx, "udp", ":9999")
		if err != nil {
			return nil, 0, err
		}
		defer l.Close()
	}
	conn, err := w.Host("alice").DialContext(ctx, "udp", "192.0.2.12:9999")
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	if rate > 0 {
		noise, err := w.Host("alice").DialContext(ctx, "udp", "203.0.113.80:9999")
		if err != nil {
			return nil, 0, err
		}
		defer noise.Close()
		go func() {
			const slice = 10 * time.Millisecond
			for tick := time.NewTicker(slice); ; {
				select {
				case <-tick.C:
				case <-ctx.Done():
					tick.Stop()
					return
				}
				for range rate / int(time.Second/slice) {
					fmt.Fprint(noise, "noise")
				}
			}
		}()
	}
	const rounds = 200
	for i := range rounds {
		text := fmt.Sprintf("number-%d.", i)
		began := time.Now()
		fmt.Fprint(conn, text)
		if !pageShows(lines, text) {
			left++
			continue
		}
		delays = append(delays, time.Since(began))
		time.Sleep(5 * time.Millisecond)
	}
	if len(delays) == 0 {
		return nil, 0, fmt.Errorf("no message came to the page")
	}
	return delays, left, nil
}

// pageShows waits for a line with a text.
func pageShows(lines <-chan string, text string) bool {
	patience := time.After(5 * time.Second)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return false
			}
			if strings.Contains(line, text) {
				return true
			}
		case <-patience:
			return false
		}
	}
}

// viewPage looks on.
func viewPage(ctx context.Context, url string, to chan<- string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/stream", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	go func() {
		defer response.Body.Close()
		scanner := bufio.NewScanner(response.Body)
		scanner.Buffer(nil, 8<<20)
		for scanner.Scan() {
			if to == nil {
				continue
			}
			select {
			case to <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil
}
