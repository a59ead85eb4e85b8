package ftpd_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/ftpd"
)

// alice is a server with one user, whose folder it returns.
func alice(t testing.TB) (s *ftpd.Server, root string) {
	root = t.TempDir()
	return &ftpd.Server{Users: map[string]ftpd.User{"alice": {Password: "alice", Root: root}}}, root
}

func TestWrongPasswordsAreAnsweredEverMoreSlowly(t *testing.T) {
	s, _ := alice(t)
	c := clock.NewMovable()
	s.Clock, s.LoginDelay = c, 10*time.Second
	at := start(t, s)
	for _, delay := range []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second, 30 * time.Second} {
		// A connection of its own each: to call again does not help.
		one := dial(t, netx.OS{}, at)
		one.do(331, "USER alice")
		one.say("PASS wrong")
		due := waitForTimer(t, c)
		if got := due.Sub(c.Now()); got > delay || got < delay-patience/10 {
			t.Errorf("the answer comes in %v, want %v", got, delay)
		}
		c.Skip(delay)
		one.expect(530)
	}
	dial(t, netx.OS{}, at).login("alice") // the right one is never slow
	one := dial(t, netx.OS{}, at)
	one.do(331, "USER alice")
	one.say("PASS wrong")
	if due := waitForTimer(t, c); due.Sub(c.Now()) > 10*time.Second {
		t.Error("it is not forgiven")
	}
	c.Skip(10 * time.Second)
	one.expect(530)
}

func waitForTimer(t *testing.T, c *clock.Movable) time.Time {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(time.Millisecond) {
		if due, ok := c.Next(); ok {
			return due
		}
	}
	t.Fatal("nobody waits")
	return time.Time{}
}

func TestIdleClientsAreSentAway(t *testing.T) {
	s, _ := alice(t)
	s.LoginTimeout = 500 * time.Millisecond
	at := start(t, s)
	one := dial(t, netx.OS{}, at)
	one.do(200, "NOOP") // which does not help
	if reply := one.expect(421); !strings.Contains(reply.Text(), "500ms") {
		t.Errorf("%v", reply)
	}
	s2, _ := alice(t)
	s2.IdleTimeout = 100 * time.Millisecond
	one = dial(t, netx.OS{}, start(t, s2)).login("alice")
	one.expect(421)
	if _, err := one.in.ReadByte(); err != io.EOF {
		t.Errorf("%v, want the end", err)
	}
}

// Silence on the control connection is no idleness while a file is on its way.
func TestATransferIsNotIdle(t *testing.T) {
	s, root := alice(t)
	s.IdleTimeout = 200 * time.Millisecond
	at := start(t, s)
	one := dial(t, netx.OS{}, at).login("alice")
	conn := one.open("STOR slow")
	for range 5 {
		time.Sleep(s.IdleTimeout / 2)
		fmt.Fprint(conn, "slow ")
	}
	conn.Close()
	one.expect(226)
	expectFile(t, filepath.Join(root, "slow"), []byte(strings.Repeat("slow ", 5)))
	one.expect(421)
}

func TestOneWhoStallsLosesTheTransferOnly(t *testing.T) {
	s, root := alice(t)
	s.StallTimeout, s.DataTimeout = 100*time.Millisecond, 100*time.Millisecond
	os.WriteFile(filepath.Join(root, "big"), content(16<<20), 0o644)
	one := dial(t, netx.OS{}, start(t, s)).login("alice")
	one.open("STOR slow")
	one.expect(426)
	one.open("RETR big") // and reads nothing
	one.expect(426)
	one.do(229, "EPSV")
	one.do(425, "RETR big") // and does not come
	one.do(200, "NOOP")
}

func TestABORBreaksOffWhatIsUnderWay(t *testing.T) {
	for _, active := range []bool{false, true} {
		s, root := alice(t)
		os.WriteFile(filepath.Join(root, "big"), content(32<<20), 0o644)
		one := dial(t, netx.OS{}, start(t, s)).login("alice")
		one.active = active
		conn := one.open("RETR big")
		if _, err := io.ReadFull(conn, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		one.do(200, "NOOP") // is answered meanwhile
		if reply := one.do(211, "STAT"); !strings.Contains(strings.Join(reply.Lines, "\n"), "RETR big") {
			t.Errorf("%v", reply.Lines)
		}
		one.do(426, "ABOR")
		one.expect(226)
		if rest, _ := io.ReadAll(conn); len(rest) >= 32<<20-1000 {
			t.Errorf("%d bytes came all the same", len(rest))
		}
		up := one.open("STOR half")
		fmt.Fprint(up, "this much")
		for begin := time.Now(); time.Since(begin) < patience; time.Sleep(time.Millisecond) {
			if b, _ := os.ReadFile(filepath.Join(root, "half")); len(b) > 0 {
				break
			}
		}
		one.do(426, "ABOR")
		one.expect(226)
		expectFile(t, filepath.Join(root, "half"), []byte("this much")) // REST goes on from here
		one.put([]byte("whole"), "STOR whole")
		if got := one.get("RETR whole"); string(got) != "whole" {
			t.Errorf("%q", got)
		}
		one.do(229, "EPSV")
		one.say("RETR big") // waits for the client, who does not come
		one.say("ABOR")
		one.expect(426)
		one.expect(226)
		one.do(221, "QUIT")
	}
}

func TestADataConnectionThatBreaks(t *testing.T) {
	s, root := alice(t)
	os.WriteFile(filepath.Join(root, "big"), content(32<<20), 0o644)
	one := dial(t, netx.OS{}, start(t, s)).login("alice")
	conn := one.open("RETR big")
	io.ReadFull(conn, make([]byte, 1000))
	conn.(*net.TCPConn).SetLinger(0) // a reset
	conn.Close()
	one.expect(426)
	conn = one.open("STOR up")
	fmt.Fprint(conn, "some")
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
	one.expect(426)
	one.do(221, "QUIT")
}

func TestAControlConnectionThatBreaksTakesTheTransferAlong(t *testing.T) {
	s, root := alice(t)
	os.WriteFile(filepath.Join(root, "big"), content(32<<20), 0o644)
	one := dial(t, netx.OS{}, start(t, s)).login("alice")
	conn := one.open("RETR big")
	one.conn.Close()
	if n, _ := io.Copy(io.Discard, conn); n == 32<<20 {
		t.Error("all of it has come")
	}
}

// Only the client may fetch what it has asked for.
func TestSomebodyElseAtThePassivePort(t *testing.T) {
	s, root := alice(t)
	os.WriteFile(filepath.Join(root, "mine"), []byte("mine"), 0o644)
	one := dial(t, netx.OS{}, start(t, s)).login("alice")
	port := one.do(229, "EPSV").Text()
	port = port[strings.Index(port, "|||")+3 : strings.LastIndex(port, "|")]
	thief, err := netx.OS{}.DialFrom(t.Context(), "tcp", "127.0.0.7:0", "127.0.0.1:"+port)
	if err != nil {
		t.Skip(err)
	}
	defer thief.Close()
	one.say("RETR mine")
	thief.SetDeadline(time.Now().Add(patience))
	if got, _ := io.ReadAll(thief); len(got) > 0 {
		t.Errorf("the thief has %q", got)
	}
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	one.expect(150)
	if got, _ := io.ReadAll(conn); string(got) != "mine" {
		t.Errorf("%q", got)
	}
	one.expect(226)
}

func TestNoRoom(t *testing.T) {
	s := &ftpd.Server{Users: map[string]ftpd.User{"alice": {Password: "alice", FS: fstest.MapFS{}}}, MaxMemory: 1000}
	one := dial(t, netx.OS{}, start(t, s)).login("alice")
	one.put(content(900), "STOR fits")
	conn := one.open("STOR does-not")
	conn.Write(content(200))
	conn.Close()
	one.expect(552)
	one.do(250, "DELE fits")
	one.do(250, "DELE does-not")
	one.put(content(1000), "STOR fits")
	if got := one.get("RETR fits"); !bytes.Equal(got, content(1000)) {
		t.Errorf("%d bytes", len(got))
	}
}

func TestTooManyConnections(t *testing.T) {
	s, _ := alice(t)
	s.MaxPerAddress = 2
	at := start(t, s)
	first := dial(t, netx.OS{}, at)
	dial(t, netx.OS{}, at)
	conn, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got, _ := io.ReadAll(conn); !strings.HasPrefix(string(got), "421 ") {
		t.Errorf("%q", got)
	}
	first.do(221, "QUIT")
	io.ReadAll(first.conn)
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(time.Millisecond) {
		if conn, err := net.Dial("tcp", at.String()); err == nil {
			line := make([]byte, 4)
			io.ReadFull(conn, line)
			conn.Close()
			if string(line) == "220 " {
				return
			}
		}
	}
	t.Error("who has gone still counts")
}

func TestALineWithoutEnd(t *testing.T) {
	s, _ := alice(t)
	one := dial(t, netx.OS{}, start(t, s))
	long := bytes.Repeat([]byte("x"), 64<<10)
	sent := 0
	for ; sent < 1<<30; sent += len(long) {
		if _, err := one.conn.Write(long); err != nil {
			break
		}
	}
	if sent >= 64<<20 {
		t.Errorf("%d bytes were taken", sent)
	}
	one = dial(t, netx.OS{}, start(t, s)).login("alice")
	one.do(501, "SIZE %s", long[:5000])
	one.do(550, "SIZE %s", long[:3000])
	one.do(200, "NOOP")
}

func TestPassivePortsAndAddress(t *testing.T) {
	s, _ := alice(t)
	s.PassivePorts = ftpd.PortRange{First: 42100, Last: 42101}
	at := start(t, s)
	one, two, three := dial(t, netx.OS{}, at).login("alice"), dial(t, netx.OS{}, at).login("alice"), dial(t, netx.OS{}, at).login("alice")
	seen := one.do(229, "EPSV").Text() + two.do(229, "EPSV").Text()
	if !strings.Contains(seen, "|||42100|") || !strings.Contains(seen, "|||42101|") {
		t.Skipf("somebody else has these ports: %s", seen)
	}
	three.do(425, "EPSV")
	one.do(221, "QUIT")
	io.ReadAll(one.conn)
	three.put([]byte("x"), "STOR x")
	if _, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:42102"); err == nil {
		t.Error("a port beyond the range")
	}
}

func TestManyAtOnce(t *testing.T) {
	s, _ := alice(t)
	at := start(t, s)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			one := dial(t, netx.OS{}, at).login("alice")
			one.active = i%2 == 1
			for j := range 10 {
				size := i*1000 + j
				one.put(content(size), "STOR %d", size)
				if got := one.get("RETR %d", size); !bytes.Equal(got, content(size)) {
					t.Errorf("%d: %d bytes", size, len(got))
				}
			}
			one.do(221, "QUIT")
		})
	}
	wait.Wait()
}

func TestTLS(t *testing.T) {
	s, root := alice(t)
	s.TLS, s.RequireTLS = certificate.For(t).Server, true
	at := start(t, s)
	one := dial(t, netx.OS{}, at)
	one.do(530, "USER alice")
	one.do(504, "AUTH KERBEROS_V4")
	// What is sent ahead in the clear is not obeyed under TLS.
	one.do(234, "AUTH TLS\r\nUSER alice\r\nPASS alice")
	conf := &tls.Config{InsecureSkipVerify: true}
	secured := tls.Client(one.conn, conf)
	one.conn = secured
	one.in.Reset(secured)
	one.do(503, "PASS alice")
	one.do(503, "AUTH TLS")
	one.login("alice")
	one.do(229, "EPSV")
	one.do(521, "RETR x")
	one.do(200, "PBSZ 0")
	one.do(534, "PROT C")
	one.do(536, "PROT S")
	one.do(200, "PROT P")
	one.tls = conf
	one.put(content(1<<20), "STOR x")
	expectFile(t, filepath.Join(root, "x"), content(1<<20))
	one.put(nil, "STOR empty")
	if got := one.get("RETR empty"); len(got) != 0 {
		t.Errorf("%q", got)
	}
	one.active = true
	if got := one.get("RETR x"); !bytes.Equal(got, content(1<<20)) {
		t.Errorf("%d bytes", len(got))
	}
	if got := one.get("NLST"); string(got) != "empty\r\nx\r\n" {
		t.Errorf("%q", got)
	}
}

func TestServersThatCannotServe(t *testing.T) {
	for _, s := range []*ftpd.Server{
		{},
		{Users: map[string]ftpd.User{"alice": {}}},
		{Users: map[string]ftpd.User{"alice": {Root: filepath.Join(t.TempDir(), "none")}}},
		{Anonymous: &ftpd.User{FS: fstest.MapFS{}}, PassivePorts: ftpd.PortRange{First: 2, Last: 1}},
		{Anonymous: &ftpd.User{FS: fstest.MapFS{}}, Addr: "nowhere:x"},
	} {
		if err := s.Serve(t.Context(), netx.OS{}); err == nil || !strings.HasPrefix(err.Error(), "ftpd: ") {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// broken is a file system with a fault.
type broken struct{ fstest.MapFS }

func (b broken) Open(name string) (fs.File, error) {
	if name == "bad" {
		panic("the student's favourite bug")
	}
	return b.MapFS.Open(name)
}

// TestAFaultEndsOneTransferOnly: the library catches panics in its commands; they
// are logged all the same, and the client is told.
func TestAFaultEndsOneTransferOnly(t *testing.T) {
	var log bytes.Buffer
	files := broken{fstest.MapFS{"bad": {Data: []byte("bad"), Mode: 0o644}, "good": {Data: []byte("good"), Mode: 0o644}}}
	s := &ftpd.Server{
		Addr:  "127.0.0.1:0",
		Users: map[string]ftpd.User{"bob": {Password: "bob", FS: files}},
		Log:   slog.New(slog.NewTextHandler(&log, nil)),
	}
	one := dial(t, netx.OS{}, startOn(t, netx.WithHealing(t.Context()), netx.OS{}, s)).login("bob")
	one.do(229, "EPSV")
	one.do(451, "RETR bad")
	if got := one.get("RETR good"); string(got) != "good" {
		t.Errorf("%q", got)
	}
	one.do(221, "QUIT")
	if !strings.Contains(log.String(), "the student's favourite bug") {
		t.Errorf("the log has no word of it: %s", log.String())
	}
}
