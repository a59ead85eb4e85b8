package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing/fstest"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/dnsd"
	"github.com/wirebook/wirebook/servers/dnsd/resolver"
)

func init() {
	suites = append(suites, suite{"dns-cache", benchDNSCache})
	children["dns-resolver"] = serveResolver
}

// benchDNSCache compares our resolver with unbound: answers from a warm cache.
// Both learn the names from one authoritative server of ours, whose root zone
// has all of them in it.
func benchDNSCache(ctx context.Context) error {
	const names = 1000
	dir, err := os.MkdirTemp("", "bench-dns-cache-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	var zone, questions strings.Builder
	zone.WriteString("$TTL 86400\n. SOA root. hostmaster. 1 2h 15m 2w 1d\n. NS root.\nroot. A 127.0.0.1\n")
	for i := range names {
		fmt.Fprintf(&zone, "host%d.example.com. A 10.0.%d.%d\n", i, i/256, i%256)
		fmt.Fprintf(&questions, "host%d.example.com A\n", i)
		if i%10 == 0 {
			fmt.Fprintf(&questions, "nothing%d.example.com A\n", i)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	root, ended, err := startRoot(ctx, zone.String())
	if err != nil {
		cancel()
		return err
	}
	defer func() { cancel(); <-ended }()
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "questions"), []byte(questions.String()), 0o644),
		os.WriteFile(filepath.Join(dir, "root"), []byte(root.String()), 0o644))
	if err != nil {
		return err
	}
	return compareDNS(ctx, "from the cache, 1,000 hosts, UDP", dir, "questions", []nameServer{
		{"unbound", startUnbound},
		{"wirebook", startChild("dns-resolver")},
	})
}

// announced is the system's network, which tells where a server listens.
type announced struct {
	netx.OS
	at chan netip.AddrPort
}

func (a announced) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	ln, err := a.OS.Listen(ctx, network, address)
	if err == nil {
		a.at <- ln.Addr().(*net.TCPAddr).AddrPort()
	}
	return ln, err
}

// startRoot serves text as the root zone, and returns where; what it ends with
// comes over the channel.
func startRoot(ctx context.Context, text string) (netip.AddrPort, chan error, error) {
	zone, err := dnsd.LoadZone(fstest.MapFS{"root": {Data: []byte(text)}}, "root", ".")
	if err != nil {
		return netip.AddrPort{}, nil, err
	}
	authority := new(dnsd.Authority)
	authority.AddZone(zone)
	server := &dnsd.Server{Addr: "127.0.0.1:0", Role: authority, Log: slog.New(slog.DiscardHandler)}
	nw, ended := announced{at: make(chan netip.AddrPort, 1)}, make(chan error, 1)
	go func() { ended <- server.Serve(ctx, nw) }()
	select {
	case at := <-nw.at:
		return at, ended, nil
	case err := <-ended:
		return netip.AddrPort{}, nil, err
	}
}

// rootOf reads where the root is from the folder of the measurement.
func rootOf(dir string) (netip.AddrPort, error) {
	text, err := os.ReadFile(filepath.Join(dir, "root"))
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.ParseAddrPort(string(text))
}

// serveResolver is the child that is measured.
func serveResolver(ctx context.Context, args []string) error {
	root, err := rootOf(args[0])
	if err != nil {
		return err
	}
	role := &resolver.Resolver{
		Roots: []resolver.Hint{{Name: "root.", Addrs: []netip.Addr{root.Addr()}}},
		Port:  root.Port(),
	}
	server := dnsd.Server{Addr: net.JoinHostPort("127.0.0.1", args[1]), Role: role}
	return server.Serve(ctx, netx.OS{})
}

// startUnbound gives unbound the receive buffer that its manual advises for a busy
// server: with the system's own it loses what comes while it is not scheduled.
func startUnbound(ctx context.Context, dir string, port int) (*exec.Cmd, error) {
	program, err := exec.LookPath("unbound")
	if err != nil {
		return nil, err
	}
	root, err := rootOf(dir)
	if err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`
server:
	interface: 127.0.0.1@%d
	directory: %q
	chroot: ""
	username: ""
	pidfile: ""
	use-syslog: no
	num-threads: 1
	so-rcvbuf: 4m
	module-config: "iterator"
	do-not-query-localhost: no
	minimal-responses: yes
remote-control:
	control-enable: no
stub-zone:
	name: "."
	stub-addr: %s@%d
`, port, dir, root.Addr(), root.Port())
	file := filepath.Join(dir, "unbound.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, program, "-d", "-c", file), nil
}
