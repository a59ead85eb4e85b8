package imapc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
)

const ready = "S: * OK [CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS SASL-IR AUTH=PLAIN] ready\n"

// TestASession is one of each.
func TestASession(t *testing.T) {
	s := dialed(t, ready+`
		C: a1 LOGIN "alice" "two \"words\""
		S: * CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS
		S: a1 OK logged in
		C: a2 LIST "" "*"
		S: * LIST (\HasNoChildren) "/" INBOX
		S: * LIST (\Noselect \HasChildren) NIL "a \"quoted\" name"
		S: * LIST () "." {13}
		S| &g0l6Pw- etc.\r\n
		S: a2 OK done
		C: a3 STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)
		S: * STATUS INBOX (MESSAGES 2 UIDNEXT 18 UIDVALIDITY 1772442000 UNSEEN 1 X-OTHER (a b))
		S: a3 OK done
		C: a4 SELECT INBOX
		S: * FLAGS (\Answered \Seen $Junk)
		S: * 2 EXISTS
		S: * 0 RECENT
		S: * OK [PERMANENTFLAGS (\Seen \*)] ok
		S: * OK [UIDVALIDITY 1772442000] ok
		S: * OK [UIDNEXT 18] ok
		S: a4 OK [READ-WRITE] selected
		C: a5 FETCH 1:2 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID)])
		S: * 1 FETCH (UID 16 FLAGS (\Seen) INTERNALDATE " 1-Sep-2026 12:00:00 +0000" RFC822.SIZE 300 BODY[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID)] {13}
		S| Subject: a)\r\n)\r\n
		S: * 3 EXISTS
		S: * 1 FETCH (FLAGS (\Seen \Flagged))
		S: * 2 FETCH (BODY[HEADER.FIELDS (FROM)] "Subject: \"b\"" RFC822.SIZE 4000000000 UID 17 FLAGS () X-THING ("a" (b NIL)))
		S: a5 OK done
		C: a6 UID FETCH 17 (BODY.PEEK[2])
		S: * 2 FETCH (UID 17 BODY[2] {20}
		S| \x00\xff)\r\na6 OK done\r\n123)\r\n
		S: a6 OK done
		C: a7 UID FETCH 99 (BODY.PEEK[])
		S: a7 OK done
		C: a8 UID STORE 16:17 +FLAGS.SILENT (\Seen $Junk)
		S: a8 OK done
		C: a9 UID STORE 16 -FLAGS.SILENT (\Flagged)
		S: a9 OK done
		C: a10 UID SEARCH ALL UNSEEN SINCE 1-Sep-2026 FROM "bob"
		S: * SEARCH 16 17 
		S: a10 OK done
		C: a11 UID SEARCH CHARSET UTF-8 ALL SUBJECT {6}
		S: + go on
		C: 午饭
		S: * SEARCH
		S: a11 OK done
		C: a12 UID MOVE 16 "&XfJSIJZk-"
		S: * OK [COPYUID 1 16 1] moved
		S: * 1 EXPUNGE
		S: a12 OK done
		C: a13 UID STORE 17 +FLAGS.SILENT (\Deleted)
		S: a13 OK done
		C: a14 UID EXPUNGE 17
		S: * 1 EXPUNGE
		S: a14 OK done
		C: a15 APPEND Sent (\Seen) " 1-Sep-2026 12:00:00 +0000" {6}
		S: + go on
		C: x
		C: y
		C:
		S: a15 OK [APPENDUID 1 2] done
		C: a16 APPEND Nowhere () {3}
		S: a16 NO [TRYCREATE] no such folder
		C: a17 CREATE Nowhere
		S: a17 OK done
		C: a18 DELETE Nowhere
		S: a18 OK done
		C: a19 LOGOUT
		S: * BYE see you
		S: a19 OK done
	`)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	equal := func(got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	check(s.Login("alice", `two "words"`))
	folders, err := s.Folders()
	check(err)
	equal(folders, []Folder{
		{"INBOX", "/", []string{`\HasNoChildren`}}, {`a "quoted" name`, "", []string{`\Noselect`, `\HasChildren`}}, {"草稿 etc.", ".", nil},
	})
	counts, err := s.Status("INBOX")
	check(err)
	equal(counts, Counts{Messages: 2, Unseen: 1, UIDNext: 18, UIDValidity: 1772442000})
	inbox, err := s.Select("INBOX")
	check(err)
	equal(inbox, Mailbox{Name: "INBOX", Messages: 2, UIDValidity: 1772442000, UIDNext: 18, Flags: []string{`\Answered`, `\Seen`, `$Junk`}})
	noon := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	messages, err := s.Messages(1, 2)
	check(err)
	if len(messages) != 2 || !messages[0].Received.Equal(noon) || !messages[0].Has(`\seen`) || messages[1].Has(Seen) {
		t.Fatalf("%+v", messages)
	}
	messages[0].Received = time.Time{}
	equal(messages, []Message{
		{Number: 1, UID: 16, Size: 300, Flags: []string{`\Seen`}, Header: []byte("Subject: a)\r\n")},
		{Number: 2, UID: 17, Size: 4000000000, Header: []byte(`Subject: "b"`)},
	})
	equal(s.Selected().Messages, uint32(3))
	var part bytes.Buffer
	n, err := s.Fetch(17, "2", &part)
	check(err)
	equal(n, int64(20))
	equal(part.String(), "\x00\xff)\r\na6 OK done\r\n123")
	if _, err := s.Fetch(99, "", io.Discard); !errors.Is(err, ErrNoMessage) {
		t.Error(err)
	}
	check(s.SetFlags([]uint32{16, 17}, Seen, "$Junk"))
	check(s.ClearFlags([]uint32{16}, Flagged))
	found, err := s.Search(Criteria{Unseen: true, From: "bob", Since: noon})
	check(err)
	equal(found, []uint32{16, 17})
	found, err = s.Search(Criteria{Subject: "午饭"})
	check(err)
	equal(len(found), 0)
	check(s.Move([]uint32{16}, "已删除"))
	check(s.SetFlags([]uint32{17}, Deleted))
	check(s.Expunge([]uint32{17}))
	equal(s.Selected().Messages, uint32(1))
	check(s.Append("Sent", []string{Seen}, noon, 6, strings.NewReader("x\r\ny\r\nand more")))
	var refused *Error
	if err := s.Append("Nowhere", nil, time.Time{}, 3, strings.NewReader("abc")); !errors.As(err, &refused) || refused.Code != "TRYCREATE" {
		t.Error(err)
	}
	check(s.CreateFolder("Nowhere"))
	check(s.DeleteFolder("Nowhere"))
	check(s.Logout())
	if err := s.Noop(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after LOGOUT: %v", err)
	}
}

// TestMoveByHand: a server that has neither MOVE nor UIDPLUS.
func TestMoveByHand(t *testing.T) {
	s := dialed(t, `
		S: * OK hello
		C: a1 CAPABILITY
		S: * CAPABILITY IMAP4rev1
		S: a1 OK done
		C: a2 UID COPY 3,5:6 Other
		S: a2 OK done
		C: a3 UID STORE 3,5:6 +FLAGS.SILENT (\Deleted)
		S: * 3 FETCH (FLAGS (\Deleted))
		S: a3 OK done
		C: a4 EXPUNGE
		S: * 3 EXPUNGE
		S: a4 OK done
	`)
	if err := s.Move([]uint32{3, 5, 6}, "Other"); err != nil {
		t.Error(err)
	}
}

func TestLogins(t *testing.T) {
	var lines []string
	c := play(t, `
		S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello
		C: a1 AUTHENTICATE PLAIN
		S: +
		C: AGFsaWNlAHNlY3JldA==
		S: a1 NO [AUTHENTICATIONFAILED] no
		C: a2 CAPABILITY
		S: * CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR
		S: a2 OK
		C: a3 AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==
		S: a3 NO no
		C: a4 LOGIN "alice" {6}
		S: + go on
		C: 秘密
		S: a4 OK [CAPABILITY IMAP4rev1 IDLE] yes
	`)
	c.Trace.Line = func(sent bool, line string) { lines = append(lines, line) }
	s, err := c.Dial(t.Context(), "mail")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var refused *Error
	for range 2 {
		if err := s.AuthPlain("alice", "secret"); !errors.As(err, &refused) || refused.Command != "AUTHENTICATE PLAIN" || refused.Word != "NO" {
			t.Error(err)
		}
	}
	if err := s.Login("alice", "秘密"); err != nil {
		t.Error(err)
	}
	if all, err := s.Capabilities(); !slices.Equal(all, []string{"IDLE", "IMAP4REV1"}) || err != nil {
		t.Errorf("%v, %v", all, err)
	}
	all := strings.Join(lines, "\n")
	if strings.Contains(all, "AGFs") || strings.Contains(all, "秘密") || !strings.Contains(all, "a3 AUTHENTICATE PLAIN ********\na3 NO no\na4 LOGIN \"alice\" ********") {
		t.Errorf("the trace:\n%s", all)
	}
}

func TestNoLogin(t *testing.T) {
	s := dialed(t, "S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] TLS first")
	for _, err := range []error{s.Login("alice", "secret"), s.AuthPlain("alice", "secret"), s.StartTLS(), s.Idle(t.Context(), nil)} {
		if !errors.Is(err, ErrNotOffered) {
			t.Error(err)
		}
	}
}

// TestArguments: nothing can be put into a command but what belongs there.
func TestArguments(t *testing.T) {
	s := dialed(t, ready)
	for what, err := range map[string]error{
		"a flag with a space":  s.SetFlags([]uint32{1}, "a b"),
		"a flag with an end":   s.SetFlags([]uint32{1}, "a) DELETE ("),
		"a flag with a line":   s.SetFlags([]uint32{1}, "a\r\nb"),
		"no flag":              s.SetFlags([]uint32{1}, `\`),
		"a message's flag":     s.Append("Sent", []string{Seen, "a) {1"}, time.Time{}, 1, strings.NewReader("x")),
		"a NUL in a password":  s.Login("alice", "a\x00b"),
		"a NUL in a name":      s.AuthPlain("a\x00b", "c"),
		"a line in a section":  second(s.Fetch(1, "1]\r\na2 DELETE INBOX", io.Discard)),
		"a NUL in a criterion": second(s.Search(Criteria{From: "a\x00"})),
	} {
		if !errors.Is(err, ErrArgument) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestStructure is the example of RFC 3501 §7.4.2 and messages of the kinds that
// there are.
func TestStructure(t *testing.T) {
	for _, c := range []struct{ structure, want string }{
		{`("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)`, "1 text/plain 7bit 1152  us-ascii;"},
		{`(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") "<a@b>" "Compiler diff" "BASE64" 4554 73) "MIXED")`,
			"1 text/plain 7bit 1152  us-ascii; 2 text/plain base64 4554  us-ascii;cc.diff"},
		{`((("text" "plain" NIL NIL NIL "7bit" 1 1 NIL NIL NIL)("text" "html" NIL NIL NIL "7bit" 2 1) "alternative" ("boundary" "x") NIL NIL)` +
			` ("image" "png" NIL NIL NIL "base64" 3 NIL ("attachment" ("filename" "a.png")) NIL)` +
			` ("message" "rfc822" NIL NIL NIL "7bit" 4 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 5 1) 9 NIL ("inline" NIL)) "mixed")`,
			"1.1 text/plain 7bit 1  ; 1.2 text/html 7bit 2  ; 2 image/png base64 3 attachment a.png; 3 message/rfc822 7bit 4 inline ;"},
		{`()`, ""},
		{`("a")`, "1 a/  0  ;"},
		{`(("a"))`, "1 a/  0  ;"},
		{`NIL`, ""},
	} {
		s := dialed(t, ready+"C: a1 UID FETCH 7 (BODYSTRUCTURE)\nS: * 2 FETCH (UID 7 BODYSTRUCTURE "+c.structure+")\nS: a1 OK done\n")
		parts, err := s.Structure(7)
		if err != nil {
			t.Errorf("%s: %v", c.structure, err)
		}
		var got []string
		for _, p := range parts {
			got = append(got, fmt.Sprintf("%s %s %s %d %s %s;%s", p.Section, p.Type, p.Encoding, p.Octets, p.Disposition,
				strings.ToLower(p.Parameters["charset"]), p.Parameters["name"]+p.About["filename"]))
		}
		want := strings.ReplaceAll(c.want, "attachment a.png;", "attachment ;a.png")
		if strings.Join(got, " ") != want {
			t.Errorf("%s:\n%s\nwant\n%s", c.structure, strings.Join(got, " "), want)
		}
	}
	s := dialed(t, ready+"C: a1 UID FETCH 7 (BODYSTRUCTURE)\nS: a1 OK done\n")
	if _, err := s.Structure(7); !errors.Is(err, ErrNoMessage) {
		t.Error(err)
	}
}

func TestIdle(t *testing.T) {
	s := dialed(t, ready+`
		C: a1 IDLE
		S: + idling
		S: * OK still here
		S: * 3 EXISTS
		S: * 2 FETCH (FLAGS (\Seen))
		S: * 1 EXPUNGE
		C: DONE
		S: * 3 EXISTS
		S: a1 OK done
		C: a2 NOOP
		S: a2 OK done
	`)
	var changes []Change
	err := s.Idle(t.Context(), func(c Change) bool { changes = append(changes, c); return len(changes) < 3 })
	if want := []Change{{"EXISTS", 3}, {"FETCH", 2}, {"EXPUNGE", 1}}; err != nil || !slices.Equal(changes, want) {
		t.Errorf("%v, %v", changes, err)
	}
	if err := s.Noop(); err != nil || s.Selected().Messages != 3 {
		t.Errorf("%v, %+v", err, s.Selected())
	}
}

// TestIdleEnds with its context, in peace; and also when the server is silent.
func TestIdleEnds(t *testing.T) {
	s := dialed(t, ready+`
		C: a1 IDLE
		S: + idling
		S: * 1 EXISTS
		C: DONE
		S: a1 OK done
		C: a2 IDLE
		S: + idling
		S: * 1 EXISTS
		C: DONE
	`)
	for _, want := range []error{nil, os.ErrDeadlineExceeded} {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Idle(ctx, func(Change) bool {
			if want != nil {
				s.client.Timeout = 10 * time.Millisecond
			}
			cancel()
			return true
		})
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

// TestIdleIsRenewed before the server can take its client for gone.
func TestIdleIsRenewed(t *testing.T) {
	c := play(t, ready+`
		C: a1 IDLE
		S: + idling
		C: DONE
		S: a1 OK done
		C: a2 IDLE
		S: + idling
		S: * 1 EXISTS
		C: DONE
		S: a2 OK done
	`)
	movable := clock.NewMovable()
	c.Clock = movable
	c.Trace.Line = func(sent bool, line string) {
		if line == "a1 IDLE" {
			movable.Skip(renew)
		}
	}
	s, err := c.Dial(t.Context(), "mail")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Idle(t.Context(), func(c Change) bool { return c.What != "EXISTS" }); err != nil {
		t.Error(err)
	}
}

func TestUTF7(t *testing.T) {
	for name, sent := range map[string]string{
		"INBOX": "INBOX", "Tom & Jerry": "Tom &- Jerry", "草稿": "&g0l6Pw-", "~peter/mail/台北/日本語": "~peter/mail/&U,BTFw-/&ZeVnLIqe-", "👍": "&2D3cTQ-", "": "",
	} {
		if got := encodeUTF7(name); got != sent {
			t.Errorf("%q is sent as %q, want %q", name, got, sent)
		}
		if got := decodeUTF7(sent); got != name {
			t.Errorf("%q is read as %q, want %q", sent, got, name)
		}
	}
	for _, odd := range []string{"&", "&abc", "&*-", "&AA-", "&A-"} {
		if got := decodeUTF7(odd); got != odd {
			t.Errorf("%q is read as %q", odd, got)
		}
	}
}
