package internet

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/wirebook/wirebook/frame"
)

// A segment whose text was changed while it waited is believed, if it was mended;
// else its receiver throws it away, and its sender sends what it has said.
func TestEditedSegments(t *testing.T) {
	for _, mend := range []bool{true, false} {
		l, alice, bob, now := pair(t)
		ln := listen(t, bob, "tcp", ":80")
		got := make(chan string, 1)
		go func() {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			said := make([]byte, 5)
			_, _ = io.ReadFull(conn, said)
			got <- string(said)
		}()
		conn := dial(t, alice, "tcp", "10.0.0.2:80")
		hold := l.Hold()
		hold.Begin(HoldOptions{Match: func(f frame.Frame) bool { return bytes.HasSuffix(f.Data, []byte("hello")) }})
		if _, err := conn.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		within(t, "the text waits", func() bool { return hold.State().Waiting == 1 })
		held := hold.Frames()[0]
		data := bytes.Replace(held.Data, []byte("hello"), []byte("howdy"), 1)
		if err := hold.Edit(held.ID, data, mend); err != nil {
			t.Fatal(err)
		}
		hold.End()
		want := "howdy"
		if !mend {
			want = "hello"
			defer hurry(now)() // until it is sent again
		}
		select {
		case said := <-got:
			expect(t, "bob heard", said, want)
		case <-time.After(20 * time.Second):
			t.Errorf("mended: %v; bob heard nothing", mend)
		}
		conn.Close()
		ln.Close()
	}
}

// A datagram that got longer has its lengths mended, too.
func TestEditedDatagramsGrow(t *testing.T) {
	for _, to := range []string{"10.0.0.2:53", "[fd00::2]:53"} {
		l, alice, bob, _ := pair(t)
		server := listenPacket(t, bob, "udp", ":53")
		conn := dial(t, alice, "udp", to)
		hold := l.Hold()
		hold.Begin(HoldOptions{Match: func(f frame.Frame) bool { return bytes.HasSuffix(f.Data, []byte("hello")) }})
		if _, err := conn.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		within(t, "the datagram waits", func() bool { return hold.State().Waiting == 1 })
		held := hold.Frames()[0]
		if err := hold.Edit(held.ID, append(bytes.Clone(held.Data), ", bob"...), true); err != nil {
			t.Fatal(err)
		}
		hold.Step(1)
		got := make([]byte, 100)
		_ = server.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, _, err := server.ReadFrom(got)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "bob heard", string(got[:n]), "hello, bob")
		conn.Close()
		server.Close()
	}
}

// Time that frames have waited is no time for TCP: nothing is sent again.
func TestNothingIsSentAgainWhileFramesWait(t *testing.T) {
	for _, runs := range []bool{false, true} {
		l, alice, bob, now := pair(t)
		mustPing(t, alice, "10.0.0.2")
		ln := listen(t, bob, "tcp", ":80")
		hold := l.Hold()
		hold.Begin(HoldOptions{ClockRuns: runs})
		dialed := make(chan error, 1)
		go func() {
			conn, err := alice.DialContext(soon(t), "tcp", "10.0.0.2:80")
			if err == nil {
				conn.Close()
			}
			dialed <- err
		}()
		within(t, "the SYN waits", func() bool { return hold.State().Waiting == 1 })
		if runs {
			now.Skip(10 * time.Second)
			within(t, "the SYN waits again", func() bool { return hold.State().Waiting > 1 })
		} else {
			time.Sleep(1500 * time.Millisecond) // TCP would wait a second
			expect(t, "waiting", hold.State().Waiting, 1)
		}
		hold.End()
		if err := <-dialed; err != nil {
			t.Error(err)
		}
		ln.Close()
	}
}

func FuzzMend(f *testing.F) {
	f.Add(numbered(1))
	f.Add(append(numbered(1)[:12], 8, 0, 0x45, 0, 0, 30, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 53, 0, 53, 0, 10, 0, 0, 'h', 'i'))
	f.Add(append(numbered(1)[:12], 0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 58, 64))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < ethernetHeader {
			return
		}
		was := len(data)
		mendFrame(data)
		once := bytes.Clone(data)
		mendFrame(data)
		if len(data) != was || !bytes.Equal(data, once) {
			t.Errorf("%x is mended to %x, and that to %x", was, once, data)
		}
	})
}
