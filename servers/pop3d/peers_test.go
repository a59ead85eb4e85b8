package pop3d

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
	cmd.Env = append(os.Environ(), "HOME="+home, "FETCHMAILHOME="+home)
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(arguments, " "), err, out, errors.String())
	}
	return string(out)
}

// mailOffice is a server with mail for others' programs to fetch.
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
	o.texts = []string{letter(300), "Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\n" + strings.Repeat(".", 2000) + "\r\n", letter(200_000)}
	mailboxtest.Deliver(t, o.Store, "bob", o.texts...)
	s.Mail = o.Store
	o.at = start(t, s)
	o.host, o.port, _ = net.SplitHostPort(o.at)
	return o
}

func TestCurl(t *testing.T) {
	curl := peer.Path(t, "curl", "curl")
	o := officeForPeers(t, &Server{})
	ask := func(arguments ...string) string {
		return run(t, t.TempDir(), curl, append([]string{"-sS", "--max-time", "60", "-u", "bob:bob", "--noproxy", "*"}, arguments...)...)
	}
	if got := ask("pop3://" + o.at + "/"); strings.Count(got, "\r\n") != 3 || !strings.HasPrefix(got, "1 ") {
		t.Errorf("LIST: %q", got)
	}
	for i, text := range o.texts {
		if got := ask("pop3://" + o.at + "/" + string(rune('1'+i))); got != text {
			t.Errorf("message %d: %d bytes, want %d", i+1, len(got), len(text))
		}
	}
	if got := ask("--login-options", "AUTH=+APOP", "pop3://"+o.at+"/1"); got != o.texts[0] {
		t.Errorf("by APOP: %q", got)
	}
	if got := ask("-X", "TOP 2 1", "pop3://"+o.at+"/"); got != "Subject: dots\r\n\r\n.\r\n" {
		t.Errorf("TOP: %q", got)
	}
	if got := ask("-X", "UIDL", "pop3://"+o.at+"/"); strings.Count(got, ".mail\r\n") != 3 {
		t.Errorf("UIDL: %q", got)
	}
	if got := ask("--ssl-reqd", "--cacert", o.authority.File, "--connect-to", "localhost:110:"+o.at, "pop3://localhost:110/2"); got != o.texts[1] {
		t.Errorf("with STLS: %q", got)
	}
	ask("-X", "DELE", "-I", "pop3://"+o.at+"/1")
	if n := len(mailboxtest.Stored(t, o.Store, "bob")); n != 2 {
		t.Errorf("%d messages after DELE", n)
	}
	secure := officeForPeers(t, &Server{Secure: true})
	if got := ask("--cacert", o.authority.File, "--connect-to", "localhost:995:"+secure.at, "pop3s://localhost:995/1"); got != o.texts[0] {
		t.Errorf("pop3s: %q", got)
	}
}

// TestMpop fetches all, keeps all, fetches again what is new, and at last deletes.
func TestMpop(t *testing.T) {
	mpop := peer.Path(t, "mpop", "mpop")
	o := officeForPeers(t, &Server{})
	home := t.TempDir()
	for _, auth := range []string{"user", "plain", "apop"} {
		inbox := filepath.Join(home, auth)
		fetch := func(more ...string) {
			run(t, home, mpop, append([]string{"--file=/dev/null", "--host=" + o.host, "--port=" + o.port, "--user=bob",
				"--auth=" + auth, "--tls=off", "--passwordeval=echo bob", "--uidls-file=" + inbox + ".uidls", "--received-header=off",
				"--delivery=mbox," + inbox}, more...)...)
		}
		fetch("--keep=on")
		fetch("--keep=on")
		text, err := os.ReadFile(inbox)
		if n := strings.Count("\n"+string(text), "\nFrom "); n != len(o.texts) || err != nil {
			t.Errorf("%s: %d messages, %v", auth, n, err)
		}
		if !strings.Contains(string(text), "\n.\n..\n.hidden\n") {
			t.Errorf("%s: the dots were changed", auth)
		}
		mailboxtest.Deliver(t, o.Store, "bob", "Subject: new\r\n\r\nnew\r\n")
		fetch("--keep=on")
		text, _ = os.ReadFile(inbox)
		if n := strings.Count("\n"+string(text), "\nFrom "); n != len(o.texts)+1 {
			t.Errorf("%s: %d messages after a new one came", auth, n)
		}
		fetch("--keep=off")
		if left := mailboxtest.Stored(t, o.Store, "bob"); len(left) != 0 {
			t.Errorf("%s: %d messages are left", auth, len(left))
		}
		mailboxtest.Deliver(t, o.Store, "bob", o.texts...)
	}
}

func TestMpopWithSTLS(t *testing.T) {
	mpop := peer.Path(t, "mpop", "mpop")
	o := officeForPeers(t, &Server{NeedTLS: true})
	home := t.TempDir()
	run(t, home, mpop, "--file=/dev/null", "--host=localhost", "--port="+o.port, "--user=bob", "--auth=plain", "--tls=on",
		"--tls-starttls=on", "--tls-trust-file="+o.authority.File, "--passwordeval=echo bob", "--uidls-file="+home+"/uidls",
		"--source-ip=127.0.0.1", "--delivery=mbox,"+home+"/inbox", "--keep=off")
	if left := mailboxtest.Stored(t, o.Store, "bob"); len(left) != 0 {
		t.Errorf("%d messages are left", len(left))
	}
}

// TestFetchmail keeps, and then deletes.
func TestFetchmail(t *testing.T) {
	fetchmail := peer.Path(t, "fetchmail", "fetchmail")
	o := officeForPeers(t, &Server{})
	home := t.TempDir()
	inbox := filepath.Join(home, "inbox")
	fetch := func(keep string) {
		config := filepath.Join(home, "fetchmailrc")
		text := "poll " + o.host + " protocol POP3 service " + o.port + " uidl timeout 60\n" +
			"user bob password bob mda \"cat >> " + inbox + "\" fetchall " + keep + " sslproto ''\n"
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, home, fetchmail, "--nosyslog", "--nodetach", "-d0", "--pidfile", home+"/pid", "--idfile", home+"/ids", "-f", config)
	}
	fetch("keep")
	text, err := os.ReadFile(inbox)
	if err != nil || strings.Count(string(text), "Subject: ") != len(o.texts) || !strings.Contains(string(text), "\n.\n..\n.hidden\n") {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if left := mailboxtest.Stored(t, o.Store, "bob"); len(left) != len(o.texts) {
		t.Errorf("%d messages are left, all should be", len(left))
	}
	fetch("no keep")
	if left := mailboxtest.Stored(t, o.Store, "bob"); len(left) != 0 {
		t.Errorf("%d messages are left", len(left))
	}
}

const poplib = `
import poplib, ssl, sys
host, port, authority = sys.argv[1], int(sys.argv[2]), sys.argv[3]
p = poplib.POP3(host, port, timeout=60)
print(p.getwelcome()[:3].decode())
p.apop("bob", "bob")
print(p.stat()[0], len(p.list()[1]), len(p.uidl()[1]))
for i in range(1, 4):
    sys.stdout.write("\n".join(l.decode() for l in p.retr(i)[1]) + "\n")
print(p.top(2, 1)[1])
p.dele(1); p.rset(); p.noop(); p.dele(3)
try:
    p.retr(3)
except poplib.error_proto as e:
    print("refused", e)
p.quit()
p = poplib.POP3(host, port, timeout=60)
print(sorted(p.capa()))
p.stls(ssl.create_default_context(cafile=authority))
p.user("bob"); p.pass_("bob")
print(p.stat()[0])
p.quit()
`

func TestPoplib(t *testing.T) {
	python := peer.Path(t, "python3", "python3")
	o := officeForPeers(t, &Server{})
	got := run(t, t.TempDir(), python, "-c", poplib, "localhost", o.port, o.authority.File)
	want := "+OK\n3 3 3\n" + strings.ReplaceAll(strings.Join(o.texts, ""), "\r\n", "\n") +
		"[b'Subject: dots', b'', b'.']\n" +
		"refused b'-ERR no such message; there are 3'\n" +
		"['AUTH-RESP-CODE', 'EXPIRE', 'IMPLEMENTATION', 'PIPELINING', 'RESP-CODES', 'SASL', 'STLS', 'TOP', 'UIDL', 'USER']\n2\n"
	if got != want {
		t.Errorf("got %.300q…\nwant %.300q…", got, want)
	}
}

func TestOpenSSL(t *testing.T) {
	openssl := peer.Path(t, "openssl", "openssl")
	o := officeForPeers(t, &Server{})
	cmd := exec.CommandContext(t.Context(), openssl, "s_client", "-starttls", "pop3", "-connect", o.at, "-CAfile", o.authority.File,
		"-verify_hostname", "localhost", "-verify_return_error", "-quiet", "-crlf")
	cmd.Stdin = strings.NewReader("USER bob\nPASS bob\nSTAT\nQUIT\n")
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "+OK 3 ") || !strings.Contains(string(out), "0 messages deleted, 3 left") {
		t.Errorf("%s, %v", out, err)
	}
}
