package imapd

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

var testUsers = mailbox.Passwords{"alice": "alice", "bob": "bob", "carol": "carol", "dave": "two words ", "../alice": "../alice"}

// testMail is what the conversations in testdata are about: alice has three
// messages, the last of which another program has put there.
func testMail(t testing.TB) (*mailbox.Store, string) {
	t.Helper()
	dir := t.TempDir()
	store, err := mailbox.OpenStore(dir, mailbox.Config{Host: "mail", Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	deliver(t, store, "alice", "From: bob@example.com\r\nSubject: lunch\r\n\r\nNoon?\r\n", "Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\n")
	inbox := stored(t, store, "alice") // gives the two their numbers
	if len(inbox) != 2 {
		t.Fatalf("%q", inbox)
	}
	other := filepath.Join(dir, "alice", "new", "1772442000.other")
	if err := os.WriteFile(other, []byte("Subject: LF\n\nend"), 0o600); err != nil {
		t.Fatal(err)
	}
	return store, dir
}

func deliver(t testing.TB, store *mailbox.Store, user string, texts ...string) {
	t.Helper()
	box, err := store.Open(user)
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	for _, text := range texts {
		if err := box.Deliver(context.Background(), "", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
}

// stored is a user's messages: their flags and texts.
func stored(t testing.TB, store *mailbox.Store, user string) []string {
	t.Helper()
	box, err := store.Open(user)
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	inbox, err := box.Folder(mailbox.Inbox)
	if err != nil {
		t.Fatal(err)
	}
	defer inbox.Close()
	if err := inbox.Refresh(); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range inbox.Messages() {
		r, err := inbox.Open(m.UID)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m.Flags.String()+":"+string(text))
	}
	return all
}

// start serves until the test ends and returns the server's address.
func start(t testing.TB, s *Server) string {
	t.Helper()
	if s.Mail == nil {
		s.Mail, _ = testMail(t)
	}
	if s.Users == nil {
		s.Users = testUsers
	}
	if s.TLS == nil {
		s.TLS = testCertificate(t).server
	}
	if s.LoginDelay == 0 {
		s.LoginDelay = time.Millisecond
	}
	s.Log, s.Addr = quiet, "127.0.0.1:0"
	ctx, cancel := context.WithCancel(context.Background())
	nw := &listening{at: make(chan net.Addr, 1)}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, nw) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	select {
	case at := <-nw.at:
		return at.String()
	case err := <-ended:
		ended <- nil
		t.Fatalf("Serve: %v", err)
	}
	return ""
}

// listening is the machine's network that tells where a server listens.
type listening struct {
	netx.OS
	at chan net.Addr
}

func (l *listening) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	ln, err := l.OS.Listen(ctx, network, address)
	if err == nil {
		l.at <- ln.Addr()
	}
	return ln, err
}

// talk is a client that is written out.
type talk struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func dial(t testing.TB, address string) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return &talk{t, conn, bufio.NewReader(conn)}
}

// say sends a command, if it is not empty, and returns the lines of the answer up
// to the one that begins with its tag; for no command, one line.
func (c *talk) say(command string) string {
	c.t.Helper()
	if command == "" {
		return c.line()
	}
	if _, err := io.WriteString(c.conn, command+"\r\n"); err != nil {
		c.t.Fatal(err)
	}
	tag, _, _ := strings.Cut(command, " ")
	var answer strings.Builder
	for {
		line := c.line()
		answer.WriteString(line + "\n")
		if strings.HasPrefix(line, tag+" ") || strings.HasPrefix(line, "+") {
			return answer.String()
		}
	}
}

func (c *talk) line() string {
	c.t.Helper()
	line, err := c.in.ReadString('\n')
	if err != nil {
		c.t.Fatalf("%q, %v", line, err)
	}
	return strings.TrimSuffix(line, "\r\n")
}

// must says commands, each of which must be done, and returns the last answer.
func (c *talk) must(commands ...string) string {
	c.t.Helper()
	answer := ""
	for _, command := range commands {
		tag, _, _ := strings.Cut(command, " ")
		if answer = c.say(command); !strings.Contains("\n"+answer, "\n"+tag+" OK") {
			c.t.Fatalf("%s: %s", command, answer)
		}
	}
	return answer
}

// login connects, logs in, and opens the Inbox.
func login(t testing.TB, address, user string) *talk {
	t.Helper()
	c := dial(t, address)
	c.line()
	c.must("l LOGIN "+user+" "+testUsers[user], "s SELECT INBOX")
	return c
}

// testAuthority signed the server's certificate; clients trust it.
type testAuthority struct {
	server *tls.Config
	client *tls.Config
	file   string // the authority's certificate
}

var testCertificateOnce = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"localhost", "mail.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

func testCertificate(t testing.TB) testAuthority {
	t.Helper()
	certificate, err := testCertificateOnce()
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(text)
	return testAuthority{
		server: &tls.Config{Certificates: []tls.Certificate{certificate}},
		client: &tls.Config{RootCAs: trusted, ServerName: "localhost"},
		file:   file,
	}
}

// longText is a message of about so many octets.
func longText(octets int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: bob@example.com\r\nSubject: %d octets\r\n\r\n", octets)
	for b.Len() < octets {
		b.WriteString("The quick brown fox jumps over the lazy dog, and over it, and over it again.\r\n")
	}
	return b.String()
}
