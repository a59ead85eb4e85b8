package imapc_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/wirebook/wirebook/clients/imapc"
	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/internal/running"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/imapd"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
)

var quiet = slog.New(slog.DiscardHandler)

// office is a server with a mailbox for alice.
type office struct {
	at        string
	authority *tls.Config
}

var offices = map[string]func(t *testing.T) office{"ours": ours, "dovecot": dovecot, "go-imap": goIMAP}

// ours is our server.
func ours(t *testing.T) office {
	store, _ := mailboxtest.Store(t)
	c := certificate.For(t)
	s := &imapd.Server{
		Addr: "127.0.0.1:0", Mail: store, Users: mailbox.Passwords{"alice": "alice"}, Log: quiet,
		TLS: c.Server, LoginDelay: time.Millisecond,
	}
	return office{running.Start(t, context.Background(), netx.OS{}, "tcp", s).String(), c.Client}
}

// goIMAP is the server of the library's authors, which keeps mail in memory. It knows
// no MOVE here.
func goIMAP(t *testing.T) office {
	c := certificate.For(t)
	user := imapmemserver.NewUser("alice", "alice")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		TLSConfig: c.Server, InsecureAuth: true, Logger: slog.NewLogLogger(quiet.Handler(), 0),
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapIdle: {}}, // its MOVE says EXPUNGE of messages that stay
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(ln) }()
	t.Cleanup(func() { server.Close(); <-ended })
	return office{ln.Addr().String(), c.Client}
}

// dovecot is the world's IMAP server.
func dovecot(t *testing.T) office {
	c := certificate.For(t)
	return office{peer.StartDovecot(t, "imap", c).At, c.Client}
}

func (o office) dial(t *testing.T) *imapc.Session {
	t.Helper()
	client := imapc.Client{TLS: o.authority, Timeout: 2 * time.Minute, Trace: imapc.Trace{Line: func(sent bool, line string) {
		t.Logf("%v %.200s", sent, line) // shown if the test fails
	}}}
	s, err := client.Dial(t.Context(), o.at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (o office) login(t *testing.T) *imapc.Session {
	t.Helper()
	s := o.dial(t)
	if err := s.Login("alice", "alice"); err != nil {
		t.Fatal(err)
	}
	return s
}

// texts are messages to be put there by APPEND.
var texts = []string{
	"From: bob@example.com\r\nSubject: a line\r\n\r\nhello\r\n",
	"From: carol@example.edu\r\nSubject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" +
		"--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nsee ) {3}\r\nabc\r\n" +
		"--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"a b.png\"\r\n\r\naGVsbG8=\r\n--x--\r\n",
	"From: bob@example.com\r\nSubject: large\r\n\r\n" + strings.Repeat("The quick brown fox jumps over the lazy dog.\r\n", 20_000),
}

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// fill puts the texts there.
func fill(t *testing.T, s *imapc.Session) {
	t.Helper()
	for _, text := range texts {
		if err := s.Append("INBOX", nil, noon, int64(len(text)), strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
}

func uids(messages []imapc.Message) []uint32 {
	var all []uint32
	for _, m := range messages {
		all = append(all, m.UID)
	}
	return all
}

// TestEachServer: what a user does with mail, at each server.
func TestEachServer(t *testing.T) {
	for name, start := range offices {
		t.Run(name, func(t *testing.T) {
			o := start(t)
			check := func(what string, err error) {
				t.Helper()
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
			}
			s := o.dial(t)
			var refused *imapc.Error
			if err := s.Login("alice", "wrong"); !errors.As(err, &refused) || refused.Word != "NO" {
				t.Errorf("a wrong password: %v", err)
			}
			check("STARTTLS", s.StartTLS())
			check("AUTHENTICATE", s.AuthPlain("alice", "alice"))
			fill(t, s)
			inbox, err := s.Select("INBOX")
			check("SELECT", err)
			if inbox.Messages != 3 || inbox.UIDValidity == 0 || inbox.ReadOnly || name != "go-imap" && !slices.Contains(inbox.Flags, imapc.Seen) {
				t.Errorf("%+v", inbox)
			}
			all, err := s.Messages(1, inbox.Messages)
			check("FETCH", err)
			if len(all) != 3 {
				t.Fatalf("%+v", all)
			}
			for i, m := range all {
				subject := strings.Split(texts[i], "\r\n")[1]
				if m.Size != uint32(len(texts[i])) || !strings.Contains(string(m.Header), subject) || m.Has(imapc.Seen) || !m.Received.Equal(noon) {
					t.Errorf("message %d: %+v, %s", i, m, m.Header)
				}
				var text bytes.Buffer
				if n, err := s.Fetch(m.UID, "", &text); err != nil || text.String() != texts[i] || n != int64(len(texts[i])) {
					t.Errorf("message %d: %d bytes, not as they were put there: %v", i, n, err)
				}
			}
			id := uids(all)
			parts, err := s.Structure(id[1])
			check("BODYSTRUCTURE", err)
			if len(parts) != 2 || parts[0].Type != "text/plain" || parts[0].Parameters["charset"] != "utf-8" || parts[1].Section != "2" ||
				parts[1].Encoding != "base64" || parts[1].Disposition != "attachment" || parts[1].About["filename"] != "a b.png" {
				t.Errorf("%+v", parts)
			}
			for section, want := range map[string]string{"1": "see ) {3}\r\nabc", "2": "aGVsbG8=", "HEADER": strings.SplitAfter(texts[1], "\r\n\r\n")[0]} {
				var text bytes.Buffer
				if _, err := s.Fetch(id[1], section, &text); err != nil || text.String() != want {
					t.Errorf("%s: %q, %v", section, text.String(), err)
				}
			}
			if _, err := s.Fetch(id[2]+100, "", io.Discard); !errors.Is(err, imapc.ErrNoMessage) {
				t.Errorf("a message that is not there: %v", err)
			}

			check("STORE", s.SetFlags(id[:1], imapc.Seen, imapc.Flagged))
			check("STORE", s.ClearFlags(id[:1], imapc.Flagged))
			found, err := s.Search(imapc.Criteria{Unseen: true})
			check("SEARCH", err)
			if !slices.Equal(found, id[1:]) {
				t.Errorf("unseen are %v, of %v", found, id)
			}
			found, err = s.Search(imapc.Criteria{From: "bob", Subject: "LARGE", LargerThan: 1000, Since: noon.AddDate(0, 0, -1), Before: noon.AddDate(0, 0, 2)})
			check("SEARCH", err)
			if !slices.Equal(found, id[2:]) {
				t.Errorf("found %v, of %v", found, id)
			}

			const other = "旧邮件"
			check("CREATE", s.CreateFolder(other))
			folders, err := s.Folders()
			check("LIST", err)
			if !slices.ContainsFunc(folders, func(f imapc.Folder) bool { return f.Name == other }) {
				t.Errorf("%+v", folders)
			}
			check("COPY", s.Copy(id[:1], other))
			check("MOVE", s.Move(id[1:2], other))
			counts, err := s.Status(other)
			check("STATUS", err)
			if counts.Messages != 2 || counts.Unseen != 1 {
				t.Errorf("%+v", counts)
			}
			check("STORE", s.SetFlags(id[:1], imapc.Deleted))
			check("EXPUNGE", s.Expunge(id[:1]))
			check("NOOP", s.Noop())
			if s.Selected().Messages != 1 {
				t.Errorf("%+v", s.Selected())
			}
			left, err := s.MessagesOf(id...)
			check("FETCH", err)
			if !slices.Equal(uids(left), id[2:]) {
				t.Errorf("left are %v of %v", uids(left), id)
			}
			box, err := s.Examine(other)
			check("EXAMINE", err)
			if !box.ReadOnly || box.Messages != 2 {
				t.Errorf("%+v", box)
			}
			if err := s.Move(id, "nowhere"); !errors.As(err, &refused) {
				t.Errorf("to a folder that is not there: %v", err)
			}
			check("SELECT", second(s.Select("INBOX")))
			check("DELETE", s.DeleteFolder(other))
			check("LOGOUT", s.Logout())
		})
	}
}

func second[T any](_ T, err error) error { return err }

// TestIdleHears of a message that another session brings, before IDLE or in it.
func TestIdleHears(t *testing.T) {
	for name, start := range offices {
		if name == "go-imap" {
			continue // it says nothing of a message that came just before
		}
		t.Run(name, func(t *testing.T) {
			o := start(t)
			s, other := o.login(t), o.login(t)
			if _, err := s.Select("INBOX"); err != nil {
				t.Fatal(err)
			}
			put := make(chan error, 1)
			go func() {
				put <- other.Append("INBOX", nil, time.Time{}, int64(len(texts[0])), strings.NewReader(texts[0]))
			}()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			var heard imapc.Change
			err := s.Idle(ctx, func(c imapc.Change) bool { heard = c; return c.What != "EXISTS" || c.Number < 1 })
			if err := errors.Join(err, <-put); err != nil || heard != (imapc.Change{What: "EXISTS", Number: 1}) || ctx.Err() != nil {
				t.Errorf("%+v, %v", heard, err)
			}
			if m, err := s.Messages(1, s.Selected().Messages); err != nil || len(m) != 1 {
				t.Errorf("%v, %v", m, err)
			}
		})
	}
}

// TestTLSIsChecked: whom we do not trust we tell nothing.
func TestTLSIsChecked(t *testing.T) {
	s, err := new(imapc.Client).Dial(t.Context(), ours(t).at)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var unknown *tls.CertificateVerificationError
	if err := s.StartTLS(); !errors.As(err, &unknown) {
		t.Errorf("%v", err)
	}
	if err := s.Login("alice", "alice"); err == nil {
		t.Error("the session goes on without TLS")
	}
}
