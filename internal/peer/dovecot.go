package peer

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/certificate"
)

// Dovecot is the world's usual server of POP3 and IMAP, with one user, alice, whose
// password is alice.
type Dovecot struct {
	At  string // where it listens
	Box string // alice's Maildir; there is none before she logs in or mail comes
	UID int    // whose the files in it are
}

// StartDovecot runs a Dovecot that speaks "pop3" or "imap", until the test ends.
func StartDovecot(t testing.TB, protocol string, c certificate.Certificate) Dovecot {
	t.Helper()
	debianPackage := map[string]string{"pop3": "dovecot-pop3d", "imap": "dovecot-imapd"}[protocol]
	program := Path(t, "dovecot", debianPackage)
	if _, err := os.Stat("/usr/lib/dovecot/" + protocol); err != nil {
		t.Skipf("Dovecot has no %s here: apt-get install %s", protocol, debianPackage)
	}
	dir, err := os.MkdirTemp("", "dovecot") // its sockets' paths must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := Dovecot{At: freeAddress(t), Box: filepath.Join(dir, "mail", "alice"), UID: os.Getuid()}
	users := strings.ReplaceAll("default_login_user = U\ndefault_internal_user = U\n", "U", os.Getenv("USER"))
	if d.UID == 0 {
		d.UID, users = 65534, "" // Dovecot lets root read no mail; Debian has made the other users
	}
	_, port, _ := net.SplitHostPort(d.At)
	mail := filepath.Join(dir, "mail")
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "users"), []byte("alice:{PLAIN}alice\n"), 0o644),
		os.WriteFile(filepath.Join(dir, "dovecot.conf"), fmt.Appendf(nil, dovecotConf, dir, protocol, port, d.UID, c.File, c.Key, users), 0o644),
		os.Mkdir(mail, 0o777), os.Chmod(mail, 0o777), os.Chmod(dir, 0o755),
	)
	if err != nil {
		t.Fatal(err)
	}
	run(t, program, "-F", "-c", filepath.Join(dir, "dovecot.conf"))
	awaitGreeting(t, d.At)
	return d
}

const dovecotConf = `
protocols = %[2]s
listen = 127.0.0.1
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = /dev/stderr
ssl = yes
ssl_cert = <%[5]s
ssl_key = <%[6]s
disable_plaintext_auth = no
auth_mechanisms = plain apop
mail_location = maildir:%[1]s/mail/%%u
mail_fsync = never
first_valid_uid = 1
%[7]s
passdb {
  driver = passwd-file
  args = %[1]s/users
}
userdb {
  driver = static
  args = uid=%[4]d gid=%[4]d home=%[1]s/home/%%u
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service %[2]s-login {
  chroot =
  inet_listener %[2]s {
    port = %[3]s
  }
  inet_listener %[2]ss {
    port = 0
  }
}
`

// run runs a program until the test ends, and shows what it said if that has failed.
func run(t testing.TB, program string, arguments ...string) {
	t.Helper()
	cmd := exec.Command(program, arguments...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", program, said.Bytes())
		}
	})
}

// freeAddress is one at which nobody listens now.
func freeAddress(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// awaitGreeting waits until a server says something to who connects.
func awaitGreeting(t testing.TB, address string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.SetDeadline(deadline)
			_, err = conn.Read(make([]byte, 1))
			conn.Close()
		}
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody speaks at %s: %v", address, err)
		}
	}
}
