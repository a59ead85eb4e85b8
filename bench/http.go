package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/httpd"
)

// benchHTTP compares our web server with nginx and with net/http's file server,
// on the same folder.
func benchHTTP(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench-http-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	site := filepath.Join(dir, "site")
	if err := writeSite(site); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	servers, err := startWebServers(ctx, dir, site)
	defer func() {
		cancel()
		for _, s := range servers {
			s.process.Wait()
		}
	}()
	if err != nil {
		return err
	}
	return errors.Join(
		compareHTTP("1 KB file, 32 keep-alive connections", "requests/s", servers, func(address string) (float64, error) {
			return requestsPerSecond(ctx, "http://"+address+"/small.html", 32)
		}),
		compareHTTP("100 MB file, 1 connection", "MB/s", servers, func(address string) (float64, error) {
			return download(ctx, address, "/large.bin")
		}))
}

// Each server is measured in turn, several times over, for so many seconds each.
const (
	httpRounds  = 7
	httpSeconds = 2
)

const largeFile = 100 << 20

func writeSite(dir string) error {
	return errors.Join(
		os.Mkdir(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "small.html"), []byte(strings.Repeat("x", 1024)), 0o644),
		os.WriteFile(filepath.Join(dir, "large.bin"), make([]byte, largeFile), 0o644))
}

// webServer is one of those compared, and runs.
type webServer struct {
	name    string
	address string
	process *exec.Cmd
}

// startWebServers starts all that are there, on one core. The first is the one
// that the others are compared with.
func startWebServers(ctx context.Context, dir, site string) ([]*webServer, error) {
	var servers []*webServer
	for _, kind := range []struct {
		name  string
		start func(ctx context.Context, dir, site, address string) (*exec.Cmd, error)
	}{
		{"nginx", nginxCommand("")},
		{"nginx, caching", nginxCommand("open_file_cache max=1000; open_file_cache_valid 1s;")},
		{"net/http", childCommand("http-go")},
		{"wirebook", childCommand("http-wirebook")},
	} {
		address, err := freeAddress()
		if err != nil {
			return servers, err
		}
		cmd, err := kind.start(ctx, dir, site, address)
		if errors.Is(err, exec.ErrNotFound) {
			fmt.Printf("%s skipped: %v\n", kind.name, err)
			continue
		}
		if err != nil {
			return servers, err
		}
		cmd = pin(ctx, "0", cmd)
		cmd.Stderr = os.Stderr
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // nginx has a child to end
		cmd.WaitDelay = 5 * time.Second
		if err := cmd.Start(); err != nil {
			return servers, err
		}
		servers = append(servers, &webServer{kind.name, address, cmd})
		if err := awaitHTTP(ctx, address); err != nil {
			return servers, fmt.Errorf("%s: %w", kind.name, err)
		}
	}
	return servers, nil
}

// compareHTTP prints the medians, and their ratio to the first's.
func compareHTTP(what, unit string, servers []*webServer, measure func(address string) (float64, error)) error {
	figures := make([][]float64, len(servers))
	for round := range httpRounds + 1 {
		for i, s := range servers {
			figure, err := measure(s.address)
			if errors.Is(err, exec.ErrNotFound) {
				fmt.Printf("%s: skipped, %v\n", what, err)
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if round > 0 { // the first is to warm up
				figures[i] = append(figures[i], figure)
			}
		}
	}
	fmt.Println(what)
	for i, s := range servers {
		line := fmt.Sprintf("  %-16s %9.0f %s", s.name, median(figures[i]), unit)
		if i > 0 {
			line += fmt.Sprintf("  %.2f × %s", median(figures[i])/median(figures[0]), servers[0].name)
		}
		fmt.Println(line)
	}
	return nil
}

var wrkRate = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)

// requestsPerSecond has wrk (Debian's wrk) ask on the cores that the server has
// not.
func requestsPerSecond(ctx context.Context, url string, connections int) (float64, error) {
	program, err := exec.LookPath("wrk")
	if err != nil {
		return 0, err
	}
	wrk := exec.CommandContext(ctx, program, "-t1", "-c"+strconv.Itoa(connections), fmt.Sprintf("-d%ds", httpSeconds), url)
	out, err := pin(ctx, "1-1023", wrk).CombinedOutput()
	m := wrkRate.FindSubmatch(out)
	if err != nil || m == nil || strings.Contains(string(out), "Non-2xx") || strings.Contains(string(out), "Socket errors") {
		return 0, fmt.Errorf("wrk: %v\n%s", err, out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// download has another process get a file again and again, and returns MB/s.
func download(ctx context.Context, address, path string) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	out, err := pin(ctx, "1-1023", exec.CommandContext(ctx, self, "http-download", address, path)).Output()
	if err != nil {
		return 0, fmt.Errorf("download: %w\n%s", err, out)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// downloadAgain gets a file on one connection until the time is over. It does
// nothing with it, so that the server is what is measured.
func downloadAgain(ctx context.Context, args []string) error {
	conn, err := netx.OS{}.DialContext(ctx, "tcp", args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 4<<10)
	buffer := make([]byte, 1<<20)
	var received int64
	begin := time.Now()
	for time.Since(begin) < httpSeconds*time.Second {
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", args[1], args[0])
		response, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return errors.New(response.Status)
		}
		early, err := in.Discard(in.Buffered())
		if err != nil {
			return err
		}
		left := response.ContentLength - int64(early)
		for left > 0 {
			n, err := conn.Read(buffer[:min(left, int64(len(buffer)))])
			if err != nil {
				return err
			}
			left -= int64(n)
		}
		received += response.ContentLength
	}
	fmt.Printf("%.1f\n", float64(received)/1e6/time.Since(begin).Seconds())
	return nil
}

// childCommand is this program as one of children.
func childCommand(name string) func(ctx context.Context, dir, site, address string) (*exec.Cmd, error) {
	return func(ctx context.Context, _, site, address string) (*exec.Cmd, error) {
		self, err := os.Executable()
		return exec.CommandContext(ctx, self, name, address, site), err
	}
}

func serveWirebook(ctx context.Context, args []string) error {
	server := &httpd.Server{Addr: args[0], Root: args[1]}
	return server.Serve(ctx, netx.OS{})
}

func serveGo(ctx context.Context, args []string) error {
	server := &http.Server{Addr: args[0], Handler: http.FileServer(http.Dir(args[1]))}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// nginxCommand is Debian's nginx-light, set up as one would for static files, with
// further directives.
func nginxCommand(more string) func(ctx context.Context, dir, site, address string) (*exec.Cmd, error) {
	return func(ctx context.Context, dir, site, address string) (*exec.Cmd, error) {
		program, err := exec.LookPath("nginx")
		if err != nil {
			return nil, fmt.Errorf("%w: apt-get install nginx-light", err)
		}
		user := ""
		if os.Getuid() == 0 {
			user = "user root;"
		}
		own, err := os.MkdirTemp(dir, "nginx-")
		if err != nil {
			return nil, err
		}
		config := fmt.Sprintf(`daemon off; worker_processes 1; %[1]s pid %[2]s/pid; error_log stderr;
events { worker_connections 4096; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000000;
	%[5]s
	types { text/html html; }
	client_body_temp_path %[2]s/a; proxy_temp_path %[2]s/b; fastcgi_temp_path %[2]s/c; uwsgi_temp_path %[2]s/d; scgi_temp_path %[2]s/e;
	server { listen %[3]s; root %[4]s; }
}
`, user, own, address, site, more)
		file := filepath.Join(own, "nginx.conf")
		if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
			return nil, err
		}
		return exec.CommandContext(ctx, program, "-c", file), nil
	}
}

func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// awaitHTTP asks until something answers.
func awaitHTTP(ctx context.Context, address string) error {
	for deadline := time.Now().Add(10 * time.Second); ; {
		response, err := http.Get("http://" + address + "/small.html")
		if err == nil {
			io.Copy(io.Discard, response.Body)
			return response.Body.Close()
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
