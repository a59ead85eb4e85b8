package smtpd

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/certificate"
)

// TestTLSFromTheFirstByte: at port 465 the greeting comes through TLS, and a
// password may be told at once.
func TestTLSFromTheFirstByte(t *testing.T) {
	authority := certificate.For(t)
	s := start(t, newStreets(), &Server{TLS: authority.Server, NeedTLS: true, SecureAddr: ":465"})
	conn, err := tls.Dial("tcp", s.secure, authority.Client)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	c := &talk{t, conn, bufio.NewReader(conn)}
	c.hear("220")
	c.says("STARTTLS", "502 5.5.1", "EHLO x", "250", "STARTTLS", "502 5.5.1",
		"MAIL FROM:<alice@example.edu>", "530 5.7.0",
		"AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00alice\x00secret")), "235")
	if reply := c.mail("alice@example.edu", "bob@example.edu", "Subject: 1\r\n\r\n"); !strings.HasPrefix(reply, "250") {
		t.Error(reply)
	}
	c.says("QUIT", "221")
	if all := s.awaitMail(t, "bob", 1); !strings.Contains(all[0], "with ESMTPSA id") {
		t.Errorf("%q", all)
	}
}

// TestNoTLSAtThePortForIt: who does not begin TLS there is not talked to.
func TestNoTLSAtThePortForIt(t *testing.T) {
	s := start(t, newStreets(), &Server{TLS: certificate.For(t).Server, SecureAddr: ":465"})
	conn, err := net.Dial("tcp", s.secure)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Write([]byte("EHLO x\r\n")); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(conn).ReadString('\n'); strings.HasPrefix(line, "2") {
		t.Errorf("answered: %q", line)
	}
}
