package pcap_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/wire/internal/forge"
	"github.com/wirebook/wirebook/wire/packet"
	"github.com/wirebook/wirebook/wire/pcap"
)

// logins are the ways to say a password, the server's words first.
var logins = map[string]struct {
	port uint16
	said []string
}{
	"SMTP, PLAIN":    {25, []string{"220 ESMTP\r\n", "EHLO a\r\n", "250-b\r\n250 AUTH PLAIN\r\n", "AUTH PLAIN Wonder1and\r\n", "235 in\r\n", "QUIT\r\n"}},
	"SMTP, LOGIN":    {587, []string{"220 ESMTP\r\n", "AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", "Wonder1and\r\n", "334 UGFzc3dvcmQ6\r\n", "Wonder1and\r\n", "235 in\r\n", "QUIT\r\n"}},
	"SMTP, odd port": {5025, []string{"220 ESMTP\r\n", "AUTH PLAIN\r\n", "334 \r\n", "Wonder1and\r\n", "235 in\r\n", "QUIT\r\n"}},
	"POP3":           {110, []string{"+OK\r\n", "USER alice\r\n", "+OK\r\n", "PASS Wonder1and\r\n", "+OK\r\n", "QUIT\r\n"}},
	"POP3, APOP":     {110, []string{"+OK <1@x>\r\n", "APOP alice Wonder1and\r\n", "+OK\r\n", "QUIT\r\n"}},
	"POP3, AUTH":     {1110, []string{"+OK\r\n", "AUTH PLAIN\r\n", "+ \r\n", "Wonder1and\r\n", "+OK\r\n", "QUIT\r\n"}},
	"IMAP":           {143, []string{"* OK hi\r\n", "a LOGIN \"alice\" \"Wonder1and\"\r\n", "a OK\r\n", "b LOGOUT\r\n"}},
	"IMAP, literals": {143, []string{"* OK hi\r\n", "a LOGIN {5}\r\n", "+ go\r\n", "alice {10}\r\n", "+ go\r\n", "Wonder1and\r\n", "a OK\r\n", "b LOGOUT\r\n"}},
	"IMAP, AUTH":     {143, []string{"* OK hi\r\n", "a AUTHENTICATE PLAIN\r\n", "+ \r\n", "Wonder1and\r\n", "a OK\r\n", "b LOGOUT\r\n"}},
	"HTTP":           {80, []string{"", "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic Wonder1and\r\nCookie: id=1\r\n\r\n", "HTTP/1.1 204 OK\r\n\r\n"}},
	"FTP":            {21, []string{"220 ftp\r\n", "PASS Wonder1and\r\n", "230 in\r\n", "QUIT\r\n"}},
}

// session is the frames of a login, in segments of that size.
func session(t *testing.T, name string, size int) []frame.Frame {
	t.Helper()
	var n forge.Network
	alice, server := forge.NewHost("alice", "10.0.0.1", 1), forge.NewHost("server", "10.0.0.2", 2)
	c, frames := n.Dial(alice, server, 40000, logins[name].port)
	c.MSS = size
	for i, text := range logins[name].said {
		for _, f := range c.Say(1-i%2, text) {
			frames = append(frames, f, forge.Again(f, server, 0))
		}
	}
	return frames
}

// No capture has a password, however it is said, and in whatever pieces.
func TestLoginsAreHidden(t *testing.T) {
	for name, login := range logins {
		for _, size := range []int{1, 3, 1460} {
			t.Run(fmt.Sprintf("%s in segments of %d", name, size), func(t *testing.T) {
				var said [2]strings.Builder
				frames := session(t, name, size)
				for i, data := range written(t, frames) {
					var p packet.Packet
					p.Decode(data)
					if p.Faults != 0 {
						t.Errorf("packet %d: faults %b", i, p.Faults)
					}
					said[frames[i].Hop].Write(p.Payload())
				}
				all := strings.Join(login.said, "")
				for hop, builder := range said {
					got := builder.String()
					if hop == 1 && len(got) != len(all) || strings.Contains(got, "onder1an") || !strings.Contains(got, "**********") {
						t.Errorf("on link %d: %q", hop, got)
					}
				}
				stars := strings.Count(said[1].String(), "*") - strings.Count(all, "*")
				if want := 10 * strings.Count(all, "Wonder1and"); stars < want || stars > want+2 { // a quoted string's quotes are hidden, too
					t.Errorf("%d asterisks, want %d", stars, want)
				}
			})
		}
	}
}

// Whoever asks for secrets gets the frames as they were.
func TestSecretsAreShown(t *testing.T) {
	var file bytes.Buffer
	w, err := pcap.NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	w.Secrets = true
	if err := w.See(session(t, "POP3", 1460)...); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file.Bytes(), []byte("PASS Wonder1and")) || bytes.Contains(file.Bytes(), []byte("asterisks")) {
		t.Error("the password is hidden")
	}
}

// tshark reads the mail protocols, and complains about nothing.
func TestTsharkReadsMail(t *testing.T) {
	path := peer.Path(t, "tshark", "tshark")
	file := filepath.Join(t.TempDir(), "mail.pcapng")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w, err := pcap.NewWriter(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"SMTP, LOGIN", "POP3", "IMAP"} {
		if err := w.See(session(t, name, 1460)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	tshark := func(args ...string) string {
		args = append([]string{"-n", "-r", file, "-o", "tcp.check_checksum:TRUE"}, args...)
		text, err := exec.Command(path, args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if wrong := tshark("-Y", "_ws.malformed || tcp.checksum.status == 0"); wrong != "" {
		t.Errorf("tshark complains: %s", wrong)
	}
	read := tshark("-T", "fields", "-e", "pop.request.parameter", "-e", "imap.request", "-e", "smtp.auth.password", "-e", "smtp.req.command", "-Y", "smtp || pop || imap")
	for _, want := range []string{"**********", "LOGIN \"alice\" ************", "AUTH"} {
		if !strings.Contains(read, want) {
			t.Errorf("tshark has not read %q in\n%s", want, read)
		}
	}
}
