package dhcpd

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"pgregory.net/rapid"

	"github.com/wirebook/wirebook/durable"
)

func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// stored is a server with a file of leases in dir, whose book is open.
func stored(t testing.TB, dir string, size int) *stage {
	t.Helper()
	st, err := newStage(&Server{ID: addr("192.0.2.67"), Networks: []Network{campus(size)}, Dir: openRoot(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	if st.book, err = st.openBook(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.book.close)
	return st
}

func (st *stage) take(t testing.TB, n int) netip.Addr {
	t.Helper()
	c := &client{id: append([]byte{1}, mac(n)...), mac: mac(n), name: fmt.Sprintf("host %d\n\"é\"", n)}
	st.mu.Lock()
	defer st.mu.Unlock()
	now := st.now()
	a, ok := st.pools[0].choose(c, netip.Addr{}, now)
	if !ok {
		t.Fatal("no address")
	}
	st.book.note(st.pools[0].keep(a, c, Bound, now, now.Add(time.Hour)))
	return a
}

// lines are the leases as the file has them.
func (s *Server) lines() string {
	var b []byte
	for _, l := range s.Leases() {
		b = appendLease(b, &l)
	}
	return string(b)
}

// A crash can stop the writing at any byte: what was whole before that is
// there, and the server goes on from it.
func TestCutAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	st := stored(t, dir, 50)
	var after []string // what was known after each line
	after = append(after, st.lines())
	for i := range 5 {
		st.take(t, i%4) // the last one is a renewal
		if err := st.book.flush(st.Server, st.send); err != nil {
			t.Fatal(err)
		}
		after = append(after, st.lines())
	}
	whole, err := os.ReadFile(filepath.Join(dir, "leases"))
	if err != nil {
		t.Fatal(err)
	}
	cut := t.TempDir()
	for n := range len(whole) + 1 {
		file := filepath.Join(cut, "leases")
		if err := os.WriteFile(file, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		func() {
			st := stored(t, cut, 50)
			defer st.book.close()
			want := after[bytes.Count(whole[:n], []byte("\n"))]
			if got := st.lines(); got != want {
				t.Fatalf("cut after %d bytes:\n%s\nwant\n%s", n, got, want)
			}
			st.take(t, 40)
			want = st.lines()
			if err := st.book.flush(st.Server, st.send); err != nil {
				t.Fatal(err)
			}
			if got := stored(t, cut, 50).lines(); got != want {
				t.Fatalf("cut after %d bytes, and gone on:\n%s\nwant\n%s", n, got, want)
			}
		}()
	}
}

// A line that was damaged later costs that line only.
func TestDamagedLine(t *testing.T) {
	dir := t.TempDir()
	st := stored(t, dir, 50)
	for i := range 3 {
		st.take(t, i)
	}
	if err := st.book.flush(st.Server, st.send); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "leases")
	text, _ := os.ReadFile(file)
	lines := bytes.SplitAfter(text, []byte("\n"))
	lines[1][20] ^= 1
	os.WriteFile(file, bytes.Join(lines, nil), 0o600)
	got := stored(t, dir, 50).Leases()
	if len(got) != 2 || got[0].Addr != addr("192.0.2.100") || got[1].Addr != addr("192.0.2.102") {
		t.Errorf("leases %+v", got)
	}
}

// The file does not grow for ever, and at no moment is a lease missing.
func TestCompaction(t *testing.T) {
	dir := t.TempDir()
	st := stored(t, dir, 20)
	for i := range 5000 {
		st.take(t, i%20)
		if i%50 != 0 {
			continue
		}
		if err := st.book.flush(st.Server, st.send); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.book.flush(st.Server, st.send); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(filepath.Join(dir, "leases"))
	if n := bytes.Count(text, []byte("\n")); n > 1200 {
		t.Errorf("the file has %d lines for 20 leases", n)
	}
	if got, want := stored(t, dir, 20).lines(), st.lines(); got != want {
		t.Errorf("read again:\n%s\nwant\n%s", got, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "leases.new")); err == nil {
		t.Error("the new file was left")
	}
}

// While the file is written anew, further leases are noted.
func TestCompactionMeanwhile(t *testing.T) {
	dir := t.TempDir()
	st := stored(t, dir, 20)
	stop, written := make(chan struct{}), make(chan error)
	go func() { written <- st.book.write(st.Server, stop, st.send) }()
	for i := range 5000 {
		st.take(t, i%20)
	}
	close(stop)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if got, want := stored(t, dir, 20).lines(), st.lines(); got != want {
		t.Errorf("read again:\n%s\nwant\n%s", got, want)
	}
}

// No ACK before its lease is on the disk.
func TestAckAfterTheDisk(t *testing.T) {
	dir := t.TempDir()
	st := stored(t, dir, 20)
	st.hear(t.Context(), parse(t, "REQUEST 1 wish=192.0.2.100 server=192.0.2.67"))
	if len(st.sent) != 0 {
		t.Fatal("the ACK was sent at once")
	}
	checked := false
	err := st.book.flush(st.Server, func(...datagram) {
		text, _ := os.ReadFile(filepath.Join(dir, "leases"))
		checked = strings.Contains(string(text), "192.0.2.100 bound")
	})
	if err != nil || !checked {
		t.Errorf("the ACK was sent and the lease was not written; %v", err)
	}
}

// A disk that fails ends the server, which has sent no ACK then.
func TestTheDiskFails(t *testing.T) {
	st := stored(t, t.TempDir(), 20)
	st.hear(t.Context(), parse(t, "REQUEST 1 wish=192.0.2.100 server=192.0.2.67"))
	st.book.file.Close()
	stop := make(chan struct{})
	if err := st.book.write(st.Server, stop, st.send); err == nil || len(st.sent) > 0 {
		t.Errorf("error %v, sent %v", err, st.sent)
	}
}

func TestRecords(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		moment := func(name string) time.Time { return time.Unix(rapid.Int64Range(0, 1<<33).Draw(rt, name), 0).UTC() }
		l := Lease{
			Addr:   netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(rt, "addr"))),
			Client: rapid.SliceOf(rapid.Byte()).Draw(rt, "client"), MAC: rapid.SliceOf(rapid.Byte()).Draw(rt, "mac"),
			Name: string(rapid.SliceOf(rapid.Byte()).Draw(rt, "name")), State: Bound,
			Since: moment("since"), Until: moment("until"),
		}
		line := appendLease(nil, &l)
		if n := bytes.Count(line, []byte("\n")); n != 1 {
			rt.Fatalf("%d lines", n)
		}
		got, err := parseLease(line)
		if err != nil {
			rt.Fatal(err)
		}
		if again := appendLease(nil, &got); !bytes.Equal(again, line) {
			rt.Errorf("%s\nread as\n%s", line, again)
		}
	})
}

func FuzzRecord(f *testing.F) {
	l := Lease{Addr: addr("192.0.2.100"), Client: []byte{1}, State: Bound, Name: "a b"}
	line := appendLease(nil, &l)
	text, _ := durable.Line(line)
	f.Add(line)
	f.Add(text)
	f.Fuzz(func(t *testing.T, b []byte) {
		parseLease(b)
		parseLease(durable.AppendLine(nil, b)) // with a checksum that is right
	})
}

// Whatever is said, no address is lent to two, and none outside the pool.
func TestNoAddressTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		st, err := newStage(&Server{ID: addr("192.0.2.67"), Networks: []Network{campus(4)}})
		if err != nil {
			rt.Fatal(err)
		}
		words := []string{"DISCOVER", "REQUEST", "DECLINE", "RELEASE"}
		fields := []string{"", " server=192.0.2.67", " server=192.0.2.68"}
		holder := make(map[string]string) // what the clients were told
		until := make(map[string]time.Time)
		for range rapid.IntRange(1, 60).Draw(rt, "messages") {
			who := rapid.IntRange(1, 6).Draw(rt, "client")
			line := fmt.Sprintf("%s %d%s", rapid.SampledFrom(words).Draw(rt, "type"), who, rapid.SampledFrom(fields).Draw(rt, "server"))
			a := fmt.Sprintf("192.0.2.%d", rapid.IntRange(99, 104).Draw(rt, "address"))
			line += rapid.SampledFrom([]string{"", " wish=" + a, " has=" + a}).Draw(rt, "field")
			st.clock.Skip(time.Duration(rapid.IntRange(0, 300).Draw(rt, "minutes")) * time.Minute)
			st.hear(t.Context(), parse(t, line))
			me := fmt.Sprint(who)
			if strings.HasPrefix(line, "RELEASE") || strings.HasPrefix(line, "DECLINE") {
				for a, h := range holder {
					if h == me {
						delete(holder, a)
					}
				}
			}
			for _, sent := range st.sent {
				var who, a string
				if n, _ := fmt.Sscanf(sent, "S: ACK %s %s lease", &who, &a); n < 2 || !strings.HasPrefix(a, "192") {
					continue
				}
				if h := holder[a]; h != "" && h != who && st.now().Before(until[a]) {
					rt.Fatalf("%s was lent to %s while %s has it", a, who, h)
				}
				if a < "192.0.2.100" || a > "192.0.2.103" {
					rt.Fatalf("%s is not in the pool", a)
				}
				holder[a], until[a] = who, st.now().Add(12*time.Hour)
			}
			st.sent = nil
		}
	})
}

func FuzzHear(f *testing.F) {
	for _, line := range []string{
		"DISCOVER 1 wish=192.0.2.101 lease=1h", "REQUEST 1 wish=192.0.2.100 server=192.0.2.67", "REQUEST 1 has=192.0.2.100",
		"RELEASE 1 has=192.0.2.100", "DECLINE 1 wish=192.0.2.100 server=192.0.2.67", "INFORM 1 has=192.0.2.9",
		"DISCOVER 2 relay=198.51.100.1 agent=0101ff id=00aabb",
	} {
		f.Add(parse(new(testing.T), line), parse(new(testing.T), "REQUEST 1 wish=192.0.2.100 server=192.0.2.67"))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		st, err := newStage(&Server{ID: addr("192.0.2.67"), Networks: []Network{campus(4)}})
		if err != nil {
			t.Fatal(err)
		}
		st.conn = mute{}
		st.hear(t.Context(), first)
		st.hear(t.Context(), second)
		for _, l := range st.Leases() {
			if len(l.Client) > maxIdentifier || len(l.Name) > maxIdentifier {
				t.Errorf("lease %+v", l)
			}
		}
	})
}

// pipe is a socket whose messages come from the test.
type pipe struct {
	memo
	in   chan []byte
	once sync.Once
	end  chan struct{}
}

func (p *pipe) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case m := <-p.in:
		return copy(b, m), netip.AddrPort{}, nil
	case <-p.end:
		return 0, netip.AddrPort{}, os.ErrClosed
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.end) })
	return nil
}

// A burst of requests is answered whole, and its leases outlive the server.
func TestBurst(t *testing.T) {
	dir := t.TempDir()
	st := stored(t, dir, 100)
	p := &pipe{memo: memo{stage: st}, in: make(chan []byte), end: make(chan struct{})}
	st.conn = p
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- st.run(ctx) }()
	for i := range 100 {
		p.in <- parse(t, fmt.Sprintf("REQUEST %d wish=192.0.2.%d server=192.0.2.67", i, 100+i))
	}
	p.in <- []byte("nonsense")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(st.sent) != 100 {
		t.Errorf("%d replies", len(st.sent))
	}
	if got := stored(t, dir, 100).Leases(); len(got) != 100 {
		t.Errorf("%d leases were stored", len(got))
	}
}

func TestSettings(t *testing.T) {
	good := func() *Server { return &Server{ID: addr("192.0.2.67"), Networks: []Network{campus(10)}} }
	for want, change := range map[string]func(*Server){
		"identifier": func(s *Server) { s.ID = netip.Addr{} },
		"no network": func(s *Server) { s.Networks = nil },
		"pool":       func(s *Server) { s.Networks[0].Pool[0].Last = addr("192.0.3.1") },
		"reserved":   func(s *Server) { s.Networks[0].Reservations = []Reservation{{MAC: mac(1), Addr: addr("10.0.0.1")}} },
		"nobody":     func(s *Server) { s.Networks[0].Reservations = []Reservation{{Addr: addr("192.0.2.5")}} },
		"seconds":    func(s *Server) { s.Networks[0].Lease = time.Millisecond },
		"IPv4":       func(s *Server) { s.Networks[0].Prefix = netip.MustParsePrefix("2001:db8::/64") },
	} {
		s := good()
		change(s)
		if err := s.Serve(t.Context(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func BenchmarkFourMessages(b *testing.B) {
	st, err := newStage(&Server{ID: addr("192.0.2.67"), Networks: []Network{campus(100)}})
	if err != nil {
		b.Fatal(err)
	}
	st.conn = mute{}
	discover, _ := dhcpv4.NewDiscovery(mac(1))
	request, _ := dhcpv4.New(dhcpv4.WithHwAddr(mac(1)), dhcpv4.WithMessageType(dhcpv4.MessageTypeRequest),
		dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(addr("192.0.2.100").AsSlice())),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(addr("192.0.2.67").AsSlice())))
	first, second := discover.ToBytes(), request.ToBytes()
	b.ReportAllocs()
	for b.Loop() {
		st.hear(b.Context(), first)
		st.hear(b.Context(), second)
	}
}

type mute struct{ memo }

func (mute) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) { return len(b), nil }
