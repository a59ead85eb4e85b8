package httpc

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// said is a connection on which the server has said all that it will.
type said struct{ *bytes.Reader }

func (said) Write(p []byte) (int, error)     { return len(p), nil }
func (said) Close() error                    { return nil }
func (said) LocalAddr() net.Addr             { return nil }
func (said) RemoteAddr() net.Addr            { return nil }
func (said) SetDeadline(time.Time) error     { return nil }
func (said) SetReadDeadline(time.Time) error { return nil }

func (said) SetWriteDeadline(time.Time) error { return nil }

// FuzzReadResponse reads whatever a server may say. What is read to a good end
// must have the content that net/http finds in it, if net/http reads it.
func FuzzReadResponse(f *testing.F) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nSum: 5\r\n\r\n",
		"HTTP/1.0 404\n\nnothing",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
	} {
		f.Add([]byte(answer))
	}
	target := &url.URL{Scheme: "http", Host: "www.example.com", Path: "/"}
	f.Fuzz(func(t *testing.T, data []byte) {
		conn := &Conn{client: &Client{}, ctx: t.Context(), conn: said{bytes.NewReader(data)}, stop: func() bool { return true }}
		conn.in = bufio.NewReader(wireReader{conn})
		conn.sent = []*pending{{method: "GET", url: target}}
		response, err := conn.Receive()
		if err != nil {
			return
		}
		content, err := io.ReadAll(response.Body)
		if err != nil {
			return
		}
		if response.Status < 200 || response.Status > 999 || len(content) > len(data) {
			t.Errorf("status %d, %d bytes", response.Status, len(content))
		}
		if len(response.Interim) > 0 || strings.Contains(string(data), "\n ") || strings.Contains(string(data), "\n\t") {
			return // net/http leaves interim responses to its caller, and joins lines in another way
		}
		oracle, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\r\n")))), nil)
		if err != nil {
			return
		}
		theirs, err := io.ReadAll(oracle.Body)
		if err == nil && !bytes.Equal(theirs, content) {
			t.Errorf("content %q, for net/http %q\n%q", content, theirs, data)
		}
	})
}
