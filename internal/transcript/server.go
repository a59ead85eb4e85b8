package transcript

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/netx"
)

// Server is for the tests of clients: a network on which every address is that of
// one server, which keeps to a conversation in the form that files have. What
// stands behind "C:" it must hear, and it says what stands behind "S:". When the
// test ends it must have come to the conversation's end, and the client must have
// said nothing more. Tabs before a line are left out.
func Server(t testing.TB, conversation string) netx.Network {
	t.Helper()
	nw := &serverNetwork{done: make(chan error, 1)}
	for i, line := range strings.Split(conversation, "\n") {
		line = strings.TrimLeft(line, "\t")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		step, err := parseStep(fmt.Sprintf("line %d", i+1), line)
		if err != nil {
			t.Fatal(err)
		}
		nw.steps = append(nw.steps, step)
	}
	t.Cleanup(func() {
		select {
		case err := <-nw.done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the conversation does not end")
		}
	})
	return nw
}

// serverNetwork is on the operating system's loopback.
type serverNetwork struct {
	netx.OS
	steps []step
	done  chan error
}

// DialContext connects to the server, whatever the address.
func (nw *serverNetwork) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer ln.Close()
	conn, err := nw.OS.DialContext(ctx, network, ln.Addr().String())
	if err != nil {
		return nil, err
	}
	accepted, err := ln.Accept()
	if err != nil {
		conn.Close()
		return nil, err
	}
	go func() {
		defer accepted.Close()
		nw.done <- answer(accepted, nw.steps)
	}()
	return conn, nil
}

// answer keeps to the steps. That the client goes away while it is spoken to is its
// own affair.
func answer(conn net.Conn, steps []step) error {
	conn.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(conn)
	for _, s := range steps {
		switch s.kind {
		case clientSays:
			got := make([]byte, len(s.text))
			n, err := io.ReadFull(in, got)
			if string(got[:n]) != s.text {
				return fmt.Errorf("%s: want %q, got %q (%v)", s.at, s.text, got[:n], err)
			}
		case serverSays:
			if _, err := io.WriteString(conn, s.text); err != nil {
				return nil
			}
		case serverCloses:
			return nil
		case clientCloses:
			return heardNothing(in)
		}
	}
	return heardNothing(in)
}

// heardNothing is that the client has ended without a further word. However it has,
// an error is one of the connection.
func heardNothing(in io.Reader) error {
	if rest, _ := io.ReadAll(in); len(rest) > 0 {
		return fmt.Errorf("after the end the client said %.200q", rest)
	}
	return nil
}
