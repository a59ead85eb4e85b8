package imap_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/dissect/rehearse"
	"github.com/wirebook/wirebook/wire/imap"
)

var update = flag.Bool("update", false, "write what the dissector says into the conversations")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConversations(t *testing.T) { rehearse.Conversations(t, imap.Protocol, *update) }

func FuzzStream(f *testing.F) { rehearse.Fuzz(f, imap.Protocol) }

func TestEveryFindingIsListed(t *testing.T) {
	ofMail := func(key string) bool { return strings.HasPrefix(key, "finding.mail.") }
	rehearse.Keys(t, imap.Protocol, ofMail)
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
	return rehearse.Play(rehearse.New(imap.Protocol), turns(texts...), nil)
}

// Nothing that the dissector says has a password, or what AUTHENTICATE sends.
func TestLoginsAreHidden(t *testing.T) {
	const secret = "Wonder1and"
	const ready = "* OK ready\r\n"
	for _, test := range [][]string{
		{ready, "a LOGIN alice " + secret + "\r\n", "a OK\r\n"},
		{ready, "a login \"a \\\" b\" \"" + secret + " x\"\n", "a OK\r\n"},
		{ready, "a LOGIN {5}\r\n", "+ go\r\n", "alice {10}\r\n", "+ go\r\n", secret + "\r\n", "a OK\r\n"},
		{ready, "a LOGIN {5+}\r\nalice {10+}\r\n" + secret + "\r\n", "a OK\r\n"},
		{ready, "a LOGIN alice {10+}\r\n" + secret + "\r\n", "a OK\r\n"},
		{ready, "a LOGIN {5+}\r\nalice " + secret + "\r\n", "a OK\r\n"},
		{ready, "a LOGIN {5+}\r\nalice \"" + secret + "\"\r\n", "a OK\r\n"},
		{ready, "LOGIN alice " + secret + "\r\n", "* BAD\r\n"},
		{ready, "a AUTHENTICATE PLAIN " + secret + "\r\n", "a OK\r\n"},
		{ready, "AUTHENTICATE PLAIN " + secret + "\r\n", "a OK\r\n"},
		{ready, "a AUTHENTICATE LOGIN\r\n", "+ VXNlcm5hbWU6\r\n", secret + "\r\n", "+ UGFzc3dvcmQ6\r\n", secret + "\r\n", "a OK\r\n"},
		{ready, "a LOGIN alice " + strings.Repeat(secret, 10000) + "\r\n", "a BAD\r\n"},
		{ready, "a LOGIN alice {100000+}\r\n" + strings.Repeat(secret, 10000) + "\r\n", "a BAD\r\n"},
		{ready, "a LOGIN alice " + secret},
	} {
		for _, s := range say(test...) {
			all := fmt.Sprint(s.Part.Summary, string(s.Span.Bytes), s.Part.Args, s.Part.Tree(s.Span.Bytes), s.Part.Value, s.Part.Findings)
			if strings.Contains(all, secret[1:]) {
				t.Errorf("%.60q: %s", test, all)
			}
		}
	}
	said := say(ready, "a LOGIN alice x\r\n", "a OK\r\n", "b APPEND INBOX {17+}\r\na LOGIN alice "+secret[:3]+"\r\n", "b OK\r\n")
	if !strings.Contains(string(said[3].Span.Bytes), "alice Won") {
		t.Errorf("a mail about logins: %q", said[3].Span.Bytes)
	}
}

func TestFields(t *testing.T) {
	for _, test := range []struct {
		said []string
		want map[string][2]string // a field's bytes and its value
	}{
		{[]string{"* OK hi\r\n", "a7 uid fetch 1:* (FLAGS)\r\n"}, map[string][2]string{
			"imap.tag": {"a7", "a7"}, "imap.command.UID": {"uid", "UID"}, "imap.command.FETCH": {"fetch", "FETCH"}, "imap.argument": {"1:* (FLAGS)", "1:* (FLAGS)"},
		}},
		{[]string{"* OK hi\r\n", "", "* 23 EXISTS\r\n"}, map[string][2]string{
			"imap.untagged": {"*", "*"}, "imap.number": {"23", "23"},
		}},
		{[]string{"* OK hi\r\n", "", "* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {15}\r\nSubject: hi\r\n\r\n FLAGS ())\r\n"}, map[string][2]string{
			"mail.header.Subject": {"Subject: hi\r\n", "hi"}, "imap.literal": {"Subject: hi\r\n\r\n", `message "hi", 15 bytes`},
		}},
		{[]string{"* OK hi\r\n", "a AUTHENTICATE LOGIN\r\n", "+ VXNlcm5hbWU6\r\n"}, map[string][2]string{
			"imap.continuation": {"+", "+"}, "mail.decoded": {"VXNlcm5hbWU6", "Username:"},
		}},
	} {
		said := say(test.said...)
		last := said[len(said)-1]
		tree := last.Part.Tree(last.Span.Bytes)
		for key, want := range test.want {
			f := dissect.Find(tree, key)
			if f == nil {
				t.Errorf("%q: no %s in %+v", test.said, key, tree)
			} else if got := [2]string{string(last.Span.Bytes[f.Offset : f.Offset+f.Length]), f.Value}; got != want {
				t.Errorf("%q: %s is %q, want %q", test.said, key, got, want)
			}
		}
	}
}

func TestSniff(t *testing.T) {
	for start, want := range map[string]dissect.Guess{"": dissect.Perhaps, "* ": dissect.Perhaps, "* OK x": dissect.Yes, "* PREAUTH x": dissect.Yes, "+OK": dissect.No} {
		if got := imap.Protocol.Sniff(false, []byte(start)); got != want {
			t.Errorf("%q: %d, want %d", start, got, want)
		}
	}
}
