package ftpc_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/ftpc"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// silence is a network on which nobody answers, or where a server falls silent
// when TLS should begin.
type silence struct {
	netx.Network
	there bool
}

func (n silence) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if !n.there {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		io.WriteString(theirs, "220 Hello\r\n")
		bufio.NewReader(theirs).ReadString('\n')
		io.WriteString(theirs, "234 Go ahead\r\n")
		io.Copy(io.Discard, theirs)
	}()
	return ours, nil
}

// TestSilence: how long the client waits is by its clock, not by the machine's.
func TestSilence(t *testing.T) {
	for _, there := range []bool{false, true} {
		hands := clock.NewMovable()
		client := ftpc.Client{Network: silence{there: there}, Clock: hands, Timeout: time.Hour, TLS: &tls.Config{}}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		ended := make(chan error, 1)
		go func() {
			_, err := client.Dial(ctx, "192.0.2.21")
			ended <- err
		}()
		var err error
		for waiting := true; waiting; {
			select {
			case err = <-ended:
				waiting = false
			case <-time.After(time.Millisecond):
				hands.SkipToNext()
			}
		}
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			t.Errorf("server %v: %v", there, err)
		}
		cancel()
	}
}
