package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/clients/tftpc"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/tftpd"
)

const (
	tftpClients = 50
	tftpBlock   = 1428 // fits an Ethernet frame
	tftpRounds  = 3
	tftpFile    = "2m.bin"
	tftpSize    = 2 << 20
)

// benchTFTP compares our server with tftpd-hpa, a block at a time, and with
// atftpd, in windows of 16.
func benchTFTP(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench-tftp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(filepath.Join(dir, tftpFile), make([]byte, tftpSize), 0o644)); err != nil {
		return err
	}
	ours := tftpServer{"wirebook", startChild("tftp-wirebook")}
	if err := compareTFTP(ctx, dir, 1, tftpServer{"tftpd-hpa", startHPA}, ours); err != nil {
		return err
	}
	return compareTFTP(ctx, dir, 16, tftpServer{"atftpd", startATFTPD}, ours)
}

// tftpServer is one of those compared; start is the command that serves dir.
type tftpServer struct {
	name  string
	start func(ctx context.Context, dir string, port int) (*exec.Cmd, error)
}

// compareTFTP has 50 clients read a file again and again, and prints the medians
// and their ratio to the first's. The server has one core, and the clients the
// others.
func compareTFTP(ctx context.Context, dir string, window int, servers ...tftpServer) error {
	what := fmt.Sprintf("%d clients, blocks of %d bytes, window %d", tftpClients, tftpBlock, window)
	rates := make([][]float64, len(servers))
	for range tftpRounds {
		for i, s := range servers {
			rate, err := measureTFTP(ctx, s, dir, window)
			if errors.Is(err, exec.ErrNotFound) {
				fmt.Printf("%s: skipped: %v\n", what, err)
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			rates[i] = append(rates[i], rate)
		}
	}
	fmt.Println(what)
	for i, s := range servers {
		line := fmt.Sprintf("  %-16s %7.1f MB/s", s.name, median(rates[i]))
		if i > 0 {
			line += fmt.Sprintf("  %.2f × %s", median(rates[i])/median(rates[0]), servers[0].name)
		}
		fmt.Println(line)
	}
	return nil
}

// measureTFTP starts the server, reads from it for some seconds, and stops it.
func measureTFTP(ctx context.Context, s tftpServer, dir string, window int) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	free, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := free.LocalAddr().(*net.UDPAddr).Port
	free.Close()
	command, err := s.start(ctx, dir, port)
	if err != nil {
		return 0, err
	}
	namespace, remove, err := loopback()
	if err != nil {
		return 0, err
	}
	defer remove()
	server := pin(ctx, "0", within(ctx, namespace, command))
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer server.Wait()
	defer cancel()
	at := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	load, err := os.Executable()
	if err != nil {
		return 0, err
	}
	clients := within(ctx, namespace, exec.CommandContext(ctx, load, "tftp-load", at, strconv.Itoa(window)))
	out, err := pin(ctx, "1-1023", clients).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("load: %w\n%s%s", err, out, said.String())
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

func startHPA(ctx context.Context, dir string, port int) (*exec.Cmd, error) {
	program, err := exec.LookPath("in.tftpd")
	if err != nil {
		return nil, fmt.Errorf("%w: apt-get install tftpd-hpa", err)
	}
	return exec.CommandContext(ctx, program, "-L", "-a", "127.0.0.1:"+strconv.Itoa(port), "-u", "root", "-s", dir), nil
}

// startATFTPD: Debian lets only one of tftpd-hpa and atftpd be installed. The
// other can be unpacked with dpkg -x and put into PATH.
func startATFTPD(ctx context.Context, dir string, port int) (*exec.Cmd, error) {
	program, err := exec.LookPath("atftpd")
	if err != nil {
		return nil, fmt.Errorf("%w: apt-get install atftpd", err)
	}
	return exec.CommandContext(ctx, program, "--daemon", "--no-fork", "--user", "root", "--group", "root", "--maxthread", "200",
		"--logfile", "/dev/null", "--verbose=3", "--bind-address", "127.0.0.1", "--port", strconv.Itoa(port), dir), nil
}

// serveTFTP is our server as a process of its own.
func serveTFTP(ctx context.Context, args []string) error {
	return (&tftpd.Server{Root: args[0], Addr: "127.0.0.1:" + args[1]}).Serve(ctx, netx.OS{})
}

// loadTFTP reads with 50 clients at once, and prints how many MB/s came. The
// clients do as little as a client can, so that the server is what is measured.
func loadTFTP(ctx context.Context, args []string) error {
	const warmUp, duration = 500 * time.Millisecond, 3 * time.Second
	server, err := netip.ParseAddrPort(args[0])
	if err != nil {
		return err
	}
	window, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	patient := tftpc.Client{Timeout: 100 * time.Millisecond, Retries: 50, BlockSize: tftpBlock, WindowSize: window}
	var got bytes.Buffer
	if _, err := patient.Get(ctx, args[0], tftpFile, &got); err != nil || got.Len() != tftpSize {
		return fmt.Errorf("%d bytes: %w", got.Len(), err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var count atomic.Int64
	var failed error
	var once sync.Once
	var clients sync.WaitGroup
	for range tftpClients {
		clients.Go(func() {
			for ctx.Err() == nil {
				if err := readOnce(ctx, server, window, &count); err != nil {
					once.Do(func() { failed = err; cancel() })
				}
			}
		})
	}
	time.Sleep(warmUp)
	before, start := count.Load(), time.Now()
	select {
	case <-time.After(duration):
	case <-ctx.Done():
	}
	rate := float64(count.Load()-before) / time.Since(start).Seconds() / 1e6
	cancel()
	clients.Wait()
	if failed != nil {
		return failed
	}
	fmt.Printf("%.2f\n", rate)
	return nil
}

// readOnce reads the file once, and counts its bytes.
func readOnce(ctx context.Context, server netip.AddrPort, window int, count *atomic.Int64) error {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer conn.Close()
	request := "\x00\x01" + tftpFile + "\x00octet\x00blksize\x00" + strconv.Itoa(tftpBlock) + "\x00"
	if window > 1 {
		request += "windowsize\x00" + strconv.Itoa(window) + "\x00"
	}
	if _, err := conn.WriteToUDPAddrPort([]byte(request), server); err != nil {
		return err
	}
	const patience = 10 * time.Second
	conn.SetReadDeadline(time.Now().Add(patience))
	packet, ack := make([]byte, 4+tftpBlock), []byte{0, 4, 0, 0}
	for expected, unacked := uint16(0), 0; ; {
		n, tid, err := conn.ReadFromUDPAddrPort(packet)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		block := binary.BigEndian.Uint16(packet[2:])
		if packet[1] == 6 {
			block = 0
		} else if packet[1] != 3 {
			return fmt.Errorf("the server said %q", packet[:n])
		}
		last := block > 0 && n < len(packet)
		switch {
		case block == expected:
			expected++
			unacked++
			if block > 0 {
				count.Add(int64(n - 4))
			}
		case unacked == 0: // the acknowledgment was told before
			continue
		}
		if block == 0 || last || unacked == window || block != expected-1 {
			binary.BigEndian.PutUint16(ack[2:], expected-1)
			unacked = 0
			if _, err := conn.WriteToUDPAddrPort(ack, tid); err != nil {
				return err
			}
		}
		if last && block == expected-1 {
			return nil
		}
	}
}
