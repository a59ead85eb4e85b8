package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/dhcpd"
)

// benchDHCP compares our DHCP server with Kea, both with their leases on the
// disk. Kea writes them and leaves the rest to the system; ours waits for the
// disk before it says ACK. A relay agent with many new clients behind it, in a
// network namespace of its own, always has some exchanges under way, and begins
// another when one is done.
func benchDHCP(ctx context.Context) error {
	if os.Getuid() != 0 {
		fmt.Println("dhcp: skipped, only root can make network namespaces")
		return nil
	}
	if _, err := exec.LookPath("ip"); err != nil {
		fmt.Println("dhcp: skipped, no ip here: apt-get install iproute2")
		return nil
	}
	servers := []dhcpServer{{"kea", startKea}, {"wirebook", startOurDHCP}}
	rates := make([][]float64, len(servers))
	for range dhcpRounds {
		for i, s := range servers {
			rate, err := measureDHCP(ctx, s)
			if errors.Is(err, exec.ErrNotFound) {
				fmt.Printf("dhcp: %s skipped: %v\n", s.name, err)
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			rates[i] = append(rates[i], rate)
		}
	}
	fmt.Println("four-way exchanges with new clients, leases on the disk")
	var names []string
	for _, s := range servers {
		names = append(names, s.name)
	}
	printRates(names, rates, "exchanges/s")
	return nil
}

// dhcpServer is one of those compared.
type dhcpServer struct {
	name string

	// start is the command that serves on eth0 of its namespace, with its
	// files in dir.
	start func(ctx context.Context, dir string) (*exec.Cmd, error)
}

// Each server is measured so often, in turns, for so many seconds.
const (
	dhcpRounds  = 3
	dhcpSeconds = 4
)

// measureDHCP starts the server, lets clients ask for some seconds, and stops
// it.
func measureDHCP(ctx context.Context, s dhcpServer) (float64, error) {
	dir, err := os.MkdirTemp("", "bench-dhcp-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server, err := s.start(ctx, dir)
	if err != nil {
		return 0, err
	}
	home, away, remove, err := dhcpNamespaces()
	if err != nil {
		return 0, err
	}
	defer remove()
	pinned := pin(ctx, "0", within(ctx, home, server))
	var said bytes.Buffer
	pinned.Stdout, pinned.Stderr = &said, &said
	if err := pinned.Start(); err != nil {
		return 0, err
	}
	defer pinned.Wait()
	defer cancel()
	if err := awaitDHCP(ctx, away); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, said.String())
	}
	return loadDHCP(ctx, away, dhcpSeconds)
}

// dhcpNamespaces makes two namespaces that a cable joins: 10.0.0.1 for the
// server, 10.0.0.2 for the relay agent.
func dhcpNamespaces() (home, away string, remove func(), err error) {
	tag := strconv.Itoa(os.Getpid())
	home, away = "wb-bench-"+tag+"a", "wb-bench-"+tag+"b"
	remove = func() {
		exec.Command("ip", "netns", "del", home).Run()
		exec.Command("ip", "netns", "del", away).Run()
	}
	for _, args := range [][]string{
		{"netns", "add", home},
		{"netns", "add", away},
		{"-n", home, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", away},
		{"-n", home, "addr", "add", "10.0.0.1/8", "dev", "eth0"},
		{"-n", away, "addr", "add", "10.0.0.2/8", "dev", "eth0"},
		{"-n", home, "link", "set", "eth0", "up"},
		{"-n", away, "link", "set", "eth0", "up"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			remove()
			return "", "", nil, fmt.Errorf("ip %v: %w\n%s", args, err, out)
		}
	}
	return home, away, remove, nil
}

// loadDHCP runs the relay agent with its clients as a child, since it must be in
// its namespace, and tells how many leases a second came of it.
func loadDHCP(ctx context.Context, namespace string, seconds int) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	load := exec.CommandContext(ctx, self, "dhcp-load", strconv.Itoa(seconds))
	out, err := pin(ctx, "1-1023", within(ctx, namespace, load)).Output()
	if err != nil {
		return 0, fmt.Errorf("load: %w", err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// awaitDHCP asks until something answers.
func awaitDHCP(ctx context.Context, namespace string) error {
	for deadline := time.Now().Add(15 * time.Second); ; {
		got, err := loadDHCP(ctx, namespace, 1)
		switch {
		case err != nil, ctx.Err() != nil:
			return err
		case got > 0:
			return nil
		case time.Now().After(deadline):
			return errors.New("it does not answer")
		}
	}
}

func startKea(ctx context.Context, dir string) (*exec.Cmd, error) {
	program, err := exec.LookPath("kea-dhcp4")
	if err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`{"Dhcp4": {
	"interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": "udp", "re-detect": false},
	"lease-database": {"type": "memfile", "persist": true, "name": %q, "lfc-interval": 0},
	"valid-lifetime": 43200,
	"multi-threading": {"enable-multi-threading": false},
	"subnet4": [{"id": 1, "subnet": "10.0.0.0/8", "pools": [{"pool": "10.1.0.0-10.200.255.255"}],
		"option-data": [{"name": "routers", "data": "10.0.0.2"}, {"name": "domain-name-servers", "data": "10.0.0.3"},
			{"name": "domain-name", "data": "example.edu"}]}],
	"loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "stderr"}]}]
}}`, filepath.Join(dir, "leases.csv"))
	file := filepath.Join(dir, "kea.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "env", "KEA_PIDFILE_DIR="+dir, "KEA_LOCKFILE_DIR="+dir, program, "-c", file)
	return cmd, nil
}

func startOurDHCP(ctx context.Context, dir string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, self, "dhcp-wirebook", dir), nil
}

// serveDHCP is the child that is measured.
func serveDHCP(ctx context.Context, args []string) error {
	dir, err := os.OpenRoot(args[0])
	if err != nil {
		return err
	}
	defer dir.Close()
	server := dhcpd.Server{
		Card: "eth0", ID: netip.MustParseAddr("10.0.0.1"), Dir: dir,
		Networks: []dhcpd.Network{{
			Prefix: netip.MustParsePrefix("10.0.0.0/8"), Domain: "example.edu",
			Pool:    []dhcpd.Range{{First: netip.MustParseAddr("10.1.0.0"), Last: netip.MustParseAddr("10.200.255.255")}},
			Routers: []netip.Addr{netip.MustParseAddr("10.0.0.2")}, DNS: []netip.Addr{netip.MustParseAddr("10.0.0.3")},
		}},
	}
	return server.Serve(ctx, netx.OS{})
}
