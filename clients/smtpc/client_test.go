package smtpc

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
)

// greeted is how every conversation begins.
const greeted = `
	S: 220 mail.example.edu ESMTP
	C: EHLO alice.example.edu
`

const message = "Subject: dots\r\n\r\n.\r\n..\r\nend\n"

// TestTheBook is the conversation of Kurose & Ross §2.3.1, a command at a time.
func TestTheBook(t *testing.T) {
	s := dialed(t, `
		S: 220 hamburger.edu
		C: EHLO alice.example.edu
		S: 500 what?
		C: HELO alice.example.edu
		S: 250 Hello crepes.fr, pleased to meet you
		C: MAIL FROM:<alice@crepes.fr>
		S: 250 alice@crepes.fr ... Sender ok
		C: RCPT TO:<bob@hamburger.edu>
		S: 250 bob@hamburger.edu ... Recipient ok
		C: RSET
		S: 250
		C: NOOP
		S: 250-
		S: 250
		C: MAIL FROM:<alice@crepes.fr>
		S: 250
		C: RCPT TO:<bob@hamburger.edu>
		S: 251 User not local; will forward
		C: DATA
		S: 354 Enter mail, end with "." on a line by itself
		C: Do you like ketchup?
		C: How about pickles?
		C: .
		S: 250 Message accepted for delivery
		C: QUIT
		S: 221 hamburger.edu closing connection
	`)
	if _, ok := s.Extension("SIZE"); ok {
		t.Error("an extension")
	}
	if err := errors.Join(s.Mail("alice@crepes.fr"), s.Rcpt("bob@hamburger.edu"), s.Rset(), s.Noop()); err != nil {
		t.Fatal(err)
	}
	result, err := s.Send(Envelope{From: "alice@crepes.fr", To: []string{"bob@hamburger.edu"}, Size: 50},
		strings.NewReader("Do you like ketchup?\nHow about pickles?"))
	if err != nil || result.Reply.String() != "250 Message accepted for delivery" || result.Accepted[0] != "bob@hamburger.edu" {
		t.Errorf("%+v, %v", result, err)
	}
	if err := s.Quit(); err != nil {
		t.Error(err)
	}
	if err := s.Noop(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after QUIT: %v", err)
	}
}

func TestSending(t *testing.T) {
	to := []string{"bob@example.com", "carol@example.edu"}
	both := Envelope{From: "alice@example.edu", To: to}
	for _, c := range []struct {
		name, conversation string
		envelope           Envelope
		accepted           []string
		refused            int
		failure            error  // that must be in the error
		want               string // in the error's text
	}{
		{name: "pipelined", envelope: Envelope{From: "alice@example.edu", To: to, Size: 29}, accepted: to, conversation: greeted + `
			S: 250-mail.example.edu
			S: 250-pipelining
			S: 250-SIZE 1000
			S: 250 8BITMIME
			C: MAIL FROM:<alice@example.edu> SIZE=29
			C: RCPT TO:<bob@example.com>
			C: RCPT TO:<carol@example.edu>
			C: DATA
			S: 250 2.1.0 ok
			S: 250 2.1.5 ok
			S: 250 2.1.5 ok
			S: 354 go ahead
			C: Subject: dots
			C:
			C: ..
			C: ...
			C: end
			C: .
			S: 250 2.0.0 queued as 42
			C: NOOP
			S: 250 ok`},
		{name: "one refused", envelope: both, accepted: to[1:], refused: 1, conversation: greeted + `
			S: 250-mail.example.edu
			S: 250 PIPELINING
			C: MAIL FROM:<alice@example.edu>
			C: RCPT TO:<bob@example.com>
			C: RCPT TO:<carol@example.edu>
			C: DATA
			S: 250 ok
			S: 550-5.7.1 we do
			S: 550 5.7.1 not relay
			S: 252 ok
			S: 354 go ahead
			C: Subject: dots
			C:
			C: ..
			C: ...
			C: end
			C: .
			S: 250 ok
			C: NOOP
			S: 250 ok`},
		{name: "all refused, and DATA too", envelope: both, refused: 2, failure: ErrNobody, want: "550 5.1.1 no such user", conversation: greeted + `
			S: 250-mail.example.edu
			S: 250 PIPELINING
			C: MAIL FROM:<alice@example.edu>
			C: RCPT TO:<bob@example.com>
			C: RCPT TO:<carol@example.edu>
			C: DATA
			S: 250 ok
			S: 550 5.1.1 no such user
			S: 452 4.2.2 mailbox full
			S: 554 no valid recipients
			C: RSET
			S: 250 ok
			C: NOOP
			S: 250 ok`},
		{name: "all refused, but not DATA", envelope: both, refused: 2, failure: ErrNobody, conversation: greeted + `
			S: 250-mail.example.edu
			S: 250 PIPELINING
			C: MAIL FROM:<alice@example.edu>
			C: RCPT TO:<bob@example.com>
			C: RCPT TO:<carol@example.edu>
			C: DATA
			S: 250 ok
			S: 550 no
			S: 550 no
			S: 354 go ahead
			C: .
			S: 554 no valid recipients
			C: RSET
			S: 250 ok
			C: NOOP
			S: 250 ok`},
		{name: "all refused, one by one", envelope: both, refused: 2, failure: ErrNobody, conversation: greeted + `
			S: 250 mail.example.edu
			C: MAIL FROM:<alice@example.edu>
			S: 250 ok
			C: RCPT TO:<bob@example.com>
			S: 550 no
			C: RCPT TO:<carol@example.edu>
			S: 550 no
			C: RSET
			S: 250 ok
			C: NOOP
			S: 250 ok`},
		{name: "the sender refused", envelope: both, want: "MAIL FROM:<alice@example.edu> with 530 5.7.0 log in first", conversation: greeted + `
			S: 250 mail.example.edu
			C: MAIL FROM:<alice@example.edu>
			S: 530 5.7.0 log in first
			C: NOOP
			S: 250 ok`},
		{name: "the sender refused, pipelined", envelope: both, refused: 2, want: "530 5.7.0 log in first", conversation: greeted + `
			S: 250-mail.example.edu
			S: 250 PIPELINING
			C: MAIL FROM:<alice@example.edu>
			C: RCPT TO:<bob@example.com>
			C: RCPT TO:<carol@example.edu>
			C: DATA
			S: 530 5.7.0 log in first
			S: 503 no sender
			S: 503 no sender
			S: 503 no sender
			C: NOOP
			S: 250 ok`},
		{name: "DATA refused", envelope: both, want: "DATA with 451 later", conversation: greeted + `
			S: 250-mail.example.edu
			S: 250 PIPELINING
			C: MAIL FROM:<alice@example.edu>
			C: RCPT TO:<bob@example.com>
			C: RCPT TO:<carol@example.edu>
			C: DATA
			S: 250 ok
			S: 250 ok
			S: 250 ok
			S: 451 later
			C: RSET
			S: 250 ok
			C: NOOP
			S: 250 ok`},
		{name: "the message refused", envelope: both, want: "the message with 554 5.6.0 we do not like it", conversation: greeted + `
			S: 250-mail.example.edu
			S: 250 PIPELINING
			C: MAIL FROM:<alice@example.edu>
			C: RCPT TO:<bob@example.com>
			C: RCPT TO:<carol@example.edu>
			C: DATA
			S: 250 ok
			S: 250 ok
			S: 250 ok
			S: 354 go ahead
			C: Subject: dots
			C:
			C: ..
			C: ...
			C: end
			C: .
			S: 554 5.6.0 we do not like it
			C: NOOP
			S: 250 ok`},
		{name: "too large", envelope: Envelope{From: "a@example.edu", To: to, Size: 1001}, failure: ErrTooLarge, conversation: greeted + `
			S: 250-mail.example.edu
			S: 250 SIZE 1000
			C: NOOP
			S: 250 ok`},
		{name: "8 bits not taken", envelope: Envelope{From: "a@example.edu", To: to, EightBit: true}, failure: ErrNotOffered, conversation: greeted + `
			S: 250 mail.example.edu
			C: NOOP
			S: 250 ok`},
		{name: "UTF-8", envelope: Envelope{From: "小明@example.cn", To: []string{"bob@example.com"}}, accepted: to[:1], conversation: greeted + `
			S: 250-mail.example.edu
			S: 250-8BITMIME
			S: 250-SIZE
			S: 250 SMTPUTF8
			C: MAIL FROM:<小明@example.cn> BODY=8BITMIME SMTPUTF8
			S: 250 ok
			C: RCPT TO:<bob@example.com>
			S: 250 ok
			C: DATA
			S: 354 go ahead
			C: Subject: dots
			C:
			C: ..
			C: ...
			C: end
			C: .
			S: 250 ok
			C: NOOP
			S: 250 ok`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := dialed(t, c.conversation)
			result, err := s.Send(c.envelope, strings.NewReader(message))
			if !slices.Equal(result.Accepted, c.accepted) || len(result.Refused) != c.refused {
				t.Errorf("accepted %v, refused %v", result.Accepted, result.Refused)
			}
			if bad := c.failure != nil || c.want != ""; bad != (err != nil) || !errors.Is(err, c.failure) && c.failure != nil {
				t.Errorf("%v", err)
			} else if bad && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v does not say %q", err, c.want)
			}
			if err := s.Noop(); err != nil { // the session goes on
				t.Error(err)
			}
		})
	}
}

// TestManyRecipients: not all commands are sent at once, lest both sides write.
func TestManyRecipients(t *testing.T) {
	var to []string
	conversation := greeted + "S: 250-mail\nS: 250 PIPELINING\nC: MAIL FROM:<>\n"
	asked := 1
	replies := "S: 250 ok\n"
	for i := range 3*ahead - 2 {
		to = append(to, fmt.Sprintf("u%d@example.com", i))
		if asked++; asked > ahead {
			conversation, replies, asked = conversation+replies, "", 1
		}
		conversation += "C: RCPT TO:<" + to[i] + ">\n"
		replies += "S: 250 ok\n"
	}
	conversation += "C: DATA\n" + replies + "S: 354 go\nC: .\nS: 250 ok\n"
	result, err := dialed(t, conversation).Send(Envelope{To: to}, strings.NewReader(""))
	if err != nil || !slices.Equal(result.Accepted, to) {
		t.Errorf("%d, %v", len(result.Accepted), err)
	}
}

func TestLogins(t *testing.T) {
	var lines []string
	c := play(t, `
		S: 220 mail.example.edu
		C: EHLO alice.example.edu
		S: 250-mail.example.edu
		S: 250 AUTH LOGIN plain
		C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
		S: 535 5.7.8 no
		C: AUTH LOGIN
		S: 334 VXNlcm5hbWU6
		C: YWxpY2U=
		S: 334 UGFzc3dvcmQ6
		C: c2VjcmV0
		S: 235 2.7.0 yes
	`)
	c.Trace.Line = func(sent bool, line string) { lines = append(lines, line) }
	s, err := c.Dial(t.Context(), "mail.example.edu")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var refused *Error
	if err := s.Auth("alice", "secret"); !errors.As(err, &refused) || refused.Enhanced() != "5.7.8" || refused.Temporary() {
		t.Errorf("%v", err)
	} else if refused.Command != "AUTH PLAIN" {
		t.Errorf("%q", refused.Command)
	}
	if err := s.AuthLogin("alice", "secret"); err != nil {
		t.Error(err)
	}
	if err := s.AuthPlain("a\x00b", "c"); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
	if err := s.StartTLS(); !errors.Is(err, ErrNotOffered) {
		t.Error(err)
	}
	all := strings.Join(lines, "\n")
	if strings.Contains(all, "AGFs") || strings.Contains(all, "c2Vj") || !strings.Contains(all, "AUTH PLAIN ********\n535 5.7.8 no\nAUTH LOGIN\n") {
		t.Errorf("the trace:\n%s", all)
	}
}

func TestNoLogin(t *testing.T) {
	s := dialed(t, greeted+`
		S: 250-mail.example.edu
		S: 250 AUTH CRAM-MD5`)
	if err := s.Auth("alice", "secret"); !errors.Is(err, ErrNotOffered) {
		t.Error(err)
	}
}

// TestArguments: nothing can be put into a command but what belongs there.
func TestArguments(t *testing.T) {
	s := dialed(t, greeted+`S: 250 mail.example.edu`)
	for _, address := range []string{
		"a\r\nRCPT TO:<b@c>", "a\nb@c", "a@b>", "<a@b>", "a b@c", "a@b> SIZE=1", `"a@b`, `"a\`, `a\@b`, "a@b\x00", "a@b\x7f", "\"a\rb\"@c",
	} {
		if err := s.Rcpt(address); !errors.Is(err, ErrArgument) {
			t.Errorf("%q: %v", address, err)
		}
		if err := s.Mail(address); !errors.Is(err, ErrArgument) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if err := s.Rcpt(""); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
	if err := s.Mail("", "SIZE=1 BODY=7BIT"); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
	for _, address := range []string{"", "a@b", `"a b"@c`, `"<\">"@c`, "a@[192.0.2.1]", "a+b/c=d@e", "@a,@b:c@d", "postmaster", "小明@例子.cn"} {
		if err := checkAddress(address); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestLiteral(t *testing.T) {
	for at, want := range map[string]string{
		"192.0.2.11:40000": "[192.0.2.11]", "[2001:db8:1::11]:40000": "[IPv6:2001:db8:1::11]", "[fe80::1%eth0]:1": "[IPv6:fe80::1]",
		"[::ffff:192.0.2.11]:1": "[192.0.2.11]", "pipe": "localhost",
	} {
		if got := literal(named(at)); got != want {
			t.Errorf("%s is %s, want %s", at, got, want)
		}
	}
}

type named string

func (n named) Network() string { return "tcp" }
func (n named) String() string  { return string(n) }
