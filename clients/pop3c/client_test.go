package pop3c

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/netx"
)

// TestCommands is one of each.
func TestCommands(t *testing.T) {
	s := dialed(t, `
		S: +OK ready <1896.697170952@dbc.mtview.ca.us>
		C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
		S: +OK maildrop has 2 messages (320 octets)
		C: STAT
		S: +OK 2 320
		C: LIST
		S: +OK 2 messages (320 octets)
		S: 1 120
		S: 2 200 and more
		S: .
		C: UIDL
		S: +OK
		S: 1 whqtswO00WBw418f9t5JxYwZ
		S: 2 QhdPYR:00WBw1Ph7x7
		S: .
		C: RETR 1
		S: +OK 120 octets
		S: Subject: dots
		S:
		S: ..
		S: ..hidden
		S: .
		C: TOP 2 10
		S: +OK
		S: .
		C: DELE 2
		S: +OK message 2 deleted
		C: DELE 2
		S: -ERR message 2 already deleted
		C: RSET
		S: +OK maildrop has 2 messages (320 octets)
		C: NOOP
		S: +OK
		C: QUIT
		S: +OK dewey POP3 server signing off
	`)
	if !s.OffersAPOP() || s.Secured() {
		t.Error("no APOP, or TLS")
	}
	if err := s.APOP("mrose", "tanstaaf"); err != nil {
		t.Fatal(err)
	}
	if count, octets, err := s.Stat(); count != 2 || octets != 320 || err != nil {
		t.Errorf("STAT: %d, %d, %v", count, octets, err)
	}
	if list, err := s.List(); !slices.Equal(list, []Message{{1, 120, ""}, {2, 200, ""}}) || err != nil {
		t.Errorf("LIST: %v, %v", list, err)
	}
	names := []Message{{1, -1, "whqtswO00WBw418f9t5JxYwZ"}, {2, -1, "QhdPYR:00WBw1Ph7x7"}}
	if list, err := s.UIDL(); !slices.Equal(list, names) || err != nil {
		t.Errorf("UIDL: %v, %v", list, err)
	}
	var text bytes.Buffer
	if n, err := s.Retr(1, &text); n != 29 || err != nil || text.String() != "Subject: dots\r\n\r\n.\r\n.hidden\r\n" {
		t.Errorf("RETR: %d, %q, %v", n, text.String(), err)
	}
	if n, err := s.Top(2, 10, &text); n != 0 || err != nil {
		t.Errorf("TOP: %d, %v", n, err)
	}
	if err := s.Dele(2); err != nil {
		t.Error(err)
	}
	var refused *Error
	if err := s.Dele(2); !errors.As(err, &refused) || refused.Command != "DELE 2" || refused.Text != "message 2 already deleted" {
		t.Errorf("%v", err)
	}
	if err := errors.Join(s.Rset(), s.Noop(), s.Quit()); err != nil {
		t.Error(err)
	}
	if err := s.Noop(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after QUIT: %v", err)
	}
}

func TestLogins(t *testing.T) {
	s := dialed(t, `
		S: +OK
		C: CAPA
		S: -ERR what?
		C: USER alice
		S: +OK
		C: PASS two words 
		S: -ERR [IN-USE] maildrop is locked
		C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
		S: +OK
		C: CAPA
		S: +OK
		S: pipelining
		S: UIDL
		S: .
	`)
	if all, err := s.Capabilities(); len(all) != 0 || err != nil {
		t.Errorf("%q, %v", all, err)
	}
	if err := s.APOP("alice", "secret"); !errors.Is(err, ErrNotOffered) {
		t.Error(err)
	}
	var refused *Error
	err := s.Login("alice", "two words ")
	if !errors.As(err, &refused) || refused.Code != "IN-USE" || strings.Contains(err.Error(), "two words") {
		t.Error(err)
	}
	if err := s.AuthPlain("alice", "secret"); err != nil {
		t.Error(err)
	}
	if all, err := s.Capabilities(); !slices.Equal(all, []string{"PIPELINING", "UIDL"}) || err != nil {
		t.Errorf("%q, %v", all, err)
	}
	for _, err := range []error{
		s.Login("alice\r\nDELE 1", "x"), s.Login("alice", "x\nQUIT"), s.AuthPlain("a\x00b", "c"),
	} {
		if !errors.Is(err, ErrArgument) {
			t.Error(err)
		}
	}
}

func TestTimestamps(t *testing.T) {
	for greeting, want := range map[string]string{
		"ready <1.2@host>":       "<1.2@host>",
		"<a@b> <c@d>":            "<a@b>",
		"ready":                  "",
		"ready <1.2>":            "",
		"ready <@host>":          "",
		"ready <a@b":             "",
		"ready <a b@host>":       "",
		"ready <a\x80@host>":     "",
		"ready <a\x01@host>":     "",
		"<a<b@c>":                "",
		"three < two <1@2> > <1": "",
	} {
		if got := findTimestamp(greeting); got != want {
			t.Errorf("%q: %q, want %q", greeting, got, want)
		}
	}
}

const twoMessages = `
	S: +OK
	C: LIST
	S: +OK
	S: 1 3
	S: 2 3
	S: .
	C: CAPA
	S: -ERR
`

// TestDownloadAndDelete is the book's session, in the book's order.
func TestDownloadAndDelete(t *testing.T) {
	s := dialed(t, twoMessages+`
		C: RETR 1
		S: +OK
		S: a
		S: .
		C: DELE 1
		S: +OK
		C: RETR 2
		S: +OK
		S: b
		S: .
		C: DELE 2
		S: +OK
		C: QUIT
		S: +OK
	`)
	var b box
	result, err := s.DownloadAndDelete(b.save)
	if result != (Result{Retrieved: 2, Deleted: 2, Octets: 6}) || err != nil || !slices.Equal(b.texts, []string{"a\r\n", "b\r\n"}) {
		t.Errorf("%+v, %v, %q", result, err, b.texts)
	}
}

// TestPipelinedDownload asks ahead, and deletes what was saved.
func TestPipelinedDownload(t *testing.T) {
	s := dialed(t, strings.Replace(twoMessages, "S: -ERR", "S: +OK\n\tS: PIPELINING\n\tS: .", 1)+`
		C: RETR 1
		C: RETR 2
		S: +OK
		S: a
		S: .
		C: DELE 1
		S: +OK
		S: b
		S: .
		C: DELE 2
		S: +OK
		S: +OK
		C: QUIT
		S: +OK
	`)
	var b box
	result, err := s.DownloadAndDelete(b.save)
	if result != (Result{Retrieved: 2, Deleted: 2, Octets: 6}) || err != nil || len(b.texts) != 2 {
		t.Errorf("%+v, %v, %q", result, err, b.texts)
	}
}

// TestWhatIsNotSavedIsNotDeleted, and what was is.
func TestWhatIsNotSavedIsNotDeleted(t *testing.T) {
	s := dialed(t, twoMessages+`
		C: RETR 1
		S: +OK
		S: a
		S: .
		C: DELE 1
		S: +OK
		C: RETR 2
		S: +OK
		S: b
		S: .
		C: QUIT
		S: +OK
	`)
	b := box{full: 1}
	result, err := s.DownloadAndDelete(b.save)
	if result != (Result{Retrieved: 1, Deleted: 1, Octets: 3}) || !errors.Is(err, errFull) || len(b.texts) != 1 {
		t.Errorf("%+v, %v, %q", result, err, b.texts)
	}
}

// TestAMessageThatIsGone does not stop the others.
func TestAMessageThatIsGone(t *testing.T) {
	s := dialed(t, twoMessages+`
		C: RETR 1
		S: -ERR gone
		C: RETR 2
		S: +OK
		S: b
		S: .
		C: DELE 2
		S: +OK
		C: QUIT
		S: -ERR [SYS/TEMP] some deleted messages not removed
	`)
	var b box
	result, err := s.DownloadAndDelete(b.save)
	if result != (Result{Retrieved: 1, Octets: 3}) || len(b.texts) != 1 || !strings.Contains(err.Error(), "gone") || !strings.Contains(err.Error(), "SYS/TEMP") {
		t.Errorf("%+v, %v, %q", result, err, b.texts)
	}
}

// TestDownloadAndKeep retrieves what is new, and forgets what is gone.
func TestDownloadAndKeep(t *testing.T) {
	seen := Seen{"A": true, "gone": true}
	s := dialed(t, `
		S: +OK
		C: UIDL
		S: +OK
		S: 1 A
		S: 2 B
		S: 3 C
		S: .
		C: CAPA
		S: -ERR
		C: RETR 2
		S: +OK
		S: b
		S: .
		C: RETR 3
		S: +OK
		S: c
		S: .
		C: QUIT
		S: +OK
	`)
	b := box{full: 1}
	result, err := s.DownloadAndKeep(seen, b.save)
	if result != (Result{Retrieved: 1, Kept: 1, Octets: 3}) || !errors.Is(err, errFull) {
		t.Errorf("%+v, %v", result, err)
	}
	var text bytes.Buffer
	if err := seen.Write(&text); text.String() != "A\nB\n" || err != nil {
		t.Errorf("%q, %v", text.String(), err)
	}
	if again, err := ReadSeen(&text); len(again) != 2 || !again["A"] || !again["B"] || err != nil {
		t.Errorf("%v, %v", again, err)
	}
}

func TestNoUIDL(t *testing.T) {
	s := dialed(t, "S: +OK\nC: UIDL\nS: -ERR no such command\n")
	if _, err := s.DownloadAndKeep(Seen{}, nil); !errors.Is(err, ErrNotOffered) {
		t.Error(err)
	}
}

// TestHostileServers: what is wrong is said, and the session is over.
func TestHostileServers(t *testing.T) {
	long := strings.Repeat("x", 5000)
	list := func(s *Session) error { _, err := s.List(); return err }
	uidl := func(s *Session) error { _, err := s.UIDL(); return err }
	stat := func(s *Session) error { _, _, err := s.Stat(); return err }
	retr := func(s *Session) error { _, err := s.Retr(1, io.Discard); return err }
	for name, c := range map[string]struct {
		script string
		do     func(s *Session) error
		want   error
	}{
		"nothing":                 {"S. close\n", nil, io.ErrUnexpectedEOF},
		"SMTP":                    {"S: 220 mail.example.com ESMTP\n", nil, ErrProtocol},
		"half a greeting":         {"S| +OK rea\nS. close\n", nil, io.ErrUnexpectedEOF},
		"an endless greeting":     {"S: +OK " + long + "\n", nil, ErrProtocol},
		"lower case":              {"S: +ok\n", nil, ErrProtocol},
		"STAT without numbers":    {"S: +OK\nC: STAT\nS: +OK two 320\n", stat, ErrProtocol},
		"STAT too large":          {"S: +OK\nC: STAT\nS: +OK 99999999999999999999 1\n", stat, ErrProtocol},
		"STAT of less than none":  {"S: +OK\nC: STAT\nS: +OK -1 1\n", stat, ErrProtocol},
		"LIST of message 0":       {"S: +OK\nC: LIST\nS: +OK\nS: 0 1\nS: .\n", list, ErrProtocol},
		"LIST without a size":     {"S: +OK\nC: LIST\nS: +OK\nS: 1\nS: .\n", list, ErrProtocol},
		"LIST without end":        {"S: +OK\nC: LIST\nS: +OK\nS: 1 1\nS. close\n", list, io.ErrUnexpectedEOF},
		"LIST of too many":        {"S: +OK\nC: LIST\nS: +OK\nS: 1 1\nS: 2 1\nS: 3 1\nS: 4 1\nS: .\n", list, ErrTooLarge},
		"LIST with a long line":   {"S: +OK\nC: LIST\nS: +OK\nS: 1 " + long + "\nS: .\n", list, ErrProtocol},
		"UIDL without a name":     {"S: +OK\nC: UIDL\nS: +OK\nS: 1 \nS: .\n", uidl, ErrProtocol},
		"UIDL with a long name":   {"S: +OK\nC: UIDL\nS: +OK\nS: 1 " + long[:300] + "\nS: .\n", uidl, ErrProtocol},
		"UIDL with a wrong name":  {"S: +OK\nC: UIDL\nS: +OK\nS: 1 a\x01b\nS: .\n", uidl, ErrProtocol},
		"RETR without end":        {"S: +OK\nC: RETR 1\nS: +OK\nS: half\nS. close\n", retr, io.ErrUnexpectedEOF},
		"RETR of too much":        {"S: +OK\nC: RETR 1\nS: +OK\nS: " + long + long + long + "\nS: .\n", retr, ErrTooLarge},
		"STLS with words behind":  {"S: +OK\nC: STLS\nS| +OK\\r\\n+OK you are root\\r\\n\n", (*Session).STLS, ErrProtocol},
		"STLS and the end":        {"S: +OK\nC: STLS\nS: +OK\nS. close\n", (*Session).STLS, io.ErrClosedPipe},
		"a reply without a space": {"S: +OK\nC: NOOP\nS: +OKAY\n", (*Session).Noop, ErrProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			client := play(t, c.script)
			client.MaxMessages, client.MaxMessage = 3, 10_000
			s, err := client.Dial(t.Context(), "mail.example.com")
			if err == nil {
				defer s.Close()
				if c.do == nil {
					t.Fatal("no error")
				}
				err = c.do(s)
				if again := s.Noop(); again == nil {
					t.Error("the session goes on")
				}
			}
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// TestASilentServer is not waited for for ever, nor after ctx has ended.
func TestASilentServer(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client := Client{Timeout: 50 * time.Millisecond}
	if _, err := client.Dial(t.Context(), ln.Addr().String()); !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	client.Timeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := client.Dial(ctx, ln.Addr().String()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestNobodyThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if _, err := new(Client).Dial(t.Context(), ln.Addr().String()); err == nil || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Error(err)
	}
}

// FuzzSession: whatever a server says, the client comes to an end.
func FuzzSession(f *testing.F) {
	f.Add("+OK <1@2>\r\n+OK\r\nPIPELINING\r\n.\r\n+OK 1 2\r\n+OK\r\n1 2\r\n.\r\n+OK\r\n1 a\r\n.\r\n+OK\r\ntext\r\n..\r\n.\r\n+OK\r\n+OK\r\n")
	f.Add("+OK\r\n-ERR\r\n-ERR [IN-USE] x\r\n+OK\r\n.\r\n")
	f.Fuzz(func(t *testing.T, said string) {
		nw := &talking{said: said}
		client := Client{Network: nw, MaxMessages: 100, MaxMessage: 1 << 20}
		for _, delete := range []bool{true, false} {
			s, err := client.Dial(t.Context(), "mail.example.com")
			if err != nil {
				return
			}
			s.Stat()
			save := func(_ Message, r io.Reader) error { _, err := io.CopyN(io.Discard, r, rand.Int64N(100)); return err }
			if delete {
				s.DownloadAndDelete(save)
			} else {
				s.DownloadAndKeep(Seen{}, save)
			}
			s.Close()
		}
	})
}

// talking is a server that does not listen.
type talking struct {
	netx.OS
	said string
}

func (nw *talking) DialContext(context.Context, string, string) (net.Conn, error) {
	return &words{strings.NewReader(nw.said)}, nil
}

type words struct{ *strings.Reader }

func (*words) Write(p []byte) (int, error)      { return len(p), nil }
func (*words) Close() error                     { return nil }
func (*words) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*words) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*words) SetDeadline(time.Time) error      { return nil }
func (*words) SetReadDeadline(time.Time) error  { return nil }
func (*words) SetWriteDeadline(time.Time) error { return nil }
