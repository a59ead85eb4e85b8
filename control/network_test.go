package control

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"
)

// pair is a connection of which both ends are in this process and both real
// ends in the other one.
func pair(t *testing.T, n *Network) (here, there net.Conn) {
	t.Helper()
	ln, err := n.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	here, err = n.DialContext(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	there, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		here.Close()
		there.Close()
	})
	return here, there
}

func TestConn(t *testing.T) {
	n, _ := osNetwork(t)
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		c1, c2 = pair(t, n)
		return c1, c2, func() {
			c1.Close()
			c2.Close()
		}, nil
	})
}

func TestAddresses(t *testing.T) {
	n, _ := osNetwork(t)
	here, there := pair(t, n)
	if here.LocalAddr().String() != there.RemoteAddr().String() || here.RemoteAddr().String() != there.LocalAddr().String() {
		t.Errorf("%s - %s, but %s - %s", here.LocalAddr(), here.RemoteAddr(), there.RemoteAddr(), there.LocalAddr())
	}
	if _, ok := here.LocalAddr().(*net.TCPAddr); !ok {
		t.Errorf("local address is a %T", here.LocalAddr())
	}
}

func TestHalfClose(t *testing.T) {
	n, _ := osNetwork(t)
	here, there := pair(t, n)
	sent := make([]byte, 5<<20)
	rand.Read(sent)
	go func() {
		here.Write(sent)
		here.(interface{ CloseWrite() error }).CloseWrite()
	}()
	got, err := io.ReadAll(there)
	if err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("%d of %d bytes, %v", len(got), len(sent), err)
	}
	there.Write([]byte("thanks"))
	there.Close()
	if got, err := io.ReadAll(here); err != nil || string(got) != "thanks" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWriteThenClose(t *testing.T) {
	n, _ := osNetwork(t)
	here, there := pair(t, n)
	here.Write([]byte("last words"))
	here.Close()
	if got, err := io.ReadAll(there); err != nil || string(got) != "last words" {
		t.Errorf("%q, %v", got, err)
	}
	if err := here.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
}

func TestRefused(t *testing.T) {
	n, _ := osNetwork(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := ln.Addr().String()
	ln.Close()
	_, err = n.DialContext(t.Context(), "tcp", free)
	op, ok := errors.AsType[*net.OpError](err)
	if !errors.Is(err, syscall.ECONNREFUSED) || !ok || op.Op != "dial" || op.Addr.String() != free {
		t.Errorf("error %#v", err)
	}
	if want := "dial tcp " + free + ": connect: connection refused"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestAddressInUse(t *testing.T) {
	n, _ := osNetwork(t)
	ln, err := n.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if _, err := n.Listen(t.Context(), "tcp", ln.Addr().String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("error %v", err)
	}
}

func TestReset(t *testing.T) {
	n, _ := osNetwork(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	here, err := n.DialContext(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	there, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	there.(*net.TCPConn).SetLinger(0)
	there.Close()
	if _, err := here.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read: %v", err)
	}
}

func TestDialCanceled(t *testing.T) {
	n, _ := osNetwork(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.DialContext(ctx, "tcp", "127.0.0.1:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err := n.DialContext(late, "tcp", "127.0.0.1:1")
	timeout, ok := errors.AsType[net.Error](err)
	if !ok || !timeout.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestUnknownHost(t *testing.T) {
	n, _ := osNetwork(t)
	n.Host = "mallory"
	if _, err := n.DialContext(t.Context(), "tcp", "127.0.0.1:1"); err == nil || err.Error() != "dial tcp 127.0.0.1:1: file does not exist" {
		t.Errorf("error %v", err)
	}
}

func TestLookup(t *testing.T) {
	n, _ := osNetwork(t)
	if addrs, err := n.LookupHost(t.Context(), "127.0.0.1"); err != nil || len(addrs) != 1 || addrs[0] != "127.0.0.1" {
		t.Errorf("%v, %v", addrs, err)
	}
}

func TestErrorOfALookup(t *testing.T) {
	const text = "lookup nowhere.example on 127.0.0.53:53: refused"
	sent := &net.DNSError{Err: "refused", Name: "nowhere.example", Server: "127.0.0.53:53", UnwrapErr: syscall.ECONNREFUSED}
	answer := httptest.NewRecorder()
	Fail(answer, http.StatusBadGateway, sent)
	got := failureOf(answer.Result())
	if name, ok := errors.AsType[*net.DNSError](got); !ok || name.Name != "nowhere.example" || got.Error() != text {
		t.Errorf("it is %q after the way, want %q", got, text)
	}
}

func TestDialFrom(t *testing.T) {
	n, _ := osNetwork(t)
	ln, err := n.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	conn, err := n.DialFrom(t.Context(), "tcp", "127.0.0.9:0", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if conn.LocalAddr().(*net.TCPAddr).IP.String() != "127.0.0.9" {
		t.Errorf("from %s", conn.LocalAddr())
	}
}

// A host whose network lacks a verb says so.
func TestVerbsThatAHostLacks(t *testing.T) {
	n, _ := osNetwork(t)
	n.Host = "bare"
	_, from := n.DialFrom(t.Context(), "tcp", "127.0.0.9:0", "127.0.0.1:1")
	_, on := n.ListenPacketOn(t.Context(), "eth0", "udp", ":68")
	_, lookup := n.LookupHost(t.Context(), "www.example.com")
	for _, err := range []error{from, on, lookup} {
		if err == nil || !strings.Contains(err.Error(), "unsupported operation") {
			t.Errorf("error %v", err)
		}
	}
}

func TestDatagrams(t *testing.T) {
	n, _ := osNetwork(t)
	server, err := n.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client, err := n.DialContext(t.Context(), "udp", server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()

	buffer := make([]byte, 1<<16)
	for _, size := range []int{0, 1, 1472, 60000, maxDatagram} {
		sent := make([]byte, size)
		rand.Read(sent)
		if _, err := client.Write(sent); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		k, from, err := server.ReadFrom(buffer)
		if err != nil || !bytes.Equal(buffer[:k], sent) || from.String() != client.LocalAddr().String() {
			t.Fatalf("%d bytes: %d bytes from %v, %v", size, k, from, err)
		}
		if _, err := server.WriteTo(sent, from); err != nil {
			t.Fatal(err)
		}
		if k, err := client.Read(buffer); err != nil || !bytes.Equal(buffer[:k], sent) {
			t.Fatalf("%d bytes came back as %d, %v", size, k, err)
		}
	}
	if _, err := client.Write(make([]byte, maxDatagram+1)); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("too long: %v", err)
	}
	// The rest of a datagram that is longer than the buffer is lost.
	client.Write([]byte("long"))
	client.Write([]byte("next"))
	if k, _, _ := server.ReadFrom(buffer[:2]); string(buffer[:k]) != "lo" {
		t.Errorf("got %q", buffer[:k])
	}
	if k, _, _ := server.ReadFrom(buffer); string(buffer[:k]) != "next" {
		t.Errorf("got %q", buffer[:k])
	}
	server.SetReadDeadline(time.Now().Add(-time.Second))
	if _, _, err := server.ReadFrom(buffer); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("deadline: %v", err)
	}
	server.SetReadDeadline(time.Time{})
	server.Close()
	if _, _, err := server.ReadFrom(buffer); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestPortUnreachable(t *testing.T) {
	n, _ := osNetwork(t)
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.LocalAddr().String()
	free.Close()
	client, err := n.DialContext(t.Context(), "udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for range 3 { // each time, since the socket goes on
		client.Write([]byte("x"))
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("error %v", err)
		}
	}
}

func TestListenerCloses(t *testing.T) {
	n, _ := osNetwork(t)
	ln, err := n.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// More connections than are accepted: they must not be kept.
	for range 5 {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	failed := make(chan error)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				failed <- err
				return
			}
			conn.Close()
		}
	}()
	ln.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
	for {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
		if conn != nil {
			conn.Close()
		}
	}
}

// The end of the world is the end of every socket in it.
func TestWorldEnds(t *testing.T) {
	n, stop := osNetwork(t)
	here, there := pair(t, n)
	ln, err := n.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	packets, err := n.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	stop()
	for name, wait := range map[string]func() error{
		"read":  func() error { _, err := here.Read(make([]byte, 1)); return err },
		"other": func() error { _, err := there.Read(make([]byte, 1)); return err },
		"accept": func() error {
			_, err := ln.Accept()
			return err
		},
		"packet": func() error { _, _, err := packets.ReadFrom(make([]byte, 1)); return err },
	} {
		if err := wait(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := n.DialContext(context.Background(), "tcp", "127.0.0.1:1"); !errors.Is(err, ErrNoWorld) {
		t.Errorf("dial: %v", err)
	}
}
