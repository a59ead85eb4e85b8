package smtp_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/dissect/rehearse"
	"github.com/wirebook/wirebook/wire/smtp"
)

var update = flag.Bool("update", false, "write what the dissector says into the conversations")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConversations(t *testing.T) { rehearse.Conversations(t, smtp.Protocol, *update) }

func FuzzStream(f *testing.F) { rehearse.Fuzz(f, smtp.Protocol) }

func TestEveryFindingIsListed(t *testing.T) {
	long := turns("220 SMTP\r\n", "EHLO "+strings.Repeat("x", 600)+"\r\n", "250-a\r\n"+strings.Repeat("250-b\r\n", 10000)+"250 c\r\n",
		strings.Repeat("x", 20000)+"\r\n")
	longer := turns("220 SMTP\r\n", "DATA\r\n", "354 go\r\n", "Subject: "+strings.Repeat("x", 1000)+"\r\n"+strings.Repeat("y", 100000)+"\r\n.\r\n")
	rehearse.Keys(t, smtp.Protocol, nil, long, longer)
}

// turns are those of a conversation, the server's first.
func turns(texts ...string) []rehearse.Turn {
	var turns []rehearse.Turn
	for i, text := range texts {
		turns = append(turns, rehearse.Turn{Server: i%2 == 0, Data: []byte(text)})
	}
	return turns
}

func say(texts ...string) []rehearse.Said {
	return rehearse.Play(rehearse.New(smtp.Protocol), turns(texts...), nil)
}

// all is what a message says anywhere.
func all(s rehearse.Said) string {
	return fmt.Sprint(s.Part.Summary, string(s.Span.Bytes), s.Part.Args, s.Part.Tree(s.Span.Bytes), s.Part.Value, s.Part.Findings)
}

// Nothing that the dissector says has what the client logs in with.
func TestLoginsAreHidden(t *testing.T) {
	const secret = "AGFsaWNlAFdvbmRlcjFhbmQ="
	for _, test := range [][]string{
		{"220 SMTP\r\n", "AUTH PLAIN " + secret + "\r\n", "235 in\r\n"},
		{"220 SMTP\r\n", "auth  plain  " + secret + "\n", "235 in\r\n"},
		{"220 SMTP\r\n", "AUTH PLAIN\r\n", "334 \r\n", secret + "\r\n", "235 in\r\n"},
		{"220 SMTP\r\n", "AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", secret + "\r\n", "334 UGFzc3dvcmQ6\r\n", secret + "\r\n", "535 no\r\n"},
		{"220 SMTP\r\n", "AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", secret + "\r\n" + secret + "\r\n", "535 no\r\n"},
		{"220 SMTP\r\n", "AUTH PLAIN " + strings.Repeat(secret, 1000) + "\r\n", "500 too long\r\n"},
		{"220 SMTP\r\n", "AUTH PLAIN " + secret},
	} {
		for _, s := range say(test...) {
			if strings.Contains(all(s), secret[1:8]) {
				t.Errorf("%.60q: %s", test, all(s))
			}
		}
	}
	// After the login, or if there is none, nothing is hidden.
	said := say("220 SMTP\r\n", "AUTH LOGIN\r\n", "504 no\r\n", "MAIL FROM:<AUTH@x>\r\n", "250 ok\r\n", "RCPT TO:<a@b>\r\n", "250 ok\r\n",
		"DATA\r\n", "354 go\r\n", "AUTH PLAIN "+secret+"\r\n.\r\n")
	if last := said[len(said)-1]; !strings.Contains(string(last.Span.Bytes), secret) {
		t.Errorf("a mail about logins: %q", last.Span.Bytes)
	}
}

func TestFields(t *testing.T) {
	for _, test := range []struct {
		said []string
		want map[string][2]string // a field's bytes and its value
	}{
		{[]string{"220 SMTP\r\n", "mail FROM:<alice@a.example> SIZE=99 BODY=8BITMIME\r\n"}, map[string][2]string{
			"smtp.command.MAIL": {"mail", "MAIL"}, "smtp.path": {"<alice@a.example>", "<alice@a.example>"},
			"smtp.extension.SIZE": {"SIZE=99", "SIZE=99"}, "smtp.parameter": {"BODY=8BITMIME", "BODY=8BITMIME"},
		}},
		{[]string{"550 5.1.1 No such user\r\n"}, map[string][2]string{
			"smtp.reply.550": {"550", "550"}, "smtp.text": {"5.1.1 No such user", "5.1.1 No such user"}, "smtp.enhanced.5": {"5.1.1", "5.1.1"},
		}},
		{[]string{"220 SMTP\r\n", "EHLO a\r\n", "250-b\r\n250-SIZE 1000\r\n250 X-ODD\r\n"}, map[string][2]string{
			"smtp.extension.SIZE": {"SIZE 1000", "SIZE 1000"}, "smtp.extension": {"X-ODD", "X-ODD"},
		}},
		{[]string{"334 VXNlcm5hbWU6\r\n"}, map[string][2]string{
			"mail.sasl": {"VXNlcm5hbWU6", "VXNlcm5hbWU6"}, "mail.decoded": {"VXNlcm5hbWU6", "Username:"},
		}},
		{[]string{"220 SMTP\r\n", "AUTH PLAIN AGFsaWNl\r\n"}, map[string][2]string{"smtp.argument": {"PLAIN ********", "PLAIN ****"}}},
	} {
		said := say(test.said...)
		last := said[len(said)-1]
		tree := last.Part.Tree(last.Span.Bytes)
		for key, want := range test.want {
			f := dissect.Find(tree, key)
			if f == nil {
				t.Errorf("%q: no %s", test.said, key)
			} else if got := [2]string{string(last.Span.Bytes[f.Offset : f.Offset+f.Length]), f.Value}; got != want {
				t.Errorf("%q: %s is %q, want %q", test.said, key, got, want)
			}
		}
	}
}

// All of a mail's exchange has one number, and the mail its name.
func TestStory(t *testing.T) {
	mail := "Message-ID: <1@x>\r\nFrom: a\r\nDate: b\r\n\r\nhi\r\n.\r\n"
	said := say("220 SMTP\r\n", "EHLO a\r\n", "250 b\r\n", "MAIL FROM:<a@a>\r\n", "250 ok\r\n", "RCPT TO:<b@b>\r\n", "250 ok\r\n", "DATA\r\n", "354 go\r\n",
		mail, "250 queued\r\n", "MAIL FROM:<a@a>\r\n", "250 ok\r\n", "QUIT\r\n", "221 bye\r\n")
	var got []string
	for _, s := range said {
		got = append(got, fmt.Sprintf("%d%s", s.Part.Exchange, s.Part.Story))
	}
	if want := "0 0 0 1 1 1 1 1 1 1<1@x> 1 2 2 2 2"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
}

// Who comes late understands what can be understood.
func TestMidway(t *testing.T) {
	play := func(texts ...string) string {
		s := &dissect.Stream{Midway: true}
		client, server := rehearse.New(smtp.Protocol).Stream(s)
		var said []rehearse.Said
		halves := [2]*dissect.Half{}
		for i, read := range [...]func(*dissect.Reader){client, server} {
			halves[i] = dissect.NewHalf(read, 1000, func(p dissect.Part, s dissect.Span) dissect.Ref {
				said = append(said, rehearse.Said{Server: i == 1, Part: p, Span: s})
				return dissect.Ref{ID: uint64(len(said))}
			})
		}
		for i, text := range texts {
			rehearse.Push(halves[i%2], text)
		}
		halves[0].End(false)
		halves[1].End(false)
		return rehearse.Text(said)
	}
	for _, test := range []struct {
		texts []string
		want  string
	}{
		{[]string{"the end of a mail\r\n.\r\n", "250 queued\r\n", "QUIT\r\n", "221 bye\r\n"},
			"< \"250 queued\" message.smtp.reply.250, 12 bytes\n> \"QUIT\" message.smtp.command.QUIT, 6 bytes\n< \"221 bye\" message.smtp.reply.221, 9 bytes, answers 2\n"},
		{[]string{"", "334 UGFzc3dvcmQ6\r\n", "d29uZGVy\r\n", "235 in\r\n"},
			"< \"334 UGFzc3dvcmQ6 (Password:)\" message.smtp.reply.334, 18 bytes\n> \"AUTH response ****\" message.smtp.response, 10 bytes\n" +
				"    ! finding.mail.password.clear RFC 8314 §4.1 \"********\"\n< \"235 in\" message.smtp.reply.235, 8 bytes, answers 2\n"},
		{[]string{"", "354 go\r\n", "Message-ID: <1@x>\r\nFrom: a\r\nDate: b\r\n\r\nx\r\n.\r\n", "250 ok\r\n"},
			"< \"354 go\" message.smtp.reply.354, 8 bytes\n> \"message <1@x>, 42 bytes\" message.mail.message, 45 bytes\n< \"250 ok\" message.smtp.reply.250.mail, 8 bytes, answers 2\n"},
	} {
		if got := play(test.texts...); got != test.want {
			t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
		}
	}
}

func TestSniff(t *testing.T) {
	for start, want := range map[string]dissect.Guess{
		"": dissect.Perhaps, "2": dissect.Perhaps, "220 mail.example": dissect.Perhaps, "220 mail.example.com ESMTP": dissect.Yes,
		"220 (vsFTPd 3.0.5)\r\n": dissect.No, "+OK": dissect.No,
	} {
		if got := smtp.Protocol.Sniff(false, []byte(start)); got != want {
			t.Errorf("%q: %d, want %d", start, got, want)
		}
	}
}
