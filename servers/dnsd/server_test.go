package dnsd

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/netx"
)

// TestMessages sends bytes that are not a good query, and looks at the header
// of what comes back.
func TestMessages(t *testing.T) {
	server := &Server{Role: textbook(t), Log: quiet}
	const (
		name   = "03777777076578616d706c6503636f6d00" // www.example.com
		asked  = name + "00010001"
		opt    = "0000291000000000000000"
		optDo  = "0000291000000080000000"
		plain  = "1234010000010000"
		cookie = "000029100000000000000c" + "000a" + "0008" + "0102030405060708"
	)
	for _, c := range []struct {
		what, query, reply string // in hex; the reply's first bytes, "" for silence
	}{
		{"a good one", plain + "00000000" + asked, "1234850000010003"},
		{"nothing", "", ""},
		{"half a header", "123401000001", ""},
		{"a reply", "1234810000010000" + "00000000" + asked, ""},
		{"no question", "123401000000000000000000", "123481010000"},
		{"two questions", "123401000002000000000000" + asked + asked, "123481010000"},
		{"a count that lies", plain + "00000005" + asked, "123481010001"},
		{"half a name", plain + "00000000" + "0377", "123481010000"},
		{"a name that points at itself", plain + "00000000" + "c00c00010001", "123481010000"},
		{"a label of 64", plain + "00000000" + "40" + strings.Repeat("61", 64) + "0000010001", "123481010000"},
		{"STATUS", "123411000001000000000000" + asked, "123491040000"},
		{"UPDATE", "1234280000010000" + "00000000" + asked, "1234a8040000"},
		{"EDNS", plain + "00000001" + asked + opt, "1234850000010003" + "00000001"},
		{"EDNS version 1", plain + "00000001" + asked + "0000291000" + "0001" + "0000" + "0000", "1234810000010000" + "00000001" + asked + "000029" + "04d0" + "0100"},
		{"two OPT records", plain + "00000002" + asked + opt + opt, "123481010001"},
		{"an OPT record with a name", plain + "00000001" + asked + "0161" + opt, "123481010001"},
		{"an option cut off", plain + "00000001" + asked + "000029100000000000000c" + "000a0009" + "0102030405060708", "123481010001"},
		{"a cookie", plain + "00000001" + asked + cookie, "1234850000010003" + "00000001"},
		{"DO", plain + "00000001" + asked + optDo, "1234850000010003" + "00000001"},
		{"AD and Z", "1234016000010000" + "00000000" + asked, "1234850000010003"},
	} {
		t.Run(c.what, func(t *testing.T) {
			got := bytes.Join(repliesTo(t, server, unhex(t, c.query)), nil)
			want := unhex(t, c.reply)
			if !bytes.HasPrefix(got, want) || (len(want) == 0) != (len(got) == 0) {
				t.Errorf("got  %x\nwant %x…", got, want)
			}
		})
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestReplySource: the reply comes from the address that was asked, also from a
// server that listens on all.
func TestReplySource(t *testing.T) {
	for _, c := range []struct{ listen, ask string }{
		{"0.0.0.0:0", "127.0.0.1"},
		{"0.0.0.0:0", "127.0.0.77"},
		{"[::]:0", "127.0.0.1"},
		{"[::]:0", "127.0.0.77"},
		{"[::]:0", "::1"},
		{"[::1]:0", "::1"},
		{":0", "127.0.0.77"},
	} {
		t.Run(c.listen+" "+c.ask, func(t *testing.T) {
			addr := serve(t, &Server{Role: textbook(t), Addr: c.listen})
			to := netip.AddrPortFrom(netip.MustParseAddr(c.ask), addr.Port())
			for _, qtype := range []uint16{dns.TypeA, dns.TypeMAILB} { // quickly, and by a goroutine
				// A connected socket hears only whom it asked.
				if reply := ask(t, "udp", to, question("web.example.com", qtype)); !reply.Response {
					t.Errorf("no reply from %v", to)
				}
			}
		})
	}
}

// TestUDPSize: a datagram is as long as both sides allow, and no longer.
func TestUDPSize(t *testing.T) {
	for _, c := range []struct {
		server, asker uint16
		truncated     bool
	}{
		{0, 4096, true}, {4096, 4096, false}, {4096, 1232, true}, {4096, 0, true}, {1, 4096, true},
	} {
		addr := serve(t, &Server{Role: textbook(t), UDPSize: int(c.server)})
		query := question("big.example.com", dns.TypeTXT)
		if c.asker > 0 {
			query.SetEdns0(c.asker, false)
		}
		if reply := ask(t, "udp", addr, query); reply.Truncated != c.truncated || (len(reply.Answer) == 7) == c.truncated {
			t.Errorf("server %d, asker %d: TC is %v, with %d records", c.server, c.asker, reply.Truncated, len(reply.Answer))
		}
	}
}

// TestFit cuts a reply down byte by byte: each time whole sets are gone, and TC
// is set exactly when one that matters is.
func TestFit(t *testing.T) {
	authority := textbook(t)
	for _, name := range []string{"www.dept.example.com", "example.com", "ftp.example.com", "big.example.com", "none.example.com"} {
		for _, qtype := range []uint16{dns.TypeMX, dns.TypeA, dns.TypeNS, dns.TypeTXT} {
			query := question(name, qtype)
			reply := authority.Answer(t.Context(), query, netip.AddrPort{})
			reply.Question = query.Question
			reply.Compress = true
			opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
			whole, err := fit(reply, opt, maxMessage)
			if err != nil {
				t.Fatal(err)
			}
			for limit := len(whole); limit > 100; limit-- {
				checkFit(t, reply, opt, limit)
			}
		}
	}
}

func checkFit(t *testing.T, reply *dns.Msg, opt *dns.OPT, limit int) {
	t.Helper()
	packed, err := fit(reply, opt, limit)
	if err != nil || len(packed) > limit {
		t.Fatalf("limit %d: %d bytes, %v", limit, len(packed), err)
	}
	var got dns.Msg
	if err := got.Unpack(packed); err != nil {
		t.Fatal(err)
	}
	if got.IsEdns0() == nil {
		t.Errorf("limit %d: no OPT record", limit)
	}
	got.Extra = got.Extra[:len(got.Extra)-1]
	lost := len(got.Answer) < len(reply.Answer) || len(got.Ns) < len(reply.Ns)
	glue := !reply.Authoritative && len(got.Extra) < len(reply.Extra)
	if got.Truncated != (lost || glue) {
		t.Errorf("limit %d: TC is %v with %d, %d, %d records of %d, %d, %d", limit, got.Truncated,
			len(got.Answer), len(got.Ns), len(got.Extra), len(reply.Answer), len(reply.Ns), len(reply.Extra))
	}
	ends := setEnds(reply)
	if n := len(got.Answer) + len(got.Ns) + len(got.Extra); n > 0 && !slices.Contains(ends, n) {
		t.Errorf("limit %d: %d records are no whole number of sets %v", limit, n, ends)
	}
}

// waiting is a role that answers when it is told to.
type waiting struct{ release chan struct{} }

func (w waiting) Answer(ctx context.Context, query *dns.Msg, _ netip.AddrPort) *dns.Msg {
	if strings.HasPrefix(query.Question[0].Name, "slow.") {
		select {
		case <-w.release:
		case <-ctx.Done():
		}
	}
	return new(dns.Msg)
}

// TestPipelined: on one connection a quick answer overtakes a slow one, and no
// more queries are read than may be in progress.
func TestPipelined(t *testing.T) {
	role := waiting{make(chan struct{})}
	addr := serve(t, &Server{Role: role, MaxPipelined: 3})
	conn, err := dns.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	say := func(id uint16, name string) {
		query := question(name, dns.TypeA)
		query.Id = id
		if err := conn.WriteMsg(query); err != nil {
			t.Fatal(err)
		}
	}
	hear := func() uint16 {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		reply, err := conn.ReadMsg()
		if err != nil {
			t.Fatal(err)
		}
		return reply.Id
	}
	say(1, "slow.example.com")
	say(2, "slow.example.com")
	say(3, "quick.example.com")
	if id := hear(); id != 3 {
		t.Errorf("first came the reply to %d", id)
	}
	say(4, "slow.example.com")
	say(5, "quick.example.com") // the fourth at once: it must wait
	conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if reply, err := conn.ReadMsg(); err == nil {
		t.Errorf("%d was answered although three were in progress", reply.Id)
	}
	close(role.release)
	seen := map[uint16]bool{hear(): true, hear(): true, hear(): true, hear(): true}
	for _, id := range []uint16{1, 2, 4, 5} {
		if !seen[id] {
			t.Errorf("no reply to %d", id)
		}
	}
}

// TestSlowConnections: whoever says nothing, or half of something, is shown out
// when the time is over; a message that comes in pieces is a message.
func TestSlowConnections(t *testing.T) {
	addr := serve(t, &Server{Role: textbook(t), IdleTimeout: 300 * time.Millisecond})
	query, _ := question("web.example.com", dns.TypeA).Pack()
	framed := append([]byte{0, byte(len(query))}, query...)
	for _, c := range []struct {
		what string
		say  []byte
	}{
		{"nothing", nil},
		{"half a length", framed[:1]},
		{"a length", framed[:2]},
		{"half a query", framed[:len(framed)/2]},
		{"a length too short", []byte{0, 3, 1, 2, 3}},
		{"a length of 64 KiB", append([]byte{0xff, 0xff}, query...)},
	} {
		t.Run(c.what, func(t *testing.T) {
			conn, err := net.Dial("tcp", addr.String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.Write(c.say)
			conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			if n, err := conn.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("read %d bytes, %v", n, err)
			}
		})
	}
	t.Run("in pieces", func(t *testing.T) {
		addr := serve(t, &Server{Role: textbook(t)})
		conn, err := net.Dial("tcp", addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for i := range framed {
			conn.Write(framed[i : i+1])
		}
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := (&dns.Conn{Conn: conn}).ReadMsg(); err != nil {
			t.Error(err)
		}
	})
}

// TestSilentConnections: thousands that say nothing take neither memory without
// end nor the others' turn.
func TestSilentConnections(t *testing.T) {
	addr := serve(t, &Server{Role: textbook(t), IdleTimeout: 2 * time.Second, MaxConns: 200})
	for range 1000 {
		conn, err := net.DialTimeout("tcp", addr.String(), 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	if reply := ask(t, "udp", addr, question("web.example.com", dns.TypeA)); len(reply.Answer) != 2 {
		t.Error("over UDP:", reply)
	}
	client := dns.Client{Net: "tcp", Timeout: 30 * time.Second}
	reply, _, err := client.Exchange(question("web.example.com", dns.TypeA), addr.String())
	if err != nil || len(reply.Answer) != 2 {
		t.Error("over TCP:", reply, err)
	}
}

// TestFlood: far more slow questions than may wait are dropped, and quick ones
// are still answered.
func TestFlood(t *testing.T) {
	role := waiting{make(chan struct{})}
	addr := serve(t, &Server{Role: role, MaxPending: 10})
	conn, err := net.Dial("udp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	slow, _ := question("slow.example.com", dns.TypeA).Pack()
	for range 10_000 {
		conn.Write(slow)
	}
	close(role.release)
	eventually(t, "a quick question is answered", func() bool {
		client := dns.Client{Timeout: 100 * time.Millisecond}
		_, _, err := client.Exchange(question("quick.example.com", dns.TypeA), addr.String())
		return err == nil
	})
}

// clumsy is a role that falls over, slowly and quickly.
type clumsy struct{}

func (clumsy) Answer(_ context.Context, query *dns.Msg, _ netip.AddrPort) *dns.Msg {
	if query.Question[0].Qtype == dns.TypeA {
		panic("at the question")
	}
	return new(dns.Msg)
}

func (clumsy) AppendReply([]byte, *PlainQuery, netip.AddrPort) []byte { panic("in the short cut") }

func (clumsy) Transfer(context.Context, *dns.Msg, netip.AddrPort, func(*dns.Msg) error) error {
	panic("in the transfer")
}

// TestPanic: a role that panics fails that one question.
func TestPanic(t *testing.T) {
	var log safeBuffer
	ctx := netx.WithHealing(context.Background())
	addr := serveIn(t, ctx, &Server{Role: clumsy{}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for _, network := range []string{"udp", "tcp"} {
		if reply := ask(t, network, addr, question("example.com", dns.TypeA)); reply.Rcode != dns.RcodeServerFailure {
			t.Errorf("%s: %v", network, reply)
		}
		if reply := ask(t, network, addr, question("example.com", dns.TypeMX)); reply.Rcode != dns.RcodeSuccess {
			t.Errorf("%s: %v", network, reply)
		}
	}
	client := dns.Client{Net: "tcp"}
	if reply, _, err := client.Exchange(question("example.com", dns.TypeAXFR), addr.String()); err == nil {
		t.Error("a transfer that panicked ended well:", reply)
	}
	for _, what := range []string{"at the question", "in the short cut", "in the transfer"} {
		if !strings.Contains(log.String(), what) {
			t.Errorf("no panic %q in the log", what)
		}
	}
}

// TestServeErrors: what makes Serve itself fail.
func TestServeErrors(t *testing.T) {
	if err := (&Server{}).Serve(t.Context(), netx.OS{}); err == nil {
		t.Error("served without a role")
	}
	addr := serve(t, &Server{Role: textbook(t)})
	if err := (&Server{Role: textbook(t), Addr: addr.String()}).Serve(t.Context(), netx.OS{}); err == nil {
		t.Error("served on an address that is taken")
	}
	if err := (&Server{Role: failing{}, Addr: "127.0.0.1:0"}).Serve(t.Context(), netx.OS{}); fmt.Sprint(err) != "no heart" {
		t.Error("the role's own work failed, and Serve says", err)
	}
}

type failing struct{ waiting }

func (failing) Run(context.Context, netx.Network) error { return fmt.Errorf("no heart") }
