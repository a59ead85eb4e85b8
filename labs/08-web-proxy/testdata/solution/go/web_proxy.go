// A web proxy with a cache on disk, a goroutine for each browser.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

const cache = "cache"

func main() {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		log.Fatal(err)
	}
	proxy, err := net.Listen("tcp", ":8888")
	if err != nil {
		log.Fatal(err)
	}
	for {
		browser, err := proxy.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(browser)
	}
}

// serve answers one request.
func serve(browser net.Conn) {
	defer browser.Close()
	request, err := http.ReadRequest(bufio.NewReader(browser))
	if err != nil {
		return
	}
	response, err := fetch(request)
	if err != nil {
		response = failure("502 Bad Gateway")
	}
	_, _ = browser.Write(response)
}

// destination understands both uses of the proxy: http://host/path, and
// /host/path.
func destination(target string) (*url.URL, error) {
	if !strings.HasPrefix(target, "http://") {
		target = "http://" + strings.TrimLeft(target, "/")
	}
	u, err := url.Parse(target)
	if err == nil && u.Path == "" {
		u.Path = "/"
	}
	return u, err
}

// fetch returns the whole response, out of the cache or from the server.
func fetch(request *http.Request) ([]byte, error) {
	u, err := destination(request.RequestURI)
	if err != nil {
		return nil, err
	}
	name := filepath.Join(cache, fmt.Sprintf("%x", sha256.Sum256([]byte(u.Host+u.RequestURI()))))
	if request.Method == "GET" {
		if copied, err := os.ReadFile(name); err == nil {
			return copied, nil
		}
	}
	response, err := askServer(u, request)
	if err == nil && request.Method == "GET" && bytes.HasPrefix(response, []byte("HTTP/1.1 200 ")) {
		err = remember(name, response)
	}
	return response, err
}

// remember writes a copy that is there whole, or not at all.
func remember(name string, response []byte) error {
	file, err := os.CreateTemp(cache, "new")
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(response); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}

// askServer has the server close the connection: that is the response's end.
func askServer(u *url.URL, request *http.Request) ([]byte, error) {
	port := u.Port()
	if port == "" {
		port = "80"
	}
	server, err := net.Dial("tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	defer server.Close()
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", request.Method, u.RequestURI(), u.Host)
	for _, name := range []string{"Connection", "Proxy-Connection", "Keep-Alive", "Content-Length"} {
		request.Header.Del(name)
	}
	if len(body) > 0 {
		fmt.Fprintf(&head, "Content-Length: %d\r\n", len(body))
	}
	if err := request.Header.Write(&head); err != nil {
		return nil, err
	}
	head.WriteString("\r\n")
	head.Write(body)
	if _, err := server.Write(head.Bytes()); err != nil {
		return nil, err
	}
	return io.ReadAll(server)
}

func failure(status string) []byte {
	body := "<html><body>" + status + "</body></html>\n"
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(body), body)
}
