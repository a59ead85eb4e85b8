package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/dnsd"
)

// benchDNS compares our authoritative server with BIND's, on the same zone and
// the same questions.
func benchDNS(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench-dns-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeZone(dir); err != nil {
		return err
	}
	return compareDNS(ctx, "authoritative, 10,000 hosts, UDP", dir, "questions", []nameServer{
		{"named -n 1", startNamed},
		{"wirebook", startChild("dns-authority")},
	})
}

// nameServer is one of those compared.
type nameServer struct {
	name string

	// start is the command that serves at 127.0.0.1:port with the files in
	// dir.
	start func(ctx context.Context, dir string, port int) (*exec.Cmd, error)
}

// dnsRounds is how often each server is measured, in turns, and dnsSeconds for
// how long each time.
const (
	dnsRounds  = 5
	dnsSeconds = 4
)

// compareDNS lets dnsperf ask each server the questions of a file in dir, and
// prints the medians and their ratio to the first's. The server has one core,
// and dnsperf the others.
func compareDNS(ctx context.Context, what, dir, questions string, servers []nameServer) error {
	if _, err := exec.LookPath("dnsperf"); err != nil {
		fmt.Printf("%s: skipped, no dnsperf here: apt-get install dnsperf\n", what)
		return nil
	}
	rates := make([][]float64, len(servers))
	for range dnsRounds {
		for i, s := range servers {
			rate, err := measureDNS(ctx, s, dir, questions)
			if errors.Is(err, exec.ErrNotFound) {
				fmt.Printf("%s: %s skipped: %v\n", what, s.name, err)
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			rates[i] = append(rates[i], rate)
		}
	}
	fmt.Println(what)
	var names []string
	for _, s := range servers {
		names = append(names, s.name)
	}
	printRates(names, rates, "answers/s")
	return nil
}

// printRates prints the median of each server that was measured, and beside it
// how many times that of the first it is.
func printRates(names []string, rates [][]float64, unit string) {
	for i, name := range names {
		if len(rates[i]) == 0 {
			continue
		}
		line := fmt.Sprintf("  %-16s %9.0f %s", name, median(rates[i]), unit)
		if i > 0 && len(rates[0]) > 0 {
			line += fmt.Sprintf("  %.2f × %s", median(rates[i])/median(rates[0]), names[0])
		}
		fmt.Println(line)
	}
}

// measureDNS starts the server, asks for some seconds, and stops it.
func measureDNS(ctx context.Context, s nameServer, dir, questions string) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	port, err := freeDNSPort()
	if err != nil {
		return 0, err
	}
	server, err := s.start(ctx, dir, port)
	if err != nil {
		return 0, err
	}
	pinned := pin(ctx, "0", server)
	var said bytes.Buffer
	pinned.Stdout, pinned.Stderr = &said, &said
	if err := pinned.Start(); err != nil {
		return 0, err
	}
	defer pinned.Wait()
	defer cancel()
	if err := awaitDNS(ctx, port); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, said.String())
	}
	ask := func(seconds int) (float64, error) {
		load := exec.CommandContext(ctx, "dnsperf", "-s", "127.0.0.1", "-p", strconv.Itoa(port),
			"-d", filepath.Join(dir, questions), "-l", strconv.Itoa(seconds), "-c", "8", "-q", "300", "-O", "suppress=timeout")
		out, err := pin(ctx, "1-1023", load).CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("dnsperf: %w\n%s", err, out)
		}
		return answersPerSecond(string(out))
	}
	if _, err := ask(1); err != nil { // warm up
		return 0, err
	}
	return ask(dnsSeconds)
}

// pin gives cmd these cores, where there are several and the system can.
func pin(ctx context.Context, cores string, cmd *exec.Cmd) *exec.Cmd {
	taskset, err := exec.LookPath("taskset")
	if err != nil || exec.Command(taskset, "-c", cores, "true").Run() != nil {
		return cmd
	}
	pinned := exec.CommandContext(ctx, taskset, append([]string{"-c", cores}, cmd.Args...)...)
	pinned.Env, pinned.Dir = cmd.Env, cmd.Dir
	return pinned
}

var perSecond = regexp.MustCompile(`Queries per second:\s+([\d.]+)`)

func answersPerSecond(report string) (float64, error) {
	m := perSecond.FindStringSubmatch(report)
	if m == nil {
		return 0, fmt.Errorf("dnsperf says nothing of queries per second:\n%s", report)
	}
	return strconv.ParseFloat(m[1], 64)
}

// freeDNSPort is a port that is free for both UDP and TCP at this moment.
func freeDNSPort() (int, error) {
	for try := 0; ; try++ {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		listener, err := net.Listen("tcp", conn.LocalAddr().String())
		conn.Close()
		if err == nil {
			listener.Close()
			return conn.LocalAddr().(*net.UDPAddr).Port, nil
		}
		if try == 10 {
			return 0, err
		}
	}
}

// awaitDNS asks until something answers at port.
func awaitDNS(ctx context.Context, port int) error {
	client := dns.Client{Timeout: 200 * time.Millisecond}
	query := new(dns.Msg).SetQuestion("host1.example.com.", dns.TypeA)
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for deadline := time.Now().Add(10 * time.Second); ; {
		_, _, err := client.ExchangeContext(ctx, query, address)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// writeZone writes a zone as a middling company has it, and questions about it:
// mostly for addresses, some through aliases, some for mail, some for names
// that do not exist or were delegated.
func writeZone(dir string) error {
	const hosts = 10_000
	var zone, questions strings.Builder
	zone.WriteString("$ORIGIN example.com.\n$TTL 3600\n@ SOA ns1 hostmaster 1 2h 15m 2w 5m\n NS ns1\n NS ns2\n" +
		" MX 10 mail\nns1 A 192.0.2.1\nns2 A 192.0.2.2\nmail A 192.0.2.25\n")
	for i := range hosts {
		fmt.Fprintf(&zone, "host%d A 10.0.%d.%d\n", i, i/256, i%256)
		fmt.Fprintf(&questions, "host%d.example.com A\n", i)
		switch i % 10 {
		case 0:
			fmt.Fprintf(&zone, "www%d CNAME host%d\n", i, i)
			fmt.Fprintf(&questions, "www%d.example.com A\n", i)
		case 1:
			fmt.Fprintf(&questions, "example.com MX\n")
		case 2:
			fmt.Fprintf(&questions, "nothing%d.example.com A\n", i)
		case 3:
			fmt.Fprintf(&zone, "dept%d NS ns.dept%d\nns.dept%d A 10.1.%d.%d\n", i, i, i, i/256, i%256)
			fmt.Fprintf(&questions, "www.dept%d.example.com A\n", i)
		case 4:
			fmt.Fprintf(&questions, "host%d.example.com AAAA\n", i)
		}
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "example.com.zone"), []byte(zone.String()), 0o644),
		os.WriteFile(filepath.Join(dir, "questions"), []byte(questions.String()), 0o644))
}

func startNamed(ctx context.Context, dir string, port int) (*exec.Cmd, error) {
	program, err := exec.LookPath("named")
	if err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`
options {
	directory %q;
	listen-on port %d { 127.0.0.1; };
	listen-on-v6 { none; };
	pid-file none;
	session-keyfile none;
	recursion no;
	dnssec-validation no;
	minimal-responses no-auth;
};
controls { };
zone "example.com" { type primary; file "example.com.zone"; };
`, dir, port)
	file := filepath.Join(dir, "named.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, program, "-g", "-n", "1", "-c", file), nil
}

// startChild starts this program again as one of its children.
func startChild(name string) func(context.Context, string, int) (*exec.Cmd, error) {
	return func(ctx context.Context, dir string, port int) (*exec.Cmd, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		return exec.CommandContext(ctx, self, name, dir, strconv.Itoa(port)), nil
	}
}

// serveAuthority is the child that is measured: it serves the zone of a folder at
// a port.
func serveAuthority(ctx context.Context, args []string) error {
	zone, err := dnsd.LoadZone(os.DirFS(args[0]), "example.com.zone", "example.com")
	if err != nil {
		return err
	}
	authority := &dnsd.Authority{}
	authority.AddZone(zone)
	server := dnsd.Server{Addr: net.JoinHostPort("127.0.0.1", args[1]), Role: authority}
	return server.Serve(ctx, netx.OS{})
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
