package smtpd

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/protocol/mail"
)

// FuzzConversation says anything to a server, which must answer, and end when the
// client ends.
func FuzzConversation(f *testing.F) {
	envelope := "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.edu>\r\n"
	for _, seed := range []string{
		envelope + "DATA\r\nSubject: 1\r\n\r\n..\r\n.\r\nQUIT\r\n", envelope + "BDAT 3 LAST\r\nabc", envelope + "DATA\r\n\n.\nMAIL\r\n.\r\n",
		"EHLO x\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n", "EHLO x\r\nAUTH LOGIN\r\nYQ==\r\nYQ==\r\n", "HELO\r\nSTARTTLS\r\n\x16\x03\x01",
		"MAIL FROM:<\"a b\"@[IPv6:::1]> SIZE=1 BODY=8BITMIME SMTPUTF8 AUTH=<> RET=HDRS\r\n", "RCPT TO:<@a:b@c> NOTIFY=NEVER\r\n", "\r\n\x00\r\n\xff\r\n", "NOOP\nVRFY x\rQUIT\r\n",
	} {
		f.Add(seed)
	}
	s := start(f, newStreets(), &Server{TLS: certificate.For(f).Server, MaxSize: 4096, LoginDelay: time.Nanosecond, MaxPerClient: 1000})
	f.Fuzz(func(t *testing.T, said string) {
		for _, address := range []string{s.mx, s.submit} {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			go func() {
				io.WriteString(conn, said)
				conn.(*net.TCPConn).CloseWrite()
			}()
			replies, err := io.ReadAll(conn)
			conn.Close()
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() || !bytes.HasPrefix(replies, []byte("220 ")) {
				t.Fatalf("%q, %v", replies, err)
			}
		}
		for _, e := range s.Queue.List() { // nobody here may send to anybody elsewhere
			t.Fatalf("%v waits", e)
		}
	})
}

// FuzzHeader: whatever a message is, what we put on top makes it a message whose
// header is ours and that of the sender, and whose body is his to the octet.
func FuzzHeader(f *testing.F) {
	for _, seed := range []string{"", "\r\n", "a: b\r\n\r\nc\r\n", "no header\r\n", " a: b\r\n", "a: b\r\n c\r\n\r\n", ":\r\n", "Received: x\r\n", "a\r\nReceived: b\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var wire bytes.Buffer
		w := bufio.NewWriter(&wire)
		d := mail.NewDotWriter(w)
		io.WriteString(d, text)
		d.Close()
		w.Flush()
		in := &incomingText{dots: mail.NewDotReader(bufio.NewReader(iotest.OneByteReader(&wire))), left: 1 << 20, longest: 2000}
		h, err := readHeader(in)
		if err != nil {
			if in.refusal == nil {
				t.Fatal(err)
			}
			return
		}
		received := strings.Count(strings.ToLower(text), "received")
		if h.hops > received {
			t.Fatalf("%d hops in %q", h.hops, text)
		}
		before := len(h.text)
		h.complete(time.Unix(0, 0), "id", "host")
		if added := len(h.text) - before; added < 0 || !bytes.Contains(bytes.ToLower(h.text), []byte("message-id:")) {
			t.Fatalf("%q", h.text)
		}
		if !bytes.Contains(h.text, []byte("\r\n\r\n")) && !bytes.HasPrefix(h.text, []byte("\r\n")) {
			t.Fatalf("the header has no end: %q", h.text)
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"a@b", `a"\@b`, "a@[1.2.3.4]", "a@[IPv6:::1]", "ä@ö", "@", "a b@c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAddress(s, true)
		if err != nil {
			return
		}
		if strings.ContainsAny(a.String(), "\r\n\x00") {
			t.Fatalf("%q", a)
		}
		back, err := parseAddress(unquote(a.String()), true)
		if err != nil || back != a {
			t.Fatalf("%q is %q, and that %q, %v", s, a, back, err)
		}
		sameDomain(a.domain, "example.edu")
	})
}
