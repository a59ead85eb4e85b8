package smtpd

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/internal/peer"
)

// run runs a program that nobody here wrote, in a folder of its own, and returns
// what it printed.
func run(t *testing.T, input, program string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, arguments...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

// forPeers is a server at whose submission port others' programs hand in mail.
func forPeers(t *testing.T) (s *testServer, authority certificate.Certificate, port string) {
	t.Helper()
	authority = certificate.For(t)
	s = start(t, newStreets(), &Server{TLS: authority.Server, NeedTLS: true})
	_, port, _ = net.SplitHostPort(s.submit)
	return s, authority, port
}

const dots = "From: alice@example.edu\r\nSubject: dots\r\n\r\n.\r\n..\r\n.hidden\r\nend\r\n"

// expect says what must be in bob's only message.
func (s *testServer) expect(t *testing.T, parts ...string) {
	t.Helper()
	text := s.awaitMail(t, "bob", 1)[0]
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

func TestCurl(t *testing.T) {
	curl := peer.Path(t, "curl", "curl")
	s, authority, port := forPeers(t)
	run(t, dots, curl, "-sS", "--max-time", "60", "--noproxy", "*", "--ssl-reqd", "--cacert", authority.File, "-u", "alice:secret",
		"--connect-to", "localhost:587:127.0.0.1:"+port, "smtp://localhost:587/laptop.example.edu",
		"--mail-from", "alice@example.edu", "--mail-rcpt", "bob@example.edu", "-T", "-")
	s.expect(t, "from laptop.example.edu ([127.0.0.1])", "with ESMTPSA id", dots)
}

func TestSwaks(t *testing.T) {
	swaks := peer.Path(t, "swaks", "swaks")
	s := start(t, newStreets(), &Server{})
	_, port, _ := net.SplitHostPort(s.submit)
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		run(t, "", swaks, "--server", "127.0.0.1", "--port", port, "--ehlo", "laptop", "--auth", mechanism, "--auth-user", "alice", "--auth-password", "secret",
			"--from", "alice@example.edu", "--to", "bob@example.edu", "--header", "Subject: "+mechanism, "--body", "hello", "--timeout", "60")
	}
	all := s.awaitMail(t, "bob", 2)
	if !strings.Contains(all[0], "Subject: PLAIN\r\n") || !strings.Contains(all[1], "Subject: LOGIN\r\n") || !strings.Contains(all[1], "with ESMTPA id") {
		t.Errorf("%q", all)
	}
}

func TestMsmtp(t *testing.T) {
	msmtp := peer.Path(t, "msmtp", "msmtp")
	s, authority, port := forPeers(t)
	run(t, strings.ReplaceAll(dots, "\r\n", "\n"), msmtp, "--host=localhost", "--port="+port, "--auth=plain", "--user=alice", "--passwordeval=echo secret",
		"--tls=on", "--tls-starttls=on", "--tls-trust-file="+authority.File, "--domain=laptop", "--from=alice@example.edu", "--timeout=60", "bob@example.edu")
	s.expect(t, "from laptop ([127.0.0.1])", "with ESMTPSA id", "\r\n\r\n.\r\n..\r\n.hidden\r\nend\r\n")
}

const smtplib = `
import smtplib, ssl, sys
from email.message import EmailMessage
port, authority = int(sys.argv[1]), sys.argv[2]
s = smtplib.SMTP("localhost", port, local_hostname="laptop", timeout=60)
s.ehlo()
print(sorted(s.esmtp_features))
s.starttls(context=ssl.create_default_context(cafile=authority))
s.login("alice", "secret")
m = EmailMessage()
m["From"], m["To"], m["Subject"] = "alice@example.edu", "bob@example.edu", "中文"
m.set_content("你好\n.\n" + "x" * 900 + "\n")
s.send_message(m)
try:
    s.sendmail("alice@example.edu", ["nobody@example.edu"], b"Subject: 1\r\n\r\n")
except smtplib.SMTPRecipientsRefused as e:
    print(e.recipients["nobody@example.edu"][0])
try:
    s.sendmail("eve@example.edu", ["bob@example.edu"], b"Subject: 1\r\n\r\n")
except smtplib.SMTPSenderRefused as e:
    print(e.smtp_code)
s.sendmail("alice@example.edu", ["用户@example.edu"], "Subject: utf8\r\n\r\n".encode(), mail_options=["SMTPUTF8", "BODY=8BITMIME"])
s.quit()
`

func TestSmtplib(t *testing.T) {
	python := peer.Path(t, "python3", "python3")
	authority := certificate.For(t)
	users := maps.Clone(testUsers)
	users["用户"] = "x"
	s := start(t, newStreets(), &Server{TLS: authority.Server, Users: users})
	_, port, _ := net.SplitHostPort(s.submit)
	got := run(t, "", python, "-c", smtplib, port, authority.File)
	want := "['8bitmime', 'auth', 'enhancedstatuscodes', 'limits', 'pipelining', 'size', 'smtputf8', 'starttls']\n550\n553\n"
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	s.expect(t, "Subject: =?utf-8?", "with ESMTPSA id")
	if text := s.awaitMail(t, "用户", 1)[0]; !strings.Contains(text, "with UTF8SMTPSA id") || !strings.Contains(text, "for <用户@example.edu>") {
		t.Error(text)
	}
}

func TestOpenSSL(t *testing.T) {
	openssl := peer.Path(t, "openssl", "openssl")
	s, authority, _ := forPeers(t)
	out := run(t, "EHLO laptop\nQUIT\n", openssl, "s_client", "-starttls", "smtp", "-connect", s.submit, "-CAfile", authority.File,
		"-verify_hostname", "localhost", "-verify_return_error", "-quiet", "-crlf")
	if !strings.Contains(out, "250-AUTH PLAIN LOGIN") || strings.Contains(out, "STARTTLS") || !strings.Contains(out, "221 2.0.0") {
		t.Error(out)
	}
}

// startPostfix runs postfix, which takes mail for example.org into mail/bob, and
// carries that for example.edu to an address.
func startPostfix(t *testing.T, carryTo string) (address, dir string) {
	t.Helper()
	program := peer.Path(t, "postfix", "postfix")
	owner, err := user.Lookup("postfix")
	if err != nil || os.Getuid() != 0 {
		t.Skipf("postfix needs root, and its user: %v", err)
	}
	if dir, err = os.MkdirTemp("", "smtpd-postfix-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	uid, _ := strconv.Atoi(owner.Uid)
	address = freeAddress(t)
	host, port, _ := net.SplitHostPort(carryTo)
	mainFile := fmt.Sprintf(postfixMain, dir, uid, host, port)
	os.Chmod(dir, 0o755)
	for _, folder := range []string{"etc", "spool", "data", "mail"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	os.Chown(filepath.Join(dir, "data"), uid, -1)
	os.Chown(filepath.Join(dir, "mail"), uid, -1)
	for file, text := range map[string]string{"main.cf": mainFile, "master.cf": fmt.Sprintf(postfixMaster, address)} {
		if err := os.WriteFile(filepath.Join(dir, "etc", file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	cmd := exec.Command(program, "-c", filepath.Join(dir, "etc"), "start-fg")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		exec.Command(program, "-c", filepath.Join(dir, "etc"), "stop").Run()
		cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	await(t, "postfix to listen", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return address, dir
}

const postfixMain = `compatibility_level = 3.6
queue_directory = %[1]s/spool
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = /dev/stdout
myhostname = mail.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
virtual_mailbox_domains = example.org
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = inline:{bob@example.org=bob/}
virtual_uid_maps = static:%[2]d
virtual_gid_maps = static:%[2]d
transport_maps = inline:{example.edu=smtp:[%[3]s]:%[4]s}
`

const postfixMaster = `%s inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// TestPostfix hands mail to us, and we to it; and each says to the sender that the
// other has no such mailbox.
func TestPostfix(t *testing.T) {
	nw := newStreets()
	s := edu(t, nw, &Server{})
	address, dir := startPostfix(t, s.mx)
	nw.domain("example.org", "mail.example.org", "192.0.2.100")
	nw.at["192.0.2.100:25"] = address

	long := dots + strings.Repeat(strings.Repeat("0123456789", 9)+"\r\n", 3000)
	s.hand(t, "alice@example.edu", "bob@example.org", long)
	var arrived string
	await(t, "a message in postfix's Maildir", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "mail/bob/new/*"))
		if len(found) == 0 {
			return false
		}
		text, err := os.ReadFile(found[0])
		arrived = string(text)
		return err == nil
	})
	if !strings.HasSuffix(arrived, strings.ReplaceAll(long[strings.Index(long, "\r\n\r\n"):], "\r\n", "\n")) || !strings.Contains(arrived, "Received: from mail.example.edu (") {
		t.Errorf("%.600s… %d octets, of %d", arrived, len(arrived), len(long))
	}
	await(t, "an empty queue", func() bool { return len(s.Queue.List()) == 0 })

	// And the other way, through postfix.
	c := dial(t, address)
	c.says("EHLO laptop", "250")
	c.mail("alice@example.edu", "bob@example.edu", long)
	c.mail("alice@example.edu", "nobody@example.edu", "Subject: to nobody\r\n\r\n")
	if text := s.awaitMail(t, "bob", 1)[0]; !strings.HasSuffix(text, long[strings.Index(long, "\r\n\r\n"):]) {
		t.Errorf("%.600s", text)
	}
	s.hand(t, "alice@example.edu", "nobody@example.org", "Subject: to nobody\r\n\r\n")
	notices := strings.Join(s.awaitMail(t, "alice", 2), "\n")
	for _, want := range []string{"Reporting-MTA: dns; mail.example.org", "Reporting-MTA: dns; mail.example.edu", "Remote-MTA: dns; mail.example.org"} {
		if !strings.Contains(notices, want) {
			t.Errorf("no %q in %s", want, notices)
		}
	}
}
