package ftpc_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/clients/ftpc"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/internet/forward"
	"github.com/wirebook/wirebook/servers/ftpd"
)

// street is an Internet with a router between a home and an FTP server:
//
//	alice ---[ home ]--- router ---[ core ]--- ftp
//	10.0.1.10     10.0.1.1  192.0.2.1     192.0.2.21
//	fd00:1::10    fd00:1::1 fd00:2::1     fd00:2::21
type street struct {
	alice  *internet.Host
	router *internet.Router
	clock  *clock.Movable
}

func newStreet(t *testing.T, server *ftpd.Server) *street {
	s := &street{clock: clock.NewMovable()}
	in := internet.New(internet.Config{Clock: s.clock})
	t.Cleanup(in.Close)
	var errs []error
	try := func(err error) { errs = append(errs, err) }
	addSwitch := func(name string) *internet.Switch { sw, err := in.AddSwitch(name); try(err); return sw }
	host := func(name string, on *internet.Switch, via string, addrs ...string) *internet.Host {
		h, err := in.AddHost(name)
		try(err)
		_, err = h.Connect(on, cardWith(addrs...))
		try(err)
		four, six, _ := strings.Cut(via, " ")
		try(h.SetRoutes([]internet.Route{
			{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr(four)},
			{Dst: netip.MustParsePrefix("::/0"), Via: netip.MustParseAddr(six)},
		}))
		return h
	}
	home, core := addSwitch("home"), addSwitch("core")
	router, err := in.AddRouter("router")
	try(err)
	_, err = router.Connect(home, cardWith("10.0.1.1/24", "fd00:1::1/64"))
	try(err)
	_, err = router.Connect(core, cardWith("192.0.2.1/24", "fd00:2::1/64"))
	try(err)
	s.router = router
	s.alice = host("alice", home, "10.0.1.1 fd00:1::1", "10.0.1.10/24", "fd00:1::10/64")
	ftp := host("ftp", core, "192.0.2.1 fd00:2::1", "192.0.2.21/24", "fd00:2::21/64")
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	server.Clock = s.clock
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, ftp) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

func cardWith(addrs ...string) (c internet.CardConfig) {
	for _, a := range addrs {
		c.Addrs = append(c.Addrs, netip.MustParsePrefix(a))
	}
	return c
}

// login opens a session from alice's host, as soon as the server listens.
func (s *street) login(t *testing.T, active bool, server string) *ftpc.Session {
	t.Helper()
	client := &ftpc.Client{Network: s.alice, Clock: s.clock, Active: active, Timeout: patience}
	client.Trace.Line = func(sent bool, line string) { t.Log(map[bool]string{true: "C:", false: "S:"}[sent], line) }
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		session, err := client.Dial(t.Context(), server)
		if err == nil {
			t.Cleanup(func() { session.Close() })
			if err := session.Login(t.Context(), "alice", "secret"); err != nil {
				t.Fatal(err)
			}
			return session
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func aliceHas(files fstest.MapFS) *ftpd.Server {
	return &ftpd.Server{Log: slog.New(slog.DiscardHandler), Users: map[string]ftpd.User{"alice": {Password: "secret", FS: files}}}
}

// TestAheadOfTheMachine: the deadlines of connections are by the clock of their
// network, which may be a day ahead of the machine's.
func TestAheadOfTheMachine(t *testing.T) {
	server := aliceHas(fstest.MapFS{"two": {Data: []byte("2")}})
	s := newStreet(t, server)
	s.clock.Skip(24 * time.Hour)
	for _, active := range []bool{false, true} {
		var got bytes.Buffer
		if _, err := s.login(t, active, "192.0.2.21").Get(t.Context(), "two", &got, 0); err != nil || got.String() != "2" {
			t.Errorf("active %v: %q, %v", active, &got, err)
		}
	}
}

func TestOnTheMiniatureInternet(t *testing.T) {
	long := make([]byte, 1<<20)
	rand.Read(long)
	s := newStreet(t, aliceHas(fstest.MapFS{"pub/long": {Data: long}, "pub/两 个": {Data: []byte("two")}}))
	for _, server := range []string{"192.0.2.21", "fd00:2::21"} {
		for _, active := range []bool{false, true} {
			session := s.login(t, active, server)
			entries, err := session.List(t.Context(), "pub")
			if err != nil || len(entries) != 2 || entries[1].Name != "两 个" || entries[1].Size != 3 {
				t.Errorf("listed %+v, %v", entries, err)
			}
			var got bytes.Buffer
			data, err := session.Get(t.Context(), "pub/long", &got, 0)
			if err != nil || !bytes.Equal(got.Bytes(), long) {
				t.Errorf("%d bytes, %v", got.Len(), err)
			}
			if data.Active != active || active && data.Server.Port() != 20 || data.Client.Addr() == data.Server.Addr() {
				t.Errorf("the data connection is %+v", data)
			}
			if _, err := session.Put(t.Context(), "copy", bytes.NewReader(long[:1000]), 0); err != nil {
				t.Error(err)
			}
			got.Reset()
			got.Write(long[:10])
			if _, err := session.Get(t.Context(), "copy", &got, 10); err != nil || !bytes.Equal(got.Bytes(), long[:1000]) {
				t.Errorf("the rest: %d bytes, %v", got.Len(), err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			if _, err := session.Get(ctx, "pub/long", after{cancel}, 0); !errors.Is(err, context.Canceled) {
				t.Errorf("broken off: %v", err)
			}
			if err := session.Quit(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}

// Behind a NAT, the address that active mode tells is nobody's outside.
func TestActiveBehindNAT(t *testing.T) {
	s := newStreet(t, aliceHas(fstest.MapFS{"a": {Data: []byte("a")}}))
	if err := s.router.SetNAT(&forward.NAT{Outside: 1}); err != nil {
		t.Fatal(err)
	}
	session := s.login(t, true, "192.0.2.21")
	var got strings.Builder
	_, err := session.Get(t.Context(), "a", &got, 0)
	failed, ok := errors.AsType[*ftpc.DataError](err)
	if !ok || !failed.Active || failed.At.Addr().String() != "10.0.1.10" || !isRefusal(err, 504) {
		t.Errorf("active mode: %v", err)
	}
	session.Active = false
	if _, err := session.Get(t.Context(), "a", &got, 0); err != nil || got.String() != "a" {
		t.Errorf("passive mode: %q, %v", got.String(), err)
	}

	// With the helper, the NAT puts its own address into EPRT.
	if err := s.router.SetNAT(&forward.NAT{Outside: 1, FTP: true}); err != nil {
		t.Fatal(err)
	}
	session = s.login(t, true, "192.0.2.21")
	got.Reset()
	if data, err := session.Get(t.Context(), "a", &got, 0); err != nil || got.String() != "a" || data.Server.String() != "192.0.2.21:20" {
		t.Errorf("with the helper: %+v, %v", data, err)
	}
}
