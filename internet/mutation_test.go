package internet

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
)

// mutations is how many frames TestMutatedFrames sends; WIREBOOK_MUTATIONS sets
// another number, for a long run.
func mutations(t *testing.T) int {
	text := os.Getenv("WIREBOOK_MUTATIONS")
	if text == "" {
		return 10_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMutatedFrames throws frames at a LAN that are nearly right: what its
// hosts just said, with something changed. Nobody may fall over.
func TestMutatedFrames(t *testing.T) {
	now := clock.NewMovable()
	now.OnSettle(func() { time.Sleep(50 * time.Microsecond) }) // liars leave many timers behind
	l := newLAN(t, Config{Clock: now})
	alice, bob := l.host(t, "alice", 1), l.host(t, "bob", 2)
	mallory, err := l.sw.Attach("mallory", frame.Node{Name: "mallory"}, func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	heard := &recent{}
	defer l.Tap(heard)()
	ctx, stop := context.WithCancel(context.Background())
	var talk sync.WaitGroup
	serveEcho(t, &talk, ctx, bob)
	for _, address := range []string{"10.0.0.2:7", "[fd00::2]:7"} {
		talk.Go(func() { keepTalking(ctx, alice, "tcp", address) })
		talk.Go(func() { keepTalking(ctx, alice, "udp", address) })
		talk.Go(func() { keepPinging(ctx, alice) })
	}

	rng := rand.New(rand.NewPCG(1, 2))
	for n := range mutations(t) {
		mallory.Send(mutate(rng, heard.pick(rng), heard.pick(rng)))
		for n%64 == 0 && l.receiving() {
			time.Sleep(10 * time.Microsecond) // or else most would be lost in full queues
		}
		if n%2048 == 0 {
			now.Skip(time.Second) // the talkers learn each other's true addresses again
		}
	}
	if kinds := heard.kinds(); len(kinds) < 7 {
		t.Errorf("the hosts said too little to make mutations of: %v", kinds)
	}
	stop()
	talk.Wait()

	now.OnSettle(l.Settle)
	for _, address := range []string{"10.0.0.2:0", "[fd00::2]:0"} {
		if err := answers(now, alice, bob, address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// answers tells whether two hosts can still connect. Hosts that were lied to
// about each other's addresses find out after some seconds of silence (RFC 4861
// §7.3.3), in both directions, while TCP tries again ever more slowly.
func answers(now *clock.Movable, from, to *Host, address string) error {
	ln, err := to.Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	defer ln.Close()
	defer hurry(now)()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := from.DialContext(ctx, "tcp", ln.Addr().String())
	if err != nil {
		return err
	}
	return c.Close()
}

func serveEcho(t *testing.T, wait *sync.WaitGroup, ctx context.Context, h *Host) {
	ln, err := h.Listen(ctx, "tcp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	pc, err := h.ListenPacket(ctx, "udp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	context.AfterFunc(ctx, func() { ln.Close(); pc.Close() })
	wait.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer c.Close()
				defer context.AfterFunc(ctx, func() { c.Close() })()
				io.Copy(c, struct{ io.Reader }{c})
			})
		}
	})
	wait.Go(func() {
		b := make([]byte, 2000)
		for ctx.Err() == nil {
			if n, from, err := pc.ReadFrom(b); err == nil {
				pc.WriteTo(b[:n], from)
			}
		}
	})
}

func keepTalking(ctx context.Context, h *Host, network, address string) {
	data := make([]byte, 1200)
	for n := 1; ctx.Err() == nil; n++ {
		dialing, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		c, err := h.DialContext(dialing, network, address)
		cancel()
		if err != nil {
			continue
		}
		for range n % 20 {
			c.SetDeadline(h.net.clock.Now().Add(20 * time.Millisecond))
			if _, err := c.Write(data[:1+n%len(data)]); err != nil {
				break
			}
			if _, err := c.Read(data); err != nil {
				break
			}
		}
		c.Close()
	}
}

func keepPinging(ctx context.Context, h *Host) {
	for ctx.Err() == nil {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		h.Ping(ctx, v4(2))
		h.Ping(ctx, v6(2))
		cancel()
	}
}

// recent is a tap that remembers the last frames of each kind.
type recent struct {
	mu     sync.Mutex
	frames map[string][]([]byte)
}

// kindOfFrame is its EtherType and, of an IP packet, the transport protocol.
func kindOfFrame(data []byte) string {
	kind := fmt.Sprintf("%x", data[12:14])
	switch kind {
	case "0800":
		kind += fmt.Sprintf("-%d", data[ethernetHeader+9])
	case "86dd":
		kind += fmt.Sprintf("-%d", data[ethernetHeader+6])
	}
	return kind
}

func (r *recent) See(f frame.Frame) {
	if f.Hop > 0 || f.Link.Name == "mallory" {
		return
	}
	kind := kindOfFrame(f.Data)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.frames == nil {
		r.frames = make(map[string][]([]byte))
	}
	r.frames[kind] = append(r.frames[kind], f.Data)
	if n := len(r.frames[kind]); n > 32 {
		r.frames[kind] = r.frames[kind][n-32:]
	}
}

func (r *recent) pick(rng *rand.Rand) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	nth := rng.IntN(len(r.frames) + 1)
	for _, frames := range r.frames { // in an order that differs each time, but that is no harm
		if nth == 0 {
			return frames[rng.IntN(len(frames))]
		}
		nth--
	}
	return make([]byte, 60)
}

func (r *recent) kinds() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.frames))
}

// mutate changes something in a frame, and mends the checksums half of the
// time, so that the change is not noticed at once.
func mutate(rng *rand.Rand, data, other []byte) []byte {
	data = slices.Clone(data)
	for range 1 + rng.IntN(3) {
		if len(data) <= ethernetHeader {
			break
		}
		at := ethernetHeader + rng.IntN(min(len(data)-ethernetHeader, 80))
		switch rng.IntN(8) {
		case 0:
			data[at] ^= 1 << rng.IntN(8)
		case 1:
			data[at] = []byte{0, 1, 0x7f, 0x80, 0xfe, 0xff}[rng.IntN(6)]
		case 2:
			data[at] = byte(rng.Uint32())
		case 3:
			data = data[:at]
		case 4:
			data = append(data, make([]byte, rng.IntN(64))...)
		case 5: // another frame's end
			if len(other) > at {
				data = append(data[:at], other[at:]...)
			}
		case 6: // a length, an offset, or a sequence number
			if at+2 <= len(data) {
				binary.BigEndian.PutUint16(data[at:], uint16(rng.IntN(1600)))
			}
		case 7: // the header's lengths
			data[ethernetHeader] = data[ethernetHeader]&0xf0 | byte(rng.IntN(16))
			if len(data) > ethernetHeader+33 && rng.IntN(2) == 0 {
				data[ethernetHeader+32] = byte(rng.IntN(16)) << 4
			}
		}
	}
	if rng.IntN(2) == 0 {
		mend(data)
	}
	if rng.IntN(32) == 0 && len(data) > 6 {
		copy(data, net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	}
	return data
}

// mend makes the checksums of an IP packet right where it has any.
func mend(data []byte) {
	if len(data) < ethernetHeader+40 {
		return
	}
	ip := data[ethernetHeader:]
	switch ip[0] >> 4 {
	case 4:
		head := int(ip[0]&0xf) * 4
		if head < 20 || head >= len(ip) {
			return
		}
		ip[10], ip[11] = 0, 0
		binary.BigEndian.PutUint16(ip[10:], ^checksum.Checksum(ip[:head], 0))
		payload := ip[head:min(len(ip), max(head, int(binary.BigEndian.Uint16(ip[2:]))))]
		mendTransport(ip[9], payload, ip[12:20])
	case 6:
		payload := ip[40:min(len(ip), 40+int(binary.BigEndian.Uint16(ip[4:])))]
		mendTransport(ip[6], payload, ip[8:40])
	}
}

func mendTransport(protocol byte, payload, addresses []byte) {
	at := map[byte]int{6: 16, 17: 6, 1: 2, 58: 2}[protocol]
	if at == 0 || len(payload) < at+2 {
		return
	}
	pseudo := slices.Concat(addresses, []byte{byte(len(payload) >> 8), byte(len(payload)), 0, protocol})
	if protocol == 1 {
		pseudo = nil
	}
	payload[at], payload[at+1] = 0, 0
	binary.BigEndian.PutUint16(payload[at:], ^checksum.Checksum(payload, checksum.Checksum(pseudo, 0)))
}
