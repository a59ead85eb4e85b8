package pop3c_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gopop3 "github.com/knadh/go-pop3"

	"github.com/wirebook/wirebook/clients/pop3c"
	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/internal/running"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
	"github.com/wirebook/wirebook/servers/pop3d"
)

var quiet = slog.New(slog.DiscardHandler)

// texts are messages that have all that can go wrong.
var texts = []string{
	"Subject: a line\r\n\r\nhello\r\n",
	"Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\nend.\r\n.\r\n",
	"Subject: 8 bits\r\n\r\n你好\xff\xfe\r\n",
	"Subject: long\r\n\r\n" + strings.Repeat("x", 100_000) + "\r\n." + strings.Repeat(".", 100_000) + "\r\n",
	"Subject: no body\r\n\r\n",
	"Subject: large\r\n\r\n" + strings.Repeat("The quick brown fox jumps over the lazy dog.\r\n", 20_000),
}

// office is a server with a maildrop for alice and how to put messages there.
type office struct {
	at        string
	network   netx.Network
	authority *tls.Config
	deliver   func(texts ...string)
}

// ours is our server on the operating system's network.
func ours(t *testing.T) office {
	return serve(t, netx.OS{}, netx.OS{}, "127.0.0.1:0")
}

// inside is our server on the miniature Internet, with the client on another host.
func inside(t *testing.T) office {
	in := internet.New(internet.Config{Log: quiet, Seed: 1})
	t.Cleanup(in.Close)
	sw, err := in.AddSwitch("campus")
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]*internet.Host{}
	for i, name := range []string{"mail", "alice"} {
		h, err := in.AddHost(name)
		if err != nil {
			t.Fatal(err)
		}
		at := netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(25 + i)}), 24)
		if _, err := h.Connect(sw, internet.CardConfig{Addrs: []netip.Prefix{at}}); err != nil {
			t.Fatal(err)
		}
		hosts[name] = h
	}
	return serve(t, hosts["mail"], hosts["alice"], "192.0.2.25:110")
}

func serve(t *testing.T, server, client netx.Network, address string) office {
	t.Helper()
	store, _ := mailboxtest.Store(t)
	c := certificate.For(t)
	s := &pop3d.Server{
		Addr: address, Mail: store, Users: mailbox.Passwords{"alice": "alice"}, Log: quiet, Name: "localhost",
		TLS: c.Server, LoginDelay: time.Millisecond,
	}
	at := running.Start(t, context.Background(), server, "tcp", s)
	return office{at: at.String(), network: client, authority: c.Client, deliver: func(texts ...string) {
		mailboxtest.Deliver(t, store, "alice", texts...)
	}}
}

// dovecot is the world's POP3 server, on a Maildir of the same kind.
func dovecot(t *testing.T) office {
	c := certificate.For(t)
	d := peer.StartDovecot(t, "pop3", c)
	number := 0
	return office{at: d.At, network: netx.OS{}, authority: c.Client, deliver: func(texts ...string) {
		for _, sub := range []string{"", "cur", "new", "tmp"} {
			os.Mkdir(filepath.Join(d.Box, sub), 0o700)
			os.Chown(filepath.Join(d.Box, sub), d.UID, d.UID)
		}
		for _, text := range texts {
			number++
			file := filepath.Join(d.Box, "new", fmt.Sprintf("%d.M%d.test", time.Now().Unix(), number))
			if err := errors.Join(os.WriteFile(file, []byte(text), 0o644), os.Chown(file, d.UID, d.UID)); err != nil {
				t.Fatal(err)
			}
		}
	}}
}

var offices = map[string]func(t *testing.T) office{"ours": ours, "inside": inside, "dovecot": dovecot}

func (o office) dial(t *testing.T) *pop3c.Session {
	t.Helper()
	client := pop3c.Client{Network: o.network, TLS: o.authority}
	s, err := client.Dial(t.Context(), o.at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (o office) login(t *testing.T) *pop3c.Session {
	t.Helper()
	s := o.dial(t)
	if err := s.Login("alice", "alice"); err != nil {
		t.Fatal(err)
	}
	return s
}

// collect returns where texts are saved, and a Save that does so.
func collect() (*[]string, pop3c.Save) {
	got := new([]string)
	return got, func(_ pop3c.Message, text io.Reader) error {
		b, err := io.ReadAll(text)
		*got = append(*got, string(b))
		return err
	}
}

// TestKeepAndDelete: the book's two ways, with each server.
func TestKeepAndDelete(t *testing.T) {
	for name, start := range offices {
		t.Run(name, func(t *testing.T) {
			o := start(t)
			o.deliver(texts...)
			got, save := collect()
			seen := pop3c.Seen{}
			result, err := o.login(t).DownloadAndKeep(seen, save)
			if result.Retrieved != len(texts) || result.Kept != 0 || result.Deleted != 0 || err != nil || !slices.Equal(*got, texts) {
				t.Fatalf("%+v, %v", result, err)
			}
			o.deliver("Subject: new\r\n\r\nnew\r\n")
			if result, err = o.login(t).DownloadAndKeep(seen, save); result.Retrieved != 1 || result.Kept != len(texts) || err != nil {
				t.Errorf("%+v, %v", result, err)
			}
			if last := (*got)[len(*got)-1]; last != "Subject: new\r\n\r\nnew\r\n" {
				t.Errorf("%q", last)
			}
			got, save = collect()
			result, err = o.login(t).DownloadAndDelete(save)
			if result.Retrieved != len(texts)+1 || result.Deleted != len(texts)+1 || err != nil || !slices.Equal((*got)[:len(texts)], texts) {
				t.Errorf("%+v, %v", result, err)
			}
			if count, octets, err := o.login(t).Stat(); count != 0 || octets != 0 || err != nil {
				t.Errorf("%d messages, %d octets are left: %v", count, octets, err)
			}
		})
	}
}

// TestEachCommand with each server.
func TestEachCommand(t *testing.T) {
	for name, start := range offices {
		t.Run(name, func(t *testing.T) {
			o := start(t)
			o.deliver(texts...)
			s := o.dial(t)
			var refused *pop3c.Error
			if err := s.Login("alice", "wrong"); !errors.As(err, &refused) || refused.Code != "AUTH" {
				t.Errorf("a wrong password: %v", err)
			}
			if err := s.STLS(); err != nil || !s.Secured() {
				t.Fatal(err)
			}
			if err := s.AuthPlain("alice", "alice"); err != nil {
				t.Fatal(err)
			}
			list, err := s.List()
			if len(list) != len(texts) || err != nil {
				t.Fatalf("%v, %v", list, err)
			}
			sum := int64(0)
			for i, m := range list {
				if sum += m.Size; m.Size != int64(len(texts[i])) || m.Number != i+1 {
					t.Errorf("message %d: %+v, it has %d octets", i+1, m, len(texts[i]))
				}
			}
			if count, octets, err := s.Stat(); count != len(texts) || octets != sum || err != nil {
				t.Errorf("%d, %d, %v", count, octets, err)
			}
			var top bytes.Buffer
			if _, err := s.Top(2, 3, &top); err != nil || top.String() != "Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\n" {
				t.Errorf("%q, %v", top.String(), err)
			}
			if err := errors.Join(s.Dele(1), s.Rset(), s.Noop(), s.Dele(2)); err != nil {
				t.Error(err)
			}
			if _, err := s.Retr(2, io.Discard); !errors.As(err, &refused) {
				t.Errorf("a message that is marked: %v", err)
			}
			if _, err := s.Retr(77, io.Discard); !errors.As(err, &refused) {
				t.Errorf("a message that never was: %v", err)
			}
			if err := s.Quit(); err != nil {
				t.Error(err)
			}
			s = o.dial(t)
			if err := s.APOP("alice", "alice"); err != nil {
				t.Error(err)
			}
			if count, _, err := s.Stat(); count != len(texts)-1 || err != nil {
				t.Errorf("%d messages are left: %v", count, err)
			}
		})
	}
}

// TestOracle: another client gets from our server what ours gets.
func TestOracle(t *testing.T) {
	o := ours(t)
	o.deliver(texts...)
	host, port, _ := net.SplitHostPort(o.at)
	number := 0
	fmt.Sscan(port, &number)
	conn, err := gopop3.New(gopop3.Opt{Host: host, Port: number}).NewConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Auth("alice", "alice"); err != nil {
		t.Fatal(err)
	}
	theirs, err := conn.Uidl(0)
	if err != nil || len(theirs) != len(texts) {
		t.Fatalf("%v, %v", theirs, err)
	}
	for i, text := range texts {
		got, err := conn.RetrRaw(i + 1)
		if want := strings.ReplaceAll(text, "\r\n", "\n"); err != nil || strings.ReplaceAll(got.String(), "\r\n", "\n") != want {
			t.Errorf("message %d: %d bytes, want %d: %v", i+1, got.Len(), len(want), err)
		}
	}
	if err := errors.Join(conn.Dele(1), conn.Quit()); err != nil {
		t.Error(err)
	}
	names, err := o.login(t).UIDL()
	if err != nil || len(names) != len(texts)-1 {
		t.Fatalf("%v, %v", names, err)
	}
	for i, m := range names {
		if m.UniqueID != theirs[i+1].UID {
			t.Errorf("%+v, %+v", m, theirs[i+1])
		}
	}
}

// TestAnAuthorityThatIsNotTrusted, and TLS that is not wanted.
func TestAnAuthorityThatIsNotTrusted(t *testing.T) {
	o := ours(t)
	o.authority = nil
	s := o.dial(t)
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	if err := s.STLS(); !errors.As(err, &unknown) && !errors.As(err, &name) {
		t.Error(err)
	}
	if err := s.Login("alice", "alice"); err == nil {
		t.Error("the session goes on without TLS")
	}
}

// TestWire: what is said can be shown.
func TestWire(t *testing.T) {
	o := ours(t)
	var said bytes.Buffer
	client := pop3c.Client{Wire: func(sent bool, data []byte) {
		if sent {
			said.WriteString("C: ")
		}
		said.Write(data)
	}}
	s, err := client.Dial(t.Context(), o.at)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Quit(); err != nil {
		t.Error(err)
	}
	greeting, rest, _ := strings.Cut(said.String(), "\r\n")
	if !strings.HasPrefix(greeting, "+OK POP3 server ready <") || rest != "C: QUIT\r\n+OK bye\r\n" {
		t.Errorf("%q", said.String())
	}
}
