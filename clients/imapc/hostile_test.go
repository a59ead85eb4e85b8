package imapc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/dialogue"
)

// TestHostileServers: whatever a server says, a client returns with an error, soon,
// and without much memory.
func TestHostileServers(t *testing.T) {
	fetch := func(c *Client, t *testing.T) error {
		s, err := c.Dial(t.Context(), "mail")
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = s.Messages(1, 9)
		return err
	}
	const asked = "C: a1 FETCH 1:9 " + summary + "\n"
	for _, c := range []struct {
		name, conversation string
		want               error
	}{
		{"silence", "S. close", io.ErrUnexpectedEOF},
		{"half a line", "S| * OK\nS. close", io.ErrUnexpectedEOF},
		{"no IMAP", "S: 220 mail.example.edu ESMTP", ErrProtocol},
		{"an empty line", "S:", ErrProtocol},
		{"a bracket", "S: (", ErrProtocol},
		{"a number", "S: * 1 EXISTS", ErrProtocol},
		{"another's tag", ready + asked + "S: a2 OK done", ErrProtocol},
		{"no word", ready + asked + "S: a1", ErrProtocol},
		{"a + by itself", ready + asked + "S: + go on", ErrProtocol},
		{"an endless line", "S: * OK " + strings.Repeat("x", 5000), ErrTooLarge},
		{"an endless list", ready + asked + "S: * 1 FETCH (FLAGS (" + strings.Repeat("x ", 5000) + "))", ErrTooLarge},
		{"deep lists", ready + asked + "S: * 1 FETCH (FLAGS " + strings.Repeat("(", 100), ErrTooLarge},
		{"a large string", ready + asked + "S: * 1 FETCH (FLAGS {1000000}", ErrTooLarge},
		{"a huge string", ready + asked + "S: * 1 FETCH (FLAGS {99999999999999999999}", ErrProtocol},
		{"a negative string", ready + asked + "S: * 1 FETCH (FLAGS {-1}", ErrProtocol},
		{"half a string", ready + asked + "S: * 1 FETCH (FLAGS {9}\nS| abc\nS. close", io.ErrUnexpectedEOF},
		{"a string without an end", ready + asked + "S: * 1 FETCH (FLAGS \"abc", ErrProtocol},
		{"no list", ready + asked + "S: * 1 FETCH UID", ErrProtocol},
		{"no value", ready + asked + "S: * 1 FETCH (UID)", ErrProtocol},
		{"the end in a list", ready + asked + "S: * 1 FETCH (UID 1", ErrProtocol},
		{"many messages", ready + asked + strings.Repeat("S: * 1 FETCH (UID 1 BODY[] x)\n", 11), ErrTooLarge},
		{"a large string of no interest", ready + asked + "S: * X {1000000}", ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := play(t, c.conversation)
			client.MaxResponse, client.MaxMessages = 4000, 10
			if err := fetch(client, t); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	for _, farewell := range []string{"S: * BYE go away", ready + asked + "S: * BYE going down"} {
		var refused *Error
		if err := fetch(play(t, farewell), t); !errors.As(err, &refused) || refused.Word != "BYE" {
			t.Error(err)
		}
	}
}

// TestALargeMessage is not held in memory, and has a limit.
func TestALargeMessage(t *testing.T) {
	c := play(t, ready+"C: a1 UID FETCH 1 (BODY.PEEK[])\nS: * 1 FETCH (BODY[] {1000000}\nS| "+strings.Repeat("x", 1_000_000)+
		"\nS: )\nS: a1 OK done\nC: a2 UID FETCH 1 (BODY.PEEK[])\nS: * 1 FETCH (BODY[] {1000001}\nC. close")
	c.MaxMessage, c.MaxResponse = 1_000_000, 1000
	s, err := c.Dial(t.Context(), "mail")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	full := errors.New("the disk is full")
	if _, err := s.Fetch(1, "", failing{full}); !errors.Is(err, full) {
		t.Error(err)
	}
	if _, err := s.Fetch(1, "", io.Discard); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

type failing struct{ error }

func (f failing) Write([]byte) (int, error) { return 0, f.error }

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := play(t, ready+"C: a1 NOOP").Dial(ctx, "mail")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	time.AfterFunc(20*time.Millisecond, cancel)
	if err := s.Noop(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// FuzzResponses: no server makes a client panic, or read for ever.
func FuzzResponses(f *testing.F) {
	for _, text := range []string{
		"* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[HEADER.FIELDS (A)] {3}\r\nabc)\r\n", "* LIST () NIL \"a\\\"b\"\r\n", "* OK [UIDNEXT 3] x\r\n", "+ x\r\n",
		"* 1 FETCH (BODYSTRUCTURE ((\"a\" \"b\" (\"c\" \"d\"))(\"text\" \"x\") \"mixed\"))\r\n", "* X {3}\r\nabc {1}\r\nx\r\n", "* SEARCH 1 2\r\n", "a1 NO [A] b\r\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, theirs := net.Pipe()
		go func() { defer theirs.Close(); _, _ = io.Copy(io.Discard, theirs) }()
		s := &Session{client: (&Client{MaxResponse: 1000}).withDefaults()}
		s.conn = dialogue.Dialer{Clock: s.client.Clock}.On(t.Context(), ours, "mail")
		defer s.Close()
		hear := on{
			"FETCH": func(response) error {
				return s.fetched(&Message{}, func(r io.Reader) error { return second(io.Copy(io.Discard, r)) })
			},
			"LIST": func(response) error { return second(s.values(3)) },
			"SEARCH": func(response) error {
				v, err := s.values(1)
				appendParts(nil, value{list: v}, "")
				return err
			},
		}
		s.in = &parser{Reader: bufio.NewReader(bytes.NewReader(b))}
		for range len(b) + 1 {
			r, err := s.response()
			if err != nil {
				return
			}
			if _, _, _ = s.heard(r, "a1", "X", hear); s.conn.Ended() != nil {
				return
			}
		}
		t.Fatal("more responses than bytes")
	})
}
