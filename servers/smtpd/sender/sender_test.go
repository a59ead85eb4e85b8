package sender

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loop leads every connection to one address.
type loop struct {
	netx.OS
	to string
}

func (l loop) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	return l.OS.DialContext(ctx, network, l.to)
}

// dns knows one mail server for every domain.
type dns struct{ failure error }

func (d dns) LookupMX(context.Context, string) ([]*net.MX, error) {
	return []*net.MX{{Host: "mail.example.com.", Pref: 1}}, d.failure
}

func (dns) LookupHost(context.Context, string) ([]string, error) { return []string{"192.0.2.25"}, nil }

// deliver has a message delivered to a server that says what a script says, one
// script a connection.
func deliver(t *testing.T, d *queue.Delivery, scripts ...string) []queue.Result {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for _, script := range scripts {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			play(t, conn, script)
			conn.Close()
		}
	}()
	s := &Sender{
		Network: loop{to: ln.Addr().String()}, Resolver: dns{}, Hostname: "mail.example.edu", Log: slog.New(slog.DiscardHandler),
		Timeouts: Timeouts{Connect: time.Minute, Reply: time.Minute, Data: time.Minute, End: time.Minute},
	}
	c := s.Courier("example.com")
	results := c.Deliver(t.Context(), d)
	c.Close()
	ln.Close()
	<-ended
	return results
}

// play is the server's side of a conversation: "S:" lines are said, "C:" lines
// expected.
func play(t *testing.T, conn net.Conn, script string) {
	conn.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(conn)
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		if text, ours := strings.CutPrefix(line, "S: "); ours {
			io.WriteString(conn, text+"\r\n")
		} else if want, theirs := strings.CutPrefix(line, "C: "); theirs {
			if got, err := in.ReadString('\n'); err != nil || got != want+"\r\n" {
				t.Errorf("want %q, got %q, %v", want, got, err)
				return
			}
		}
	}
}

func message(to ...string) *queue.Delivery {
	const text = "Subject: 1\r\n\r\n.dot\r\n"
	return &queue.Delivery{
		Envelope: queue.Envelope{ID: "1", From: "alice@example.edu", To: to}, Size: int64(len(text)),
		Open:    func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
		Sending: func(string, []int) {},
	}
}

const (
	opening = "S: 220 hello\nC: EHLO mail.example.edu\nS: 250-mail.example.com\nS: 250-8BITMIME\nS: 250-SIZE 100\nS: 250 PIPELINING\n" +
		"C: MAIL FROM:<alice@example.edu> BODY=8BITMIME SIZE=20\nC: RCPT TO:<a@example.com>\n"
	body = "C: DATA\nS: 354 go\nC: Subject: 1\nC: \nC: ..dot\nC: .\n"
	old  = "S: 220 hello\nC: EHLO mail.example.edu\nS: 500 what?\nC: HELO mail.example.edu\nS: 250 hello\nC: MAIL FROM:<alice@example.edu>\n"
)

// TestConversations with servers that say what servers say.
func TestConversations(t *testing.T) {
	for name, test := range map[string]struct {
		scripts []string
		to      int
		want    string
	}{
		"all is well":                {[]string{opening + "S: 250 ok\nS: 250-ok\nS: 250 ok\n" + body + "S: 250 2.0.0 mine\nC: QUIT\nS: 221 bye"}, 1, "delivered 250 2.0.0 mine"},
		"an old server":              {[]string{old + "S: 250 ok\nC: RCPT TO:<a@example.com>\nS: 251 ok\n" + body + "S: 250 mine\nC: QUIT"}, 1, "delivered 250 mine"},
		"some are refused":           {[]string{opening + "C: RCPT TO:<b@example.com>\nC: RCPT TO:<c@example.com>\nS: 250 ok\nS: 250 ok\nS: 550 5.1.1 who?\nS: 450 4.2.1 later\n" + body + "S: 250 mine\nC: QUIT"}, 3, "delivered 250 mine, failed 550 5.1.1 who?, deferred 450 4.2.1 later"},
		"the sender is refused":      {[]string{opening + "S: 550 5.7.1 not you\nS: 503 what?\nC: RSET\nS: 250 ok\nC: QUIT"}, 1, "failed 550 5.7.1 not you"},
		"the message is refused":     {[]string{opening + "S: 250 ok\nS: 250 ok\n" + body + "S: 554 5.6.0 spam\nC: QUIT"}, 1, "failed 554 5.6.0 spam"},
		"DATA is refused":            {[]string{opening + "S: 250 ok\nS: 250 ok\nC: DATA\nS: 451 4.3.0 no\nC: RSET\nS: 250 ok\nC: QUIT"}, 1, "deferred 451 4.3.0 no"},
		"too many, as they said it":  {[]string{opening + "S: 250 ok\nS: 552 too many\nC: RSET\nS: 250 ok\nC: QUIT"}, 1, "deferred 452 too many"},
		"nobody is served":           {[]string{"S: 554 5.3.2 closed"}, 1, "failed 554 5.3.2 closed"},
		"it is busy":                 {[]string{"S: 421 4.3.2 busy"}, 1, "deferred 421 4.3.2 busy"},
		"it leaves in the middle":    {[]string{opening + "S: 250 ok\nS: 250 ok\nC: DATA\nS: 421 4.3.2 bye"}, 1, "deferred 421 4.3.2 bye"},
		"it hangs up":                {[]string{opening + "S: 250 ok\n"}, 1, "deferred 451 4.4.2 EOF"},
		"it hangs up after the dot":  {[]string{opening + "S: 250 ok\nS: 250 ok\n" + body}, 1, "deferred 451 4.4.2 EOF in doubt"},
		"it speaks another language": {[]string{"S: HTTP/1.1 400 Bad Request"}, 1, `deferred 451 4.4.2 that is not SMTP: "HTTP/1.1 400 Bad Request" is no line of a reply`},
		"it never comes to an end":   {[]string{strings.Repeat("S: 220-hello\n", 300)}, 1, `deferred 451 4.4.2 that is not SMTP: a reply of more than 200 lines`},
		"a very long line":           {[]string{"S: 220 " + strings.Repeat("x", 3000)}, 1, "deferred 451 4.4.2 that is not SMTP: a line of more than 2000 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			results := deliver(t, message([]string{"a@example.com", "b@example.com", "c@example.com"}[:test.to]...), test.scripts...)
			var got []string
			for _, r := range results {
				line := string(r.State) + " " + r.Reply
				if r.InDoubt {
					line += " in doubt"
				}
				got = append(got, line)
			}
			if got := strings.Join(got, ", "); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// TestWhatTheServerMustKnow for a message that is more than ASCII.
func TestWhatTheServerMustKnow(t *testing.T) {
	greeting := "S: 220 hello\nC: EHLO mail.example.edu\nS: 250-mail.example.com\nS: 250 PIPELINING\nC: QUIT"
	wide := message("a@example.com")
	wide.Open = func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("Subject: ü\r\n\r\n")), nil
	}
	if r := deliver(t, wide, greeting)[0]; r.State != queue.Failed || !strings.HasPrefix(r.Reply, "554 5.6.3") {
		t.Errorf("%+v", r)
	}
	address := message("用户@example.com")
	address.UTF8 = true
	if r := deliver(t, address, greeting)[0]; r.State != queue.Failed || !strings.HasPrefix(r.Reply, "550 5.6.7") {
		t.Errorf("%+v", r)
	}
}

// TestTheDNSDoesNotAnswer, which may pass.
func TestTheDNSDoesNotAnswer(t *testing.T) {
	s := &Sender{Network: netx.OS{}, Resolver: dns{errors.New("timeout")}}
	c := s.Courier("example.com")
	defer c.Close()
	if r := c.Deliver(t.Context(), message("a@example.com"))[0]; r.State != queue.Waiting || !strings.HasPrefix(r.Reply, "451 4.4.3") {
		t.Errorf("%+v", r)
	}
}

// TestHostsThatAreLikedAlike take turns, in an order that a seed repeats.
func TestHostsThatAreLikedAlike(t *testing.T) {
	records := []*net.MX{{Host: "a.", Pref: 1}, {Host: "b.", Pref: 1}, {Host: "c.", Pref: 1}, {Host: "z.", Pref: 2}}
	orders := func(seed uint64) (all []string) {
		s := &Sender{Seed: seed}
		for range 50 {
			all = append(all, strings.Join(s.order(records), ""))
		}
		return all
	}
	first := map[byte]int{}
	for _, order := range orders(1) {
		first[order[0]]++
		if len(order) != 4 || order[3] != 'z' {
			t.Errorf("order %q", order)
		}
	}
	if len(first) != 3 {
		t.Errorf("first were %v", first)
	}
	one, again, two := orders(1), orders(1), orders(2)
	if !slices.Equal(one, again) || slices.Equal(one, two) {
		t.Error("the seed does not decide the order")
	}
}

// TestOneConnectionForSeveralMessages, and another one if the server has had
// enough of it.
func TestOneConnectionForSeveralMessages(t *testing.T) {
	envelope := "C: MAIL FROM:<alice@example.edu> BODY=8BITMIME SIZE=20\nC: RCPT TO:<a@example.com>\nS: 250 ok\nS: 250 ok\n"
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	first := opening + "S: 250 ok\nS: 250 ok\n" + body + "S: 250 one\n" + envelope + body + "S: 250 two\n"
	third := opening + "S: 250 ok\nS: 250 ok\n" + body + "S: 250 three\nC: QUIT\nS: 221 bye\n"
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for _, script := range []string{first, third} {
			conn, err := ln.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			play(t, conn, script)
			conn.Close()
		}
	}()
	s := &Sender{Network: loop{to: ln.Addr().String()}, Resolver: dns{}, Hostname: "mail.example.edu", Log: slog.New(slog.DiscardHandler)}
	c := s.Courier("example.com")
	for _, want := range []string{"250 one", "250 two", "250 three"} {
		if r := c.Deliver(t.Context(), message("a@example.com"))[0]; r.State != queue.Delivered || r.Reply != want || r.Remote != "mail.example.com" {
			t.Errorf("%+v, want %s", r, want)
		}
	}
	c.Close()
	ln.Close()
	<-ended
}

// deaf is a network on which nobody answers.
type deaf struct {
	netx.OS
	dials int
}

func (d *deaf) DialContext(context.Context, string, string) (net.Conn, error) {
	d.dials++
	return nil, errors.New("no route to host")
}

// TestADeadHost is called once for all messages that wait for it now.
func TestADeadHost(t *testing.T) {
	nobody := &deaf{}
	s := &Sender{Network: nobody, Resolver: dns{}, Log: slog.New(slog.DiscardHandler)}
	c := s.Courier("example.com")
	defer c.Close()
	for range 100 {
		if r := c.Deliver(t.Context(), message("a@example.com"))[0]; r.State != queue.Waiting || r.Reply != "451 4.4.2 no connection: no route to host" {
			t.Fatalf("%+v", r)
		}
	}
	if nobody.dials != 1 {
		t.Errorf("%d calls", nobody.dials)
	}
}

// crowd is a domain with a thousand mail servers, each of which has three addresses.
type crowd struct{ lookups int }

func (*crowd) LookupMX(context.Context, string) ([]*net.MX, error) {
	records := make([]*net.MX, 1000)
	for i := range records {
		records[i] = &net.MX{Host: fmt.Sprintf("mail%d.example.com.", i), Pref: uint16(i)}
	}
	return records, nil
}

func (c *crowd) LookupHost(_ context.Context, host string) ([]string, error) {
	c.lookups++
	if host < "mail3" {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, nil
}

// TestACrowdOfDeadHosts is not called one after the other.
func TestACrowdOfDeadHosts(t *testing.T) {
	nobody, all := &deaf{}, &crowd{}
	s := &Sender{Network: nobody, Resolver: all, Log: slog.New(slog.DiscardHandler)}
	c := s.Courier("example.com")
	defer c.Close()
	if r := c.Deliver(t.Context(), message("a@example.com"))[0]; r.State != queue.Waiting || r.Reply != "451 4.4.2 no connection: no route to host" {
		t.Errorf("%+v", r)
	}
	if nobody.dials != maxTries || all.lookups > maxTries {
		t.Errorf("%d calls, %d names asked for", nobody.dials, all.lookups)
	}
}

// TestTheEnd of the context ends a conversation that waits.
func TestTheEnd(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "220 hello\r\n")
		bufio.NewReader(conn).ReadString('\n')
		cancel() // and never an answer
		io.Copy(io.Discard, conn)
	}()
	s := &Sender{Network: loop{to: ln.Addr().String()}, Resolver: dns{}, Log: slog.New(slog.DiscardHandler)}
	c := s.Courier("example.com")
	defer c.Close()
	if r := c.Deliver(ctx, message("a@example.com"))[0]; r.State != queue.Waiting || r.InDoubt {
		t.Errorf("%+v", r)
	}
}
