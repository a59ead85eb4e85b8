package gateway

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/proxy"

	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
)

func startSOCKS(t testing.TB, through netx.Network) (address string) {
	t.Helper()
	ready, listening := opened()
	address, _ = start(t, &SOCKS5{Address: loopback, Through: through, Listening: listening}, netx.OS{}, ready)
	return address
}

// serveHTTP runs net/http inside.
func serveHTTP(t testing.TB, www *internet.Host) {
	ln, err := www.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "this is %s", r.Host)
	})}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(ln) }()
	t.Cleanup(func() { server.Close(); <-done })
}

func TestCurl(t *testing.T) {
	curl := peer.Path(t, "curl", "curl")
	alice, www := newWorld(t)
	serveHTTP(t, www)
	door := startSOCKS(t, alice)
	for _, test := range []struct{ option, url, want string }{
		{"--socks5-hostname", "http://www.example.com/", "this is www.example.com"},
		{"--socks5", "http://10.0.0.2/", "this is 10.0.0.2"},
		{"--socks5", "http://[fd00::2]/", "this is [fd00::2]"},
	} {
		out, err := exec.Command(curl, "-sS", "--noproxy", "", "--max-time", "20", test.option, door, test.url).CombinedOutput()
		if err != nil || string(out) != test.want {
			t.Errorf("%s: %q, %v; want %q", test.url, out, err, test.want)
		}
	}
	for url, code := range map[string]string{
		"http://www.example.com:81/": "5", // refused
		"http://nobody.example.com/": "4", // host unreachable
	} {
		out, err := exec.Command(curl, "-sS", "--noproxy", "", "--max-time", "20", "--socks5-hostname", door, url).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "("+code+")") {
			t.Errorf("%s: %q, %v; want reply code %s", url, out, err, code)
		}
	}
}

func TestSOCKSClientOfGo(t *testing.T) {
	alice, www := newWorld(t)
	serveTCP(t, www, ":80", func(conn net.Conn) { io.Copy(conn, conn) })
	dialer, err := proxy.SOCKS5("tcp", startSOCKS(t, alice), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"www.example.com:80", "10.0.0.2:80", "[fd00::2]:80"} {
		conn, err := dialer.Dial("tcp", to)
		if err != nil {
			t.Errorf("%s: %v", to, err)
			continue
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		conn.Write([]byte("hello"))
		got := make([]byte, 5)
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != "hello" {
			t.Errorf("%s: %q, %v", to, got, err)
		}
		conn.Close()
	}
	if _, err := dialer.Dial("tcp", "10.0.0.2:9"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a closed port: %v", err)
	}
	if _, err := dialer.Dial("tcp", "192.0.2.1:80"); err == nil || !strings.Contains(err.Error(), "unreachable") {
		t.Errorf("no route: %v", err)
	}
}

// The dialogue, byte for byte (RFC 1928).
func TestSOCKSDialogue(t *testing.T) {
	alice, www := newWorld(t)
	serveTCP(t, www, ":80", upsideDown)
	door := startSOCKS(t, alice)
	const agreed = "C 05 01 00|S 05 00|"
	for name, dialogue := range map[string]string{
		"connect by name":             agreed + "C 05 01 00 03 0f 7777772e6578616d706c652e636f6d 0050|S 05 00 00 01 0a000001 ????",
		"connect by IPv4":             agreed + "C 05 01 00 01 0a000002 0050|S 05 00 00 01 0a000001 ????",
		"connect by IPv6":             agreed + "C 05 01 00 04 fd000000000000000000000000000002 0050|S 05 00 00 04 fd000000000000000000000000000001 ????",
		"one of several methods":      "C 05 03 02 01 00|S 05 00|",
		"only with a password":        "C 05 01 02|S 05 ff|E",
		"no methods":                  "C 05 00|S 05 ff|E",
		"version 4":                   "C 04 01 0050 0a000002 00|E",
		"another version afterwards":  agreed + "C 04 01 00 01 0a000002 0050|E",
		"refused":                     agreed + "C 05 01 00 01 0a000002 0009|S 05 05 00 01 00000000 0000|E",
		"no such name":                agreed + "C 05 01 00 03 01 78 0050|S 05 04 00 01 00000000 0000|E",
		"an empty name":               agreed + "C 05 01 00 03 00 0050|S 05 01 00 01 00000000 0000|E",
		"network unreachable":         agreed + "C 05 01 00 01 c0000201 0050|S 05 03 00 01 00000000 0000|E",
		"BIND":                        agreed + "C 05 02 00 01 0a000002 0050|S 05 07 00 01 00000000 0000|E",
		"a type of address not known": agreed + "C 05 01 00 02 0a000002 0050|S 05 08 00 01 00000000 0000|E",
		"cut off":                     agreed + "C 05 01 00 01 0a00|F|E",
	} {
		t.Run(name, func(t *testing.T) {
			conn := dialTCP(t, netx.OS{}, door)
			for line := range strings.SplitSeq(dialogue, "|") {
				if line == "" {
					continue
				}
				play(t, conn, line)
			}
		})
	}
}

// play plays one line: C the client sends, S the server sends, F the client
// sends a FIN, E the server ends the connection.
func play(t *testing.T, conn net.Conn, line string) {
	t.Helper()
	digits := strings.ReplaceAll(line[1:], " ", "")
	switch line[0] {
	case 'C':
		b, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		conn.Write(b)
	case 'S':
		b := make([]byte, len(digits)/2)
		if _, err := io.ReadFull(conn, b); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		got := []byte(hex.EncodeToString(b))
		for i, d := range digits {
			if d == '?' {
				got[i] = '?'
			}
		}
		if string(got) != digits {
			t.Fatalf("got %s, want %s", got, digits)
		}
	case 'F':
		conn.(*net.TCPConn).CloseWrite()
	case 'E':
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Fatalf("the server goes on: %d bytes, %v", n, err)
		}
	}
}

// associate opens a way for datagrams, as a client does.
func associate(t *testing.T, door string) (control net.Conn, relay net.Conn) {
	t.Helper()
	control = dialTCP(t, netx.OS{}, door)
	play(t, control, "C 05 01 00")
	play(t, control, "S 05 00")
	play(t, control, "C 05 03 00 01 00000000 0000")
	play(t, control, "S 05 00 00")
	to, err := readAddress(control)
	if err != nil {
		t.Fatal(err)
	}
	return control, dialUDP(t, netx.OS{}, to)
}

func TestUDPAssociate(t *testing.T) {
	alice, www := newWorld(t)
	serveUDP(t, www, ":53")
	control, relay := associate(t, startSOCKS(t, alice))
	const name = "0000 00 03 0f 7777772e6578616d706c652e636f6d 0035"
	for header, from := range map[string]string{
		name:                       "10.0.0.2:53",
		"0000 00 01 0a000002 0035": "10.0.0.2:53",
		"0000 00 04 fd000000000000000000000000000002 0035": "[fd00::2]:53",
	} {
		b, _ := hex.DecodeString(strings.ReplaceAll(header, " ", ""))
		reply := exchangeUDP(t, relay, append(b, "hello"...))
		gotFrom, payload, err := cutHeader(reply)
		if err != nil || gotFrom != from || !bytes.HasSuffix(payload, []byte(" hello")) {
			t.Errorf("%s: from %s %q, %v", header, gotFrom, payload, err)
		}
	}

	// What is wrong is dropped, and harms nothing.
	for _, wrong := range []string{"", "0000", "0000 01 01 0a000002 0035 78", "0000 00 09 00", "0000 00 03 00 0035 78", "0000 00 03 03 787878 0035 78"} {
		b, _ := hex.DecodeString(strings.ReplaceAll(wrong, " ", ""))
		relay.Write(b)
	}
	b, _ := hex.DecodeString("000000010a0000020035")
	exchangeUDP(t, relay, append(b, "again"...))

	// The association ends with its connection.
	control.Close()
	for end := time.Now().Add(20 * time.Second); ; {
		relay.Write(b)
		relay.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		_, err := relay.Read(make([]byte, 100))
		var timeout net.Error
		if err != nil && !(errors.As(err, &timeout) && timeout.Timeout()) {
			return // port unreachable
		}
		if time.Now().After(end) {
			t.Fatal("the relay's port is still open")
		}
	}
}

func exchangeUDP(t *testing.T, relay net.Conn, datagram []byte) []byte {
	t.Helper()
	buf := make([]byte, 2048)
	for range 20 {
		relay.Write(datagram)
		relay.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := relay.Read(buf); err == nil {
			return buf[:n]
		}
	}
	t.Fatalf("no answer to %x", datagram)
	return nil
}

// The end of Serve ends associations, too.
func TestEndOfServeEndsAssociations(t *testing.T) {
	alice, _ := newWorld(t)
	ready, listening := opened()
	door, stop := start(t, &SOCKS5{Address: loopback, Through: alice, Listening: listening}, netx.OS{}, ready)
	associate(t, door)
	stop()
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte{5, 1, 0, 1, 10, 0, 0, 2, 0, 80})
	f.Add([]byte{5, 1, 0, 3, 1, 'x', 0, 80})
	f.Add([]byte{5, 3, 0, 4, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 53})
	f.Fuzz(func(t *testing.T, b []byte) {
		request, err := readRequest(bytes.NewReader(b))
		if err != nil {
			return
		}
		if _, _, err := net.SplitHostPort(request.to); err != nil && b[3] != addressDomain {
			t.Fatalf("%q is no address: %v", request.to, err)
		}
		if a, err := netip.ParseAddrPort(request.to); err == nil && b[3] != addressDomain {
			if again := appendAddress(nil, a); !bytes.HasPrefix(b[3:], again) {
				t.Fatalf("%x was read as %v, written as %x", b[3:], a, again)
			}
		}
		to, payload, err := cutHeader(append([]byte{0, 0, 0}, b[3:]...))
		if err != nil || to != request.to || !bytes.HasSuffix(b, payload) {
			t.Fatalf("a datagram reads it as %q, %v", to, err)
		}
	})
}
