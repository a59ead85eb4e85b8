package forward

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// RFC 1812 §4.3.2.8: the rate of errors is limited, and recovers.
func TestErrorRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := testRouter(1500)
		expired := packet{ttl: 1}.bytes(t)
		burst := func() (answered int) {
			for range 10_000 {
				if f.Forward(lan, expired).Verdict == Answer {
					answered++
				}
			}
			return answered
		}
		if n := burst(); n != errorsAtOnce {
			t.Errorf("a flood was answered %d times, want %d", n, errorsAtOnce)
		}
		time.Sleep(100 * time.Millisecond)
		if n := burst(); n != errorsPerSecond/10 {
			t.Errorf("a tenth of a second later: %d, want %d", n, errorsPerSecond/10)
		}
		time.Sleep(time.Hour)
		if n := burst(); n != errorsAtOnce {
			t.Errorf("an hour later: %d, want %d", n, errorsAtOnce)
		}
	})
}

// Whatever comes in: no panic, nothing written to what came in, and what goes
// out is sound and fits.
func FuzzForward(f *testing.F) {
	f.Add(uint8(0), packet{payload: echo}.bytes(f))
	f.Add(uint8(1), packet{ttl: 1}.bytes(f))
	f.Add(uint8(0), packet{payload: make([]byte, 1400)}.bytes(f))
	f.Add(uint8(2), packet6{payload: echo6}.bytes(f))
	f.Add(uint8(0), packet6{hops: 1, hopByHop: true, payload: []byte{58, 0, 1, 4, 0, 0, 0, 0, 1, 4, 0, 0}}.bytes(f))
	f.Fuzz(func(t *testing.T, how uint8, b []byte) {
		if len(b) >= ipv4HeaderMin && b[0]>>4 == 4 && how&4 == 0 && ipv4(b).headerLen() <= len(b) {
			ipv4(b).setChecksum() // or hardly any would get past the first check
		}
		before := bytes.Clone(b)
		r := testRouter(600)
		in := Arrival{Interface: int(how & 1), Group: how&2 != 0}
		for _, d := range []Decision{r.Forward(in, b), r.Unreachable(in, b)} {
			if !bytes.Equal(b, before) {
				t.Fatal("the packet that came in was changed")
			}
			checkMade(t, r, d)
		}
	})
}

// checkMade checks that what goes out is sound and fits.
func checkMade(t *testing.T, f *Forwarder, d Decision) {
	t.Helper()
	if d.Verdict != Send && d.Verdict != Answer {
		return
	}
	mtu := f.plane.Load().interfaces[d.Out].MTU
	for _, made := range append([][]byte{d.Packet}, d.Rest...) {
		p := made[headroom:]
		_, bad4 := checkIPv4(p)
		_, bad6 := checkIPv6(p)
		if bad4 != None && bad6 != None {
			t.Fatalf("made an unsound packet: %v, %v: %x", bad4, bad6, p)
		}
		if p[0]>>4 == 4 && len(p) > mtu {
			t.Fatalf("%d bytes on a link of %d", len(p), mtu)
		}
	}
}

// The plain path costs one allocation: the packet that goes out.
func TestOneAllocationAPacket(t *testing.T) {
	f := testRouter(1500)
	for name, b := range map[string][]byte{
		"IPv4": packet{payload: make([]byte, 1400)}.bytes(t),
		"IPv6": packet6{payload: make([]byte, 1400)}.bytes(t),
	} {
		if n := testing.AllocsPerRun(1000, func() { f.Forward(lan, b) }); n != 1 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// What address translation adds to the same packets: out, in, and without it.
func BenchmarkNAT(b *testing.B) {
	for _, bench := range []struct {
		name string
		nat  bool
		in   string
		say  string
	}{
		{"off", false, "lan", "udp 192.168.1.11:3345 > 203.0.113.80:80"},
		{"out", true, "lan", "udp 192.168.1.11:3345 > 203.0.113.80:80"},
		{"in", true, "core", "udp 203.0.113.80:80 > 198.51.100.2:3345"},
		{"inside", true, "lan", "udp 192.168.1.11:3345 > 192.168.2.53:53"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			h := newHome(b, NAT{})
			h.pass(b, "lan | udp 192.168.1.11:3345 > 203.0.113.80:80")
			if !bench.nat {
				h.SetNAT(nil)
			}
			in, packet := Arrival{Interface: natCards[bench.in]}, spoken(b, bench.say+` "`+strings.Repeat("x", 1400))
			b.ReportAllocs()
			b.SetBytes(int64(len(packet)))
			for b.Loop() {
				if d := h.Forward(in, packet); d.Verdict != Send {
					b.Fatal(d.Reason)
				}
			}
		})
	}
}

func BenchmarkForward(b *testing.B) {
	for _, bench := range []struct {
		name   string
		packet []byte
		mtu    int
	}{
		{"IPv4/64", packet{payload: make([]byte, 44)}.bytes(b), 1500},
		{"IPv4/1500", packet{payload: make([]byte, 1480)}.bytes(b), 1500},
		{"IPv6/1500", packet6{payload: make([]byte, 1460)}.bytes(b), 1500},
		{"fragments/1500-in-3", packet{payload: make([]byte, 1480)}.bytes(b), 600},
		{"expired", packet{ttl: 1}.bytes(b), 1500},
	} {
		b.Run(bench.name, func(b *testing.B) {
			f := testRouter(bench.mtu)
			b.ReportAllocs()
			b.SetBytes(int64(len(bench.packet)))
			for b.Loop() {
				f.Forward(lan, bench.packet)
			}
		})
	}
}
