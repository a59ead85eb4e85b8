package imapd

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
)

// run runs a program that nobody here wrote, in a folder of its own, and returns
// what it printed.
func run(t *testing.T, home, program string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, arguments...)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "TERM=dumb")
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(arguments, " "), err, out, errors.String())
	}
	return string(out)
}

// mailOffice is a server with mail for others' programs to read.
type mailOffice struct {
	*mailbox.Store
	at, host, port string
	texts          []string
	authority      certificate.Certificate
}

func officeForPeers(t *testing.T, s *Server) mailOffice {
	t.Helper()
	o := mailOffice{authority: certificate.For(t)}
	o.Store, _ = mailboxtest.Three(t)
	o.texts = []string{longText(300), withPicture, longText(200_000)}
	mailboxtest.Deliver(t, o.Store, "bob", o.texts...)
	s.Mail = o.Store
	o.at = start(t, s)
	o.host, o.port, _ = net.SplitHostPort(o.at)
	return o
}

// withPicture is a message with a text and an attachment.
const withPicture = "From: =?utf-8?q?J=C3=BCrgen?= <juergen@example.com>\r\nTo: Bob <bob@example.com>, carol@example.edu\r\n" +
	"Subject: =?utf-8?b?5L2g5aW9?=\r\nDate: Tue, 3 Mar 2026 10:00:00 +0100\r\nMessage-ID: <p1@example.com>\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=edge\r\n\r\nfor old programs\r\n--edge\r\n" +
	"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n--edge\r\n" +
	"Content-Type: image/png; name=dot.png\r\nContent-Disposition: attachment; filename=dot.png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
	"iVBORw0KGgo=\r\n--edge--\r\n"

const imaplib = `
import hashlib, imaplib, ssl, sys
host, port, authority = sys.argv[1], int(sys.argv[2]), sys.argv[3]
m = imaplib.IMAP4(host, port, timeout=60)
m.starttls(ssl.create_default_context(cafile=authority))
try:
    m.login("bob", "wrong")
except imaplib.IMAP4.error as e:
    print("refused")
m.authenticate("PLAIN", lambda _: b"\0bob\0bob")
print(m.select())
for i in range(1, 4):
    print(hashlib.sha256(m.fetch(str(i), "(BODY.PEEK[])")[1][0][1]).hexdigest())
print(m.search(None, "ALL")[1], m.search(None, 'SUBJECT', '"octets"')[1], m.search(None, "UNSEEN")[1])
m.literal = "你好".encode()
print(m.search("UTF-8", "SUBJECT")[1])
m.literal = "grüße".encode()
print(m.search("UTF-8", "BODY")[1])
print(m.fetch("2", "(FLAGS BODY[2])"))
print(m.fetch("2", "(UID RFC822.SIZE BODYSTRUCTURE ENVELOPE)"))
print(m.create("Kept"), m.copy("1:2", "Kept"), m.store("1", "+FLAGS", r"(\Deleted)"), m.expunge())
print(m.append("Kept", r"(\Seen)", imaplib.Time2Internaldate(1772442000), b"Subject: own\r\n\r\nhello\r\n"))
print(m.status("Kept", "(MESSAGES UNSEEN)"), m.list(), m.lsub(), m.subscribe("Kept"), m.lsub())
print(m.uid("MOVE", "2", "Kept"), m.noop())
print(m.rename("Kept", "Old/Kept"), m.select("Old/Kept", readonly=True), m.close(), m.delete("Old/Kept"), m.list())
print(m.namespace(), m.logout())
`

func TestImaplib(t *testing.T) {
	python := peer.Path(t, "python3", "python3")
	o := officeForPeers(t, &Server{NeedTLS: true})
	got := run(t, t.TempDir(), python, "-c", imaplib, "localhost", o.port, o.authority.File)
	want := imaplibSays
	for _, text := range o.texts {
		want = strings.Replace(want, "SUM", fmt.Sprintf("%x", sha256.Sum256([]byte(text))), 1)
	}
	got = regexp.MustCompile(`UID [0-9]{7,}`).ReplaceAllString(got, "UID validity")
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

const imaplibSays = `refused
('OK', [b'3'])
SUM
SUM
SUM
[b'1 2 3'] [b'1 3'] [b'1 2 3']
[b'2']
[b'2']
('OK', [(b'2 (FLAGS (\\Seen) BODY[2] {12}', b'iVBORw0KGgo='), b')'])
('OK', [b'2 (UID 2 RFC822.SIZE 555 ENVELOPE ("Tue, 03 Mar 2026 10:00:00 +0100" "=?utf-8?b?5L2g5aW9?=" (("=?utf-8?q?J=C3=BCrgen?=" NIL "juergen" "example.com")) (("=?utf-8?q?J=C3=BCrgen?=" NIL "juergen" "example.com")) (("=?utf-8?q?J=C3=BCrgen?=" NIL "juergen" "example.com")) (("Bob" NIL "bob" "example.com") (NIL NIL "carol" "example.edu")) NIL NIL NIL "<p1@example.com>") BODYSTRUCTURE (("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 15 0 NIL NIL NIL NIL)("image" "png" ("name" "dot.png") NIL NIL "base64" 12 NIL ("attachment" ("filename" "dot.png")) NIL NIL) "mixed" ("boundary" "edge") NIL NIL NIL))'])
('OK', [b'CREATE completed']) ('OK', [b'[COPYUID validity 1:2 1:2] COPY completed']) ('OK', [b'1 (FLAGS (\\Deleted))']) ('OK', [b'1'])
('OK', [b'[APPENDUID validity 3] APPEND completed'])
('OK', [b'"Kept" (MESSAGES 3 UNSEEN 1)']) ('OK', [b'(\\HasNoChildren) "/" INBOX', b'(\\HasNoChildren) "/" "Kept"']) ('OK', [None]) ('OK', [b'SUBSCRIBE completed']) ('OK', [b'(\\Subscribed \\HasNoChildren) "/" "Kept"'])
('OK', [None]) ('OK', [b'NOOP completed'])
('OK', [b'RENAME completed']) ('OK', [b'4']) ('OK', [b'CLOSE completed']) ('OK', [b'DELETE completed']) ('OK', [b'(\\HasNoChildren) "/" INBOX'])
('OK', [b'(("" "/")) NIL NIL']) ('BYE', [b'Logging out'])
`

func TestCurl(t *testing.T) {
	curl := peer.Path(t, "curl", "curl")
	o := officeForPeers(t, &Server{})
	ask := func(arguments ...string) string {
		return run(t, t.TempDir(), curl, append([]string{"-sS", "--max-time", "60", "-u", "bob:bob", "--noproxy", "*"}, arguments...)...)
	}
	for i, text := range o.texts {
		if got := ask(fmt.Sprintf("imap://%s/INBOX;MAILINDEX=%d", o.at, i+1)); got != text {
			t.Errorf("message %d: %d bytes, want %d", i+1, len(got), len(text))
		}
	}
	if got := ask("imap://" + o.at + "/INBOX;UID=2;SECTION=2"); got != "iVBORw0KGgo=" {
		t.Errorf("an attachment: %q", got)
	}
	if got := ask("imap://" + o.at + "/INBOX?SUBJECT%20octets"); got != "* SEARCH 1 3\r\n" {
		t.Errorf("SEARCH: %q", got)
	}
	if got := ask("imap://" + o.at + "/"); got != "* LIST (\\HasNoChildren) \"/\" INBOX\r\n" {
		t.Errorf("LIST: %q", got)
	}
	if got := ask("--ssl-reqd", "--cacert", o.authority.File, "--connect-to", "localhost:143:"+o.at, "imap://localhost:143/INBOX;UID=1"); got != o.texts[0] {
		t.Errorf("with STARTTLS: %q", got)
	}
	ask("-T", o.authority.File, "imap://"+o.at+"/INBOX") // any text will do
	if n := len(mailboxtest.Stored(t, o.Store, "bob")); n != len(o.texts)+1 {
		t.Errorf("%d messages after APPEND", n)
	}
	secure := officeForPeers(t, &Server{Secure: true})
	if got := ask("--cacert", o.authority.File, "--connect-to", "localhost:993:"+secure.at, "imaps://localhost:993/INBOX;UID=1"); got != o.texts[0] {
		t.Errorf("imaps: %q", got)
	}
}

// TestMbsync keeps two copies of a mailbox the same: it fetches, deletes there what
// was deleted here, and brings what is new.
func TestMbsync(t *testing.T) {
	mbsync := peer.Path(t, "mbsync", "isync")
	o := officeForPeers(t, &Server{})
	home := t.TempDir()
	config := "IMAPAccount bob\nHost localhost\nPort " + o.port + "\nUser bob\nPass bob\nSSLType STARTTLS\nCertificateFile " + o.authority.File +
		"\nAuthMechs PLAIN\n\nIMAPStore there\nAccount bob\n\nMaildirStore here\nPath " + home + "/\nInbox " + home + "/inbox\n\n" +
		"Channel bob\nFar :there:\nNear :here:\nPatterns INBOX\nCreate Near\nExpunge Both\nSyncState *\n"
	file := filepath.Join(home, "rc")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, home, mbsync, "-c", file, "bob")
	fetched, _ := filepath.Glob(home + "/inbox/*/*")
	if len(fetched) != len(o.texts) {
		t.Fatalf("%d files: %q", len(fetched), fetched)
	}
	for _, name := range fetched[1:] { // trashed
		if err := os.Rename(name, filepath.Join(home, "inbox/cur", strings.TrimSuffix(filepath.Base(name), ":2,")+":2,T")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(home+"/inbox/cur/1.own:2,FS", []byte("Subject: own\n\nhello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, home, mbsync, "-c", file, "bob")
	left := mailboxtest.Stored(t, o.Store, "bob")
	if len(left) != 2 || !strings.HasPrefix(left[1], "FS:") || !strings.HasSuffix(left[1], "hello\r\n") {
		t.Errorf("%.200q", left)
	}
}

func TestOpenSSL(t *testing.T) {
	openssl := peer.Path(t, "openssl", "openssl")
	o := officeForPeers(t, &Server{NeedTLS: true})
	cmd := exec.CommandContext(t.Context(), openssl, "s_client", "-quiet", "-starttls", "imap", "-connect", o.at, "-CAfile", o.authority.File,
		"-verify_return_error", "-verify_hostname", "localhost")
	cmd.Stdin = strings.NewReader("a LOGIN bob bob\r\nb STATUS INBOX (MESSAGES)\r\nc LOGOUT\r\n")
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "* STATUS INBOX (MESSAGES 3)") || !strings.Contains(string(out), "c OK LOGOUT") {
		t.Errorf("%s, %v", out, err)
	}
}
