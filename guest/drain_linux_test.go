package guest

import (
	"bytes"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/peer"
)

// What a program sends right before its end is read, however late the reader is.
func TestLastFramesAreRead(t *testing.T) {
	needGuests(t)
	peer.Path(t, "python3", "python3")
	c := host("python3", "-c", `from socket import *
s = socket(AF_INET, SOCK_DGRAM); s.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
for n in range(20): s.sendto(b"number %d." % n, ("255.255.255.255", 9))`)
	read, ready := make(chan []byte, 1000), make(chan struct{})
	g, err := Start(t.Context(), c, func(_ *Guest, tap *Tap) error {
		go func() {
			defer close(read)
			<-ready
			_ = Pump(t.Context(), tap, func(frame []byte) { read <- bytes.Clone(frame) })
		}()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { close(ready) })
	if status, err := g.Wait(); err != nil || status.ExitCode() != 0 {
		t.Fatal(status, err)
	}
	last := false
	for frame := range read {
		last = last || bytes.Contains(frame, []byte("number 19."))
	}
	if !last {
		t.Error("the last datagram is lost")
	}
}
