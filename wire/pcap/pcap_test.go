package pcap_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire/pcap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// capture is what was said on a small Internet, as a file; drop are the frames
// that the cable of www loses in the end.
func capture(t *testing.T, drop ...uint64) (file string, lost int) {
	t.Helper()
	in := internet.New(internet.Config{Seed: 3})
	defer in.Close()
	ring := frame.NewRing(1 << 14)
	remove := in.Tap(ring)
	sw, err := in.AddSwitch("lan")
	if err != nil {
		t.Fatal(err)
	}
	host := func(name, v4, v6 string) *internet.Host {
		h, err := in.AddHost(name)
		if err == nil {
			_, err = h.Connect(sw, internet.CardConfig{Addrs: []netip.Prefix{netip.MustParsePrefix(v4), netip.MustParsePrefix(v6)}})
		}
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	alice, www := host("alice", "10.0.0.1/24", "fd00::1/64"), host("www", "10.0.0.2/24", "fd00::2/64")
	say(t, alice, www)
	if err := in.Link("www").SetFaults(internet.Both, internet.Faults{Drop: drop}); err != nil {
		t.Fatal(err)
	}
	fetch(t, alice, "http://10.0.0.2/big")
	in.Settle()
	remove()

	file = filepath.Join(t.TempDir(), "capture.pcapng")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w, err := pcap.NewWriter(out, in.Link("alice").Info(), in.Link("www").Info())
	if err != nil {
		t.Fatal(err)
	}
	w.Only = func(f *frame.Frame) bool {
		if !f.Fate.Arrived() {
			lost++
		}
		return true
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.Record(ended, ring); err != nil {
		t.Fatal(err)
	}
	return file, lost
}

// say has the hosts speak DNS, HTTP and ICMP, over IPv4 and IPv6.
func say(t *testing.T, alice, www *internet.Host) {
	pc, err := www.ListenPacket(t.Context(), "udp", "10.0.0.2:53")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		r := new(dns.Msg).SetReply(q)
		rr, _ := dns.NewRR("www.example.com. 60 IN A 10.0.0.2")
		r.Answer = append(r.Answer, rr)
		w.WriteMsg(r)
	})}
	go server.ActivateAndServe()
	t.Cleanup(func() { server.Shutdown() })
	conn, err := alice.DialContext(t.Context(), "udp", "10.0.0.2:53")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &dns.Conn{Conn: conn}
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if err := c.WriteMsg(new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA).SetEdns0(1232, false)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadMsg(); err != nil {
		t.Fatal(err)
	}
	ln, err := www.Listen(t.Context(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("wirebook", 4000))
	})}
	go web.Serve(ln)
	t.Cleanup(func() { web.Close() })
	fetch(t, alice, "http://[fd00::2]/page")
	for _, address := range []string{"10.0.0.2", "fd00::2"} {
		if _, err := alice.Ping(t.Context(), netip.MustParseAddr(address)); err != nil {
			t.Fatal(err)
		}
	}
}

func fetch(t *testing.T, alice *internet.Host, url string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DialContext: alice.DialContext, DisableKeepAlives: true}}
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		t.Fatal(err)
	}
}

func tshark(t *testing.T, file string, args ...string) string {
	t.Helper()
	checks := []string{"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-r", file}
	command := exec.Command(peer.Path(t, "tshark", "tshark"), append(checks, args...)...)
	var errors bytes.Buffer
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, &errors)
	}
	return string(out)
}

const badChecksum = "ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || " +
	"icmp.checksum.status == 0 || icmpv6.checksum.status == 0"

func TestTsharkFindsNothingWrong(t *testing.T) {
	file, _ := capture(t)
	bad := badChecksum + ` || _ws.malformed || _ws.short || _ws.expert.group == "Checksum" || _ws.expert.severity == "Error"`
	if out := tshark(t, file, "-Y", bad, "-V"); out != "" {
		t.Errorf("tshark complains:\n%s", out)
	}
	seen := tshark(t, file, "-T", "fields", "-E", "separator=,", "-e", "frame.protocols", "-e", "ip.checksum.status",
		"-e", "tcp.checksum.status", "-e", "udp.checksum.status", "-e", "_ws.col.Info")
	for what, least := range map[string]int{
		"tcp": 20, "http": 4, "GET ": 2, "200 OK": 2, "dns": 4, "ip:icmp:": 4, "ipv6:icmpv6": 4, "arp": 2,
		":tcp,1,1,": 20, ":dns,1,,1": 4,
	} {
		if n := strings.Count(seen, what); n < least {
			t.Errorf("%d × %q, want at least %d, in\n%s", n, what, least, seen)
		}
	}
}

func TestCommentsTellTheFate(t *testing.T) {
	file, lost := capture(t, 2, 9)
	if lost < 2 {
		t.Fatalf("%d were lost", lost)
	}
	out := tshark(t, file, "-Y", "frame.comment", "-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != lost {
		t.Errorf("%d comments on %d lost packets:\n%s", len(lines), lost, out)
	}
	for _, line := range lines {
		if line != "www\tlost on this link" {
			t.Errorf("comment %q", line)
		}
	}
	if out := tshark(t, file, "-Y", badChecksum); out != "" {
		t.Errorf("bad checksums:\n%s", out)
	}
}

func TestEmptyCaptureIsOne(t *testing.T) {
	var b bytes.Buffer
	w, err := pcap.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "empty.pcapng")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := tshark(t, file); out != "" {
		t.Errorf("tshark sees %q", out)
	}
}

func TestComment(t *testing.T) {
	for fate, want := range map[frame.Fate]string{
		0:                             "",
		frame.Lost:                    "lost on this link",
		frame.Overrun:                 "lost on this link: its queue was full",
		frame.Doubled | frame.Changed: "doubled: arrives twice; changed on this link: a bit was flipped after this",
	} {
		if got := pcap.Comment(&frame.Frame{Fate: fate}); got != want {
			t.Errorf("%b: %q, want %q", fate, got, want)
		}
	}
}
