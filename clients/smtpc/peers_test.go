package smtpc_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/smtpc"
	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/internal/running"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/smtpd"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

var quiet = slog.New(slog.DiscardHandler)

// office is a server for example.com, with mailboxes for bob and carol, that takes
// messages of a million octets.
type office struct {
	at        string // where other servers bring mail
	logins    string // where users hand it in; "": nowhere
	authority *tls.Config
	box       func(user string) string // the folder with the messages of a user, a file each
}

// ours is our server.
func ours(t *testing.T) office {
	dir := t.TempDir()
	store, err := mailbox.OpenStore(filepath.Join(dir, "mail"), mailbox.Config{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := queue.Open(filepath.Join(dir, "queue"), queue.Config{Hostname: "mail.example.com", Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	c := certificate.For(t)
	s := &smtpd.Server{
		Addr: "127.0.0.1:0", SubmissionAddr: "none", Hostname: "mail.example.com", Domains: []string{"example.com"},
		Mail: store, Queue: waiting, Users: mailbox.Passwords{"bob": "bob", "carol": "carol"}, Resolver: nowhere{}, Postmaster: "bob",
		TLS:     c.Server,
		MaxSize: 1_000_000, LoginDelay: time.Millisecond, Log: quiet,
	}
	submission := *s
	submission.Addr, submission.SubmissionAddr = "none", "127.0.0.1:0"
	if submission.Queue, err = queue.Open(filepath.Join(dir, "other"), queue.Config{Hostname: "mail.example.com", Log: quiet}); err != nil {
		t.Fatal(err) // a queue is run by one of the two
	}
	start := func(s *smtpd.Server) string {
		return running.Start(t, context.Background(), netx.OS{}, "tcp", s).String()
	}
	return office{at: start(s), logins: start(&submission), authority: c.Client, box: func(user string) string {
		return filepath.Join(dir, "mail", user, "new")
	}}
}

type nowhere struct{}

func (nowhere) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, errors.New("no DNS") }
func (nowhere) LookupHost(context.Context, string) ([]string, error) {
	return nil, errors.New("no DNS")
}

// postfix is Debian's usual server, with a configuration and a queue of its own.
func postfix(t *testing.T) office {
	program := peer.Path(t, "postfix", "postfix")
	if os.Getuid() != 0 {
		t.Skip("postfix can be started by root only")
	}
	dir, err := os.MkdirTemp("", "postfix") // its sockets' paths must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c := certificate.For(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := ln.Addr().String()
	ln.Close()
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("main.cf", fmt.Appendf(nil, `
compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
myhostname = mail.example.com
mydestination =
mynetworks = 192.0.2.0/24
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
message_size_limit = 1000000
smtpd_tls_chain_files = %[2]s, %[3]s
smtpd_tls_security_level = may
virtual_mailbox_domains = example.com
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = inline:{bob@example.com=bob/, carol@example.com=carol/}
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
`, dir, c.Key, c.File))
	write("master.cf", fmt.Appendf(nil, `
%s inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
tlsmgr unix - - n 1000? 1 tlsmgr
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`, at))
	for _, name := range []string{"mail", "data", "queue"} {
		if err := errors.Join(os.Mkdir(filepath.Join(dir, name), 0o755), os.Chmod(filepath.Join(dir, name), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("chown", "65534", filepath.Join(dir, "mail")).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	if out, err := exec.Command("chown", "postfix", filepath.Join(dir, "data")).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	os.Chmod(dir, 0o755)
	if out, err := exec.Command(program, "-c", dir, "start").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(program, "-c", dir, "stop").CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("%s", log)
		}
	})
	return office{at: at, authority: c.Client, box: func(user string) string { return filepath.Join(dir, "mail", user, "new") }}
}

var offices = map[string]func(t *testing.T) office{"ours": ours, "postfix": postfix}

// received waits until a user has so many messages, and returns them, without the
// lines that servers put above them.
func (o office) received(t *testing.T, user string, count int) []string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(o.box(user), "*"))
		if err == nil && len(files) == count {
			var texts []string
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				_, own, _ := bytes.Cut(text, []byte("From: Alice"))
				texts = append(texts, "From: Alice"+strings.ReplaceAll(string(own), "\r\n", "\n"))
			}
			slices.Sort(texts)
			return texts
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s has %d messages, not %d (%v)", user, len(files), count, err)
		}
	}
}

func (o office) dial(t *testing.T) *smtpc.Session {
	t.Helper()
	client := smtpc.Client{TLS: o.authority}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		s, err := client.Dial(t.Context(), o.at)
		if err == nil {
			t.Cleanup(func() { s.Close() })
			return s
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

const head = "From: Alice <alice@example.edu>\nDate: Tue, 01 Sep 2026 12:00:00 +0000\nMessage-ID: <1@example.edu>\n"

var texts = []string{
	head + "Subject: a line\n\nhello\n",
	head + "Subject: dots\n\n.\n..\n.hidden\nend.\n.\n",
	head + "Subject: 8 bits\n\n你好\n",
	head + "Subject: long lines\n\n" + strings.Repeat(strings.Repeat("x", 900)+"\n."+strings.Repeat(".", 900)+"\n", 20),
	head + "Subject: large\n\n" + strings.Repeat("The quick brown fox jumps over the lazy dog.\n", 20_000),
}

// TestEachServer: what is sent arrives, byte for byte, in the clear and by TLS.
func TestEachServer(t *testing.T) {
	for name, start := range offices {
		t.Run(name, func(t *testing.T) {
			o := start(t)
			s := o.dial(t)
			for _, extension := range []string{"PIPELINING", "SIZE", "8BITMIME", "STARTTLS", "ENHANCEDSTATUSCODES", "SMTPUTF8"} {
				if _, ok := s.Extension(extension); !ok {
					t.Errorf("no %s", extension)
				}
			}
			want := slices.Clone(texts)
			slices.Sort(want)
			for i, text := range texts {
				if i == 2 {
					if err := s.StartTLS(); err != nil || !s.Secured() {
						t.Fatal(err)
					}
				}
				to := []string{"bob@example.com", "carol@example.com", "nobody@example.com"}
				result, err := s.Send(smtpc.Envelope{
					From: "alice@example.edu", To: to, Size: int64(len(text)), EightBit: true,
				}, strings.NewReader(text))
				if err != nil || len(result.Accepted) != 2 || len(result.Refused) != 1 || result.Refused[0].Enhanced() != "5.1.1" {
					t.Fatalf("%+v, %v", result, err)
				}
			}
			for _, user := range []string{"bob", "carol"} {
				if got := o.received(t, user, len(texts)); !slices.Equal(got, want) {
					t.Errorf("%s got %d messages, not as they were sent", user, len(got))
				}
			}
			// What is refused, and that the session goes on.
			var refused *smtpc.Error
			if _, err := s.Send(smtpc.Envelope{From: "alice@example.edu", To: []string{"bob@elsewhere.example"}}, strings.NewReader(texts[0])); !errors.Is(err, smtpc.ErrNobody) {
				t.Errorf("a relay: %v", err)
			}
			if _, err := s.Send(smtpc.Envelope{From: "a@example.edu", To: []string{"bob@example.com"}, Size: 2_000_000}, nil); !errors.Is(err, smtpc.ErrTooLarge) {
				t.Errorf("%v", err)
			}
			if err := s.Mail("alice@example.edu", "SIZE=2000000"); !errors.As(err, &refused) || refused.Code != 552 {
				t.Errorf("a message that is said to be too large: %v", err)
			}
			if err := errors.Join(s.Noop(), s.Rset(), s.Quit()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLogin at our server's port for users.
func TestLogin(t *testing.T) {
	o := ours(t)
	var lines []string
	client := smtpc.Client{TLS: o.authority, Trace: smtpc.Trace{Line: func(_ bool, line string) { lines = append(lines, line) }}}
	dial := func() *smtpc.Session {
		s, err := client.Dial(t.Context(), o.logins)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	s := dial()
	to := smtpc.Envelope{From: "bob@example.com", To: []string{"carol@example.com"}}
	var refused *smtpc.Error
	if _, err := s.Send(to, strings.NewReader(texts[0])); !errors.As(err, &refused) || refused.Code != 530 {
		t.Errorf("without a login: %v", err)
	}
	if err := s.Auth("bob", "wrong"); !errors.As(err, &refused) || refused.Code != 535 {
		t.Errorf("a wrong password: %v", err)
	}
	if err := errors.Join(s.StartTLS(), s.Auth("bob", "bob")); err != nil {
		t.Fatal(err)
	}
	if result, err := s.Send(to, strings.NewReader(texts[0])); err != nil || len(result.Accepted) != 1 {
		t.Errorf("%+v, %v", result, err)
	}
	s = dial()
	if err := s.AuthLogin("carol", "carol"); err != nil {
		t.Error(err)
	}
	if all := strings.Join(lines, "\n"); strings.Contains(all, "Y2Fyb2w=") || strings.Contains(all, "Ym9i") {
		t.Errorf("a secret in the trace:\n%s", all)
	}
}

// TestTLSIsChecked: whom we do not trust we tell nothing.
func TestTLSIsChecked(t *testing.T) {
	o := ours(t)
	s, err := new(smtpc.Client).Dial(t.Context(), o.at)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var unknown *tls.CertificateVerificationError
	if err := s.StartTLS(); !errors.As(err, &unknown) {
		t.Errorf("%v", err)
	}
	if err := s.Mail("alice@example.edu"); err == nil {
		t.Error("the session goes on without TLS")
	}
}
