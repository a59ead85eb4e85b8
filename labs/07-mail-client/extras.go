package mailclient

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// startTLS judges that the conversation is encrypted, by STARTTLS or on a port
// where TLS comes first, and that no password was said before.
func startTLS(t *check.T) {
	l, _ := start(t, nil)
	s, end := serve(t, l, nil)
	if len(s.messages) == 0 || s.inData {
		s.finish(end)
	}
	wrong := check.Mistake{Conn: s.c, RFC: "RFC 3207 §4", Book: "§2.3.1"}
	switch {
	case s.clear:
		wrong.Name, wrong.Expected, wrong.RFC = "clear-password", "STARTTLS\r\n", "RFC 4954 §4"
		for _, c := range s.log {
			if c.verb == "AUTH" {
				wrong.Conn, wrong.Offset, wrong.Length, wrong.Actual = c.conn, c.offset, len(c.line), c.line
				break
			}
		}
	case !s.secure:
		wrong.Name, wrong.Expected = "no-tls", "STARTTLS\r\n"
	case s.badAuth != "":
		wrong.Name, wrong.Actual, wrong.RFC = "no-base64", s.badAuth, "RFC 4954 §4"
	default:
		s.remarkTLS()
		return
	}
	t.Wrong(wrong)
}

// remarkTLS says what real servers would not let pass.
func (s *session) remarkTLS() {
	if s.count("AUTH") == 0 {
		s.t.Remark("no-auth")
	}
	for i, c := range s.log {
		if c.verb == "STARTTLS" && i+1 < len(s.log) && s.log[i+1].verb != "EHLO" && s.log[i+1].verb != "HELO" {
			s.t.Remark("no-second-ehlo")
		}
	}
}

// image judges that a picture arrives, in whichever of the program's messages.
func image(t *check.T) {
	l, _ := start(t, nil)
	s, end := serve(t, l, nil)
	s.finish(end)
	for {
		for _, m := range s.messages {
			if hasImage(t, m) {
				return
			}
		}
		c, end := l.Accept()
		if end != check.Done {
			break
		}
		s = &session{t: t, c: c}
		s.run()
	}
	t.Wrong(check.Mistake{
		Name: "no-image", Conn: s.c, Expected: "Content-Type: multipart/mixed; boundary=…\r\n", RFC: "RFC 2046 §5.1", Book: "§2.3.2",
	})
}

// hasImage reports whether a message brings a picture that can be opened. One
// that is meant to, and does not, ends the case.
func hasImage(t *check.T, m letter) bool {
	at := m.offset + max(0, bytes.Index(bytes.ToLower(m.raw), []byte("content-type")))
	broken := check.Mistake{Name: "broken-mime", Conn: m.conn, Offset: at, RFC: "RFC 2046 §5.1", Book: "§2.3.2"}
	whole, err := mail.ReadMessage(bytes.NewReader(unstuffed(m.raw)))
	if err != nil {
		return false
	}
	kind, args, err := mime.ParseMediaType(whole.Header.Get("Content-Type"))
	if err != nil {
		return false
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return isImage(t, m, kind, whole.Header.Get("Content-Transfer-Encoding"), whole.Body)
	}
	if args["boundary"] == "" {
		t.Wrong(broken)
	}
	return partsHaveImage(t, m, broken, whole.Body, args["boundary"])
}

func partsHaveImage(t *check.T, m letter, broken check.Mistake, body io.Reader, boundary string) bool {
	for parts, n := multipart.NewReader(body, boundary), 0; ; n++ {
		part, err := parts.NextRawPart()
		if err != nil {
			if n == 0 {
				t.Wrong(broken)
			}
			return false
		}
		kind, args, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if strings.HasPrefix(kind, "multipart/") && partsHaveImage(t, m, broken, part, args["boundary"]) {
			return true
		}
		named := part.FileName() + args["name"]
		if kind == "application/octet-stream" && named != "" {
			kind = mime.TypeByExtension(named[max(0, strings.LastIndexByte(named, '.')):])
		}
		if isImage(t, m, kind, part.Header.Get("Content-Transfer-Encoding"), part) {
			return true
		}
	}
}

// isImage decodes what calls itself a picture.
func isImage(t *check.T, m letter, kind, encoding string, body io.Reader) bool {
	if !strings.HasPrefix(kind, "image/") {
		return false
	}
	data, _ := io.ReadAll(body)
	at := m.offset + max(0, bytes.Index(m.raw, data[:min(len(data), 40)]))
	if strings.EqualFold(strings.TrimSpace(encoding), "base64") {
		plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(data)), ""))
		if err != nil {
			t.Wrong(check.Mistake{Name: "image-base64", Conn: m.conn, Offset: at, Length: 20, RFC: "RFC 2045 §6.8", Book: "§2.3.2"})
		}
		data = plain
	}
	if !opens(data) {
		t.Wrong(check.Mistake{Name: "image-broken", Conn: m.conn, Offset: at, Length: 20, RFC: "RFC 2045 §6.8", Book: "§2.3.2"})
	}
	return true
}

// opens knows pictures by their first bytes.
func opens(data []byte) bool {
	for _, magic := range []string{"\x89PNG", "\xff\xd8\xff", "GIF8", "BM", "RIFF", "II*\x00", "MM\x00*", "<svg", "<?xml", "\x00\x00\x01\x00"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return false
}

// unstuffed is a message as its reader gets it (RFC 5321 §4.5.2).
func unstuffed(raw []byte) []byte {
	raw = bytes.TrimPrefix(raw, []byte("."))
	return bytes.ReplaceAll(raw, []byte("\n."), []byte("\n"))
}
