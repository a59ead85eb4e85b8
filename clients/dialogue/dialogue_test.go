package dialogue

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen is a server that greets, and then does as it is told.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "hello\r\n")
			serve(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-over })
	return ln.Addr().String()
}

func silent(conn net.Conn) { io.Copy(io.Discard, conn) }

func greeted(ctx context.Context, t *testing.T, at string) *Conn {
	t.Helper()
	var c *Conn
	err := Dialer{}.Dial(ctx, at, "1", false, func(conn *Conn) error {
		c = conn
		c.Wait(time.Minute)
		line, err := bufio.NewReaderSize(c, 16).ReadString('\n')
		if line != "hello\r\n" {
			t.Errorf("the greeting is %q", line)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestOnceBroken: after the first failure nothing is said, and each who tries is
// told why.
func TestOnceBroken(t *testing.T) {
	c := greeted(t.Context(), t, listen(t, func(net.Conn) {}))
	_, err := c.Read(make([]byte, 1))
	if why := c.Fail(err); !errors.Is(why, io.ErrUnexpectedEOF) || !strings.Contains(why.Error(), "the server has ended the connection") {
		t.Errorf("%v: %v", err, why)
	}
	if err := c.Say("NOOP\r\n"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
	c.End(errors.New("later"))
	if err := c.Close(); !errors.Is(err, net.ErrClosed) || !errors.Is(c.Ended(), io.ErrUnexpectedEOF) {
		t.Errorf("%v, %v", err, c.Ended())
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	c := greeted(ctx, t, listen(t, silent))
	why := errors.New("Ctrl-C")
	cancel(why)
	c.Wait(0)
	_, err := c.Read(make([]byte, 1))
	if err = c.Fail(err); err != why || !c.Cancelled() {
		t.Errorf("%v", err)
	}
}

func TestPatience(t *testing.T) {
	c := greeted(t.Context(), t, listen(t, silent))
	c.Wait(time.Millisecond)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// TestErrorsNameTheServer, with the port at which it was asked.
func TestErrorsNameTheServer(t *testing.T) {
	never := func(*Conn) error { t.Error("there is nobody"); return nil }
	if err := (Dialer{}).Dial(t.Context(), "127.0.0.1", "1", false, never); err == nil || !strings.HasPrefix(err.Error(), "127.0.0.1:1: ") {
		t.Errorf("%v", err)
	}
	at := listen(t, silent)
	wrong := errors.New("that is not my server")
	if err := (Dialer{}).Dial(t.Context(), at, "1", false, func(*Conn) error { return wrong }); !errors.Is(err, wrong) || !strings.HasPrefix(err.Error(), at+": ") {
		t.Errorf("%v", err)
	}
	// A server that greets in the clear knows no TLS.
	if err := (Dialer{}).Dial(t.Context(), at, "1", true, never); err == nil {
		t.Error("TLS has begun")
	}
}
