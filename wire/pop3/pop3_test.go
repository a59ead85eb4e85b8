package pop3_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/dissect/rehearse"
	"github.com/wirebook/wirebook/wire/pop3"
)

var update = flag.Bool("update", false, "write what the dissector says into the conversations")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConversations(t *testing.T) { rehearse.Conversations(t, pop3.Protocol, *update) }

func FuzzStream(f *testing.F) { rehearse.Fuzz(f, pop3.Protocol) }

// turns are those of a conversation, the server's first.
func turns(texts ...string) []rehearse.Turn {
	var turns []rehearse.Turn
	for i, text := range texts {
		turns = append(turns, rehearse.Turn{Server: i%2 == 0, Data: []byte(text)})
	}
	return turns
}

func say(texts ...string) []rehearse.Said {
	return rehearse.Play(rehearse.New(pop3.Protocol), turns(texts...), nil)
}

func TestEveryFindingIsListed(t *testing.T) {
	ofMail := func(key string) bool { return strings.HasPrefix(key, "finding.mail.") }
	rehearse.Keys(t, pop3.Protocol, ofMail, turns("+OK\r\n", "NOOP "+strings.Repeat("x", 300)+"\r\n", "+OK\r\n"))
}

// Nothing that the dissector says has a password, an APOP digest, or what AUTH
// sends.
func TestLoginsAreHidden(t *testing.T) {
	const secret = "Wonder1and"
	for _, test := range [][]string{
		{"+OK\r\n", "PASS " + secret + "\r\n", "+OK\r\n"},
		{"+OK\r\n", "pass\t" + secret + " x\n", "+OK\r\n"},
		{"+OK\r\n", "PASS" + secret + "\r\n", "-ERR\r\n"},
		{"+OK\r\n", " PASS " + secret + "\r\n", "-ERR\r\n"},
		{"+OK\r\n", "PASS " + strings.Repeat(secret, 3000) + "\r\n", "-ERR\r\n"},
		{"+OK <1@x>\r\n", "APOP alice " + secret + "\r\n", "+OK\r\n"},
		{"+OK\r\n", "AUTH PLAIN " + secret + "\r\n", "+OK\r\n"},
		{"+OK\r\n", "AUTH LOGIN\r\n", "+ VXNlcm5hbWU6\r\n", secret + "\r\n", "+ UGFzc3dvcmQ6\r\n", secret + "\r\n", "+OK\r\n"},
		{"+OK\r\n", "PASS " + secret},
	} {
		for _, s := range say(test...) {
			all := fmt.Sprint(s.Part.Summary, string(s.Span.Bytes), s.Part.Args, s.Part.Tree(s.Span.Bytes), s.Part.Value, s.Part.Findings)
			if strings.Contains(all, secret[1:]) {
				t.Errorf("%.60q: %s", test, all)
			}
		}
	}
}

func TestMail(t *testing.T) {
	said := say("+OK\r\n", "USER a\r\n", "+OK\r\n", "PASS b\r\n", "+OK\r\n", "RETR 1\r\n",
		"+OK 99 octets\r\nMessage-ID: <1@x>\r\nSubject: dots\r\n\r\n..\r\n...\r\n.\r\n", "DELE 1\r\n", "+OK\r\n")
	reply := said[6]
	if reply.Part.Story != "<1@x>" || reply.Part.Exchange != 1 || said[5].Part.Exchange != 1 || said[7].Part.Exchange != 1 {
		t.Errorf("story %q, exchanges %d, %d, %d", reply.Part.Story, said[5].Part.Exchange, reply.Part.Exchange, said[7].Part.Exchange)
	}
	tree := reply.Part.Tree(reply.Span.Bytes)
	body := dissect.Find(tree, "mail.body")
	if body == nil {
		t.Fatal("no body")
	}
	if got := string(reply.Span.Bytes[body.Offset : body.Offset+body.Length]); got != "..\r\n...\r\n" {
		t.Errorf("the body is %q on the wire", got)
	}
	decoded := dissect.Find(tree, "mail.decoded")
	if len(decoded.Children) != 2 || decoded.Children[0].Value != "." || decoded.Children[1].Value != ".." {
		t.Errorf("decoded: %+v", decoded)
	}
}

func TestSniff(t *testing.T) {
	for start, want := range map[string]dissect.Guess{"": dissect.Perhaps, "+O": dissect.Perhaps, "+OK": dissect.Yes, "* OK": dissect.No} {
		if got := pop3.Protocol.Sniff(false, []byte(start)); got != want {
			t.Errorf("%q: %d, want %d", start, got, want)
		}
	}
}
