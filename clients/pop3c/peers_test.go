package pop3c_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gopop3 "github.com/knadh/go-pop3"

	"github.com/wirebook/wirebook/clients/pop3c"
	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
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

type listening struct {
	netx.Network
	at chan string
}

func (l listening) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	ln, err := l.Network.Listen(ctx, network, address)
	if err == nil {
		l.at <- ln.Addr().String()
	}
	return ln, err
}

func serve(t *testing.T, server, client netx.Network, address string) office {
	t.Helper()
	store, err := mailbox.OpenStore(t.TempDir(), mailbox.Config{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	certificate, authority := testCertificate(t)
	s := &pop3d.Server{
		Addr: address, Mail: store, Users: mailbox.Passwords{"alice": "alice"}, Log: quiet, Name: "localhost",
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate}}, LoginDelay: time.Millisecond,
	}
	ctx, cancel := context.WithCancel(context.Background())
	nw := listening{server, make(chan string, 1)}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, nw) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return office{at: <-nw.at, network: client, authority: authority, deliver: func(texts ...string) {
		box, err := store.Open("alice")
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		for _, text := range texts {
			if err := box.Deliver(context.Background(), "", strings.NewReader(text)); err != nil {
				t.Fatal(err)
			}
		}
	}}
}

func testCertificate(t *testing.T) (tls.Certificate, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(certificate)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, &tls.Config{RootCAs: trusted, ServerName: "localhost"}
}

// dovecot is the world's POP3 server, on a Maildir of the same kind.
func dovecot(t *testing.T) office {
	program := peer.Path(t, "dovecot", "dovecot-pop3d")
	dir, err := os.MkdirTemp("", "dovecot") // its sockets' paths must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	uid := os.Getuid()
	if uid == 0 {
		uid = 65534 // Dovecot lets root read no mail
	}
	certificate, authority := testCertificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}))
	write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	write("users", []byte("alice:{PLAIN}alice\n"))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	ln.Close()
	users := "" // those that Debian has made for it
	if uid == os.Getuid() {
		users = strings.ReplaceAll("default_login_user = U\ndefault_internal_user = U\n", "U", os.Getenv("USER"))
	}
	write("dovecot.conf", fmt.Appendf(nil, `
protocols = pop3
listen = 127.0.0.1
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = /dev/stderr
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain apop
mail_location = maildir:%[1]s/mail/%%u
first_valid_uid = 1
%[4]s
passdb {
  driver = passwd-file
  args = %[1]s/users
}
userdb {
  driver = static
  args = uid=%[2]d gid=%[2]d home=%[1]s/home/%%u
}
service anvil { 
  chroot =
}
service stats {
  chroot =
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = %[3]s
  }
  inet_listener pop3s {
    port = 0
  }
}
`, dir, uid, port, users))
	cmd := exec.Command(program, "-F", "-c", filepath.Join(dir, "dovecot.conf"))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s", said.Bytes())
		}
	})
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "mail"), 0o777), os.Chmod(filepath.Join(dir, "mail"), 0o777), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	o := office{at: "127.0.0.1:" + port, network: netx.OS{}, authority: authority}
	number := 0
	o.deliver = func(texts ...string) {
		for _, text := range texts {
			number++
			box := filepath.Join(dir, "mail", "alice")
			for _, sub := range []string{"", "cur", "new", "tmp"} {
				os.Mkdir(filepath.Join(box, sub), 0o700)
				os.Chown(filepath.Join(box, sub), uid, uid)
			}
			file := filepath.Join(box, "new", fmt.Sprintf("%d.M%d.test", time.Now().Unix(), number))
			if err := errors.Join(os.WriteFile(file, []byte(text), 0o644), os.Chown(file, uid, uid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		s, err := new(pop3c.Client).Dial(t.Context(), o.at)
		if err == nil {
			s.Close()
			return o
		}
		if time.Now().After(deadline) {
			t.Fatalf("dovecot does not come up: %s", said.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
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
