package world

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/internet"
)

// ftpLine says a line, and returns the first line of the answer.
func ftpLine(t *testing.T, conn net.Conn, in *bufio.Reader, line string) string {
	t.Helper()
	if line != "" {
		fmt.Fprintf(conn, "%s\r\n", line)
	}
	answer, err := in.ReadString('\n')
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.TrimSpace(answer)
}

func dialFTP(t *testing.T, from *internet.Host) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := from.DialContext(t.Context(), "tcp", "ftp.example.edu:21")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(conn)
	if greeting := ftpLine(t, conn, in, ""); !strings.HasPrefix(greeting, "220 ") {
		t.Fatal(greeting)
	}
	return conn, in
}

// TestFTP: the default world's users have their names for passwords, and the
// certificate is good for who trusts the world's authority.
func TestFTP(t *testing.T) {
	w := start(t, Options{})
	for login, want := range map[[2]string]string{
		{"anonymous", "me@example.edu"}: "230",
		{"alice", "alice"}:              "230",
		{"bob", "bob"}:                  "230",
		{"alice", "bob"}:                "530",
	} {
		conn, in := dialFTP(t, w.Host("alice"))
		ftpLine(t, conn, in, "USER "+login[0])
		if got := ftpLine(t, conn, in, "PASS "+login[1]); !strings.HasPrefix(got, want) {
			t.Errorf("%v: %s", login, got)
		}
	}
	pem, err := w.Authority()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	conn, in := dialFTP(t, w.Host("bob"))
	if got := ftpLine(t, conn, in, "AUTH TLS"); !strings.HasPrefix(got, "234") {
		t.Fatal(got)
	}
	secured := tls.Client(conn, &tls.Config{RootCAs: pool, ServerName: "ftp.example.edu"})
	in = bufio.NewReader(secured)
	if got := ftpLine(t, secured, in, "NOOP"); !strings.HasPrefix(got, "200") {
		t.Error(got)
	}
}

func TestFTPMistakes(t *testing.T) {
	files := fstest.MapFS{"pub/hello.txt": {Data: []byte("hello\n")}}
	const text = `name: small
networks:
  lan: {domain: example.edu, ipv4: 192.0.2.0/24}
hosts:
  ftp:
    on: lan
    at: 21
    servers:
      ftp: SECTION
`
	for wrong, want := range map[string]string{
		"{}":                            "nobody can log in at the ftp server",
		"{anonymous: none}":             `there is no folder "none"`,
		"{users: {alice: {}}}":          "the user alice has no files",
		"{users: {alice: {file: pub}}}": `write "files"`,
		"{users: {ftp: {files: pub}}}":  "ftp is no user with a password",
		"{anonymous: pub, tls: maybe}":  "write true or false",
		"{anonymus: pub}":               `write "anonymous"`,
	} {
		if _, err := Parse(files, "small.yaml", []byte(strings.Replace(text, "SECTION", wrong, 1))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", wrong, err, want)
		}
	}
	if _, err := Parse(files, "small.yaml", []byte(strings.Replace(text, "SECTION", "{anonymous: pub, users: {alice: {files: pub, password: x}}, tls: true}", 1))); err != nil {
		t.Error(err)
	}
}
