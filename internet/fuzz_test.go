package internet

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/wirebook/wirebook/frame"
)

// FuzzFrame gives a host whatever can come out of a cable; the seeds are what
// two hosts say when they meet.
func FuzzFrame(f *testing.F) {
	l := newLAN(f, Config{})
	alice, bob := l.host(f, "alice", 1), l.host(f, "bob", 2)
	mallory, err := l.sw.Attach("mallory", frame.Node{Name: "mallory"}, func([]byte) {})
	if err != nil {
		f.Fatal(err)
	}
	var mu sync.Mutex
	var said [][]byte
	remove := l.Tap(tapFunc(func(f frame.Frame) {
		mu.Lock()
		defer mu.Unlock()
		if f.Hop == 0 {
			said = append(said, f.Data)
		}
	}))
	for _, address := range []string{"10.0.0.2:80", "[fd00::2]:80"} {
		a, b := tcpPair(f, alice, bob, address)
		a.Write([]byte("hello"))
		b.Read(make([]byte, 5))
		a.Close()
		b.Close()
	}
	alice.Ping(background, v4(2))
	alice.Ping(background, v6(2))
	remove()
	for _, data := range said {
		f.Add(data)
	}
	listener, err := bob.Listen(background, "tcp", ":80") // something to be hit
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { listener.Close() })

	to := bob.Cards()[0].MAC
	f.Fuzz(func(t *testing.T, data []byte) {
		data = bytes.Clone(data)
		if len(data) > 0 && data[0]&1 == 0 {
			copy(data, to)
		}
		mallory.Send(data)
		for l.receiving() {
			time.Sleep(time.Microsecond)
		}
	})
}
