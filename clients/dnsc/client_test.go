package dnsc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/protocol/dnsmsg"
)

const theAnswer = "www.example.com. 300 A 203.0.113.80"

func (n *fakeNet) client() *Client { return &Client{Network: n} }

// ask asks server for www.example.com.
func ask(t *testing.T, c *Client) (*Reply, error) {
	t.Helper()
	return c.Query(t.Context(), server, "www.example.com", dns.TypeA)
}

func wantAnswer(t *testing.T, r *Reply, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Answer) != 1 || !strings.HasSuffix(r.Answer[0].String(), "203.0.113.80") {
		t.Fatalf("got\n%v", r.Msg)
	}
}

// TestQuery: the plain case, and what is told about it.
func TestQuery(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var asked *dns.Msg
		n := at(t, func(_ string, q *dns.Msg) [][]byte {
			asked = q
			return [][]byte{pack(t, reply(t, q, theAnswer))}
		})
		r, err := ask(t, n.client())
		wantAnswer(t, r, err)
		if r.RTT != 5*time.Millisecond || r.Transport != "udp" || r.Tries != 1 || r.CutShort || r.Server != server || r.Bytes == 0 {
			t.Errorf("got %+v", *r)
		}
		if opt := asked.IsEdns0(); !asked.RecursionDesired || opt == nil || opt.UDPSize() != 1232 {
			t.Errorf("asked\n%v", asked)
		}
		c := &Client{Network: n, NoEDNS: true, NoRecurse: true}
		if r, err := ask(t, c); err != nil || asked.RecursionDesired || asked.IsEdns0() != nil {
			t.Errorf("asked\n%v\ngot %v %v", asked, r, err)
		}
		for _, bad := range []string{"", "a..b", strings.Repeat("x", 64) + ".com"} {
			if _, err := c.Query(t.Context(), server, bad, dns.TypeA); err == nil {
				t.Errorf("asked for %q", bad)
			}
		}
	})
}

// TestRetry: the question or its reply is lost, so it is asked again, each
// time with twice as long to wait.
func TestRetry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		seen := 0
		n := at(t, func(_ string, q *dns.Msg) [][]byte {
			if seen++; seen < 3 {
				return nil
			}
			return [][]byte{pack(t, reply(t, q, theAnswer))}
		})
		start := time.Now()
		r, err := ask(t, n.client())
		wantAnswer(t, r, err)
		if took := time.Since(start); took != 6005*time.Millisecond || r.Tries != 3 || r.RTT != 5*time.Millisecond {
			t.Errorf("after %v, %d tries, RTT %v", took, r.Tries, r.RTT)
		}
	})
}

func TestSilence(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := at(t, func(string, *dns.Msg) [][]byte { return nil })
		start := time.Now()
		_, err := ask(t, &Client{Network: n, Timeout: time.Second, Tries: 4})
		if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took != 15*time.Second || len(n.queries()) != 4 {
			t.Errorf("after %v, asked %v: %v", took, n.queries(), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := n.client().Query(ctx, server, "www.example.com", dns.TypeA); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the context ended: %v", err)
		}
	})
}

func TestRefusedConnection(t *testing.T) {
	c := &Client{Network: at(t, nil)}
	for c.TCP = range map[bool]bool{false: true, true: true} {
		if _, err := ask(t, c); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("TCP %v: %v", c.TCP, err)
		}
	}
}

// TestStrays: what is no reply to the question is passed over, and does not
// make the wait longer.
func TestStrays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := at(t, func(_ string, q *dns.Msg) [][]byte {
			wrongID, wrongName, query, wrongType := reply(t, q), reply(t, q), reply(t, q), reply(t, q)
			wrongID.Id++
			wrongName.Question[0].Name = "www.example.org."
			query.Response = false
			wrongType.Question[0].Qtype = dns.TypeMX
			right := pack(t, reply(t, q, strings.ToUpper(theAnswer)))
			return [][]byte{{1}, pack(t, wrongID), pack(t, wrongName), pack(t, query), pack(t, wrongType), right[:len(right)-3], right}
		})
		r, err := ask(t, n.client())
		wantAnswer(t, r, err)
		if r.Tries != 1 {
			t.Errorf("%d tries", r.Tries)
		}
		garbage := at(t, func(_ string, q *dns.Msg) [][]byte {
			var all [][]byte
			for i := range 1500 {
				m := reply(t, q)
				m.Id += uint16(i) + 1
				all = append(all, pack(t, m))
			}
			return all
		})
		if _, err := ask(t, &Client{Network: garbage, Timeout: time.Minute}); err == nil || !strings.Contains(err.Error(), "no reply to the question") {
			t.Errorf("an endless stream of strays: %v", err)
		}
	})
}

// TestTruncated: TC, and so TCP; or TCP at once; or neither.
func TestTruncated(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := at(t, func(network string, q *dns.Msg) [][]byte {
			if network == "tcp" {
				return [][]byte{framed(pack(t, reply(t, q, theAnswer)))}
			}
			cut := reply(t, q)
			cut.Truncated = true
			packet := pack(t, cut)
			packet[7] = 1 // an answer is announced that is not there
			return [][]byte{packet}
		})
		r, err := ask(t, n.client())
		wantAnswer(t, r, err)
		if r.Transport != "tcp" || !r.CutShort || r.Truncated {
			t.Errorf("got %+v", r)
		}
		r, err = ask(t, &Client{Network: n, TCP: true})
		wantAnswer(t, r, err)
		if r.CutShort || r.Tries != 0 {
			t.Errorf("got %+v", r)
		}
		if r, err = ask(t, &Client{Network: n, KeepTC: true}); err != nil || !r.Truncated || r.Transport != "udp" {
			t.Errorf("got %+v, %v", r, err)
		}
		if got, want := fmt.Sprint(n.queries()), "[udp 192.0.2.53 tcp 192.0.2.53 tcp 192.0.2.53 udp 192.0.2.53]"; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	})
}

// TestTCPBreaks: a server that speaks TCP badly.
func TestTCPBreaks(t *testing.T) {
	for _, tt := range []struct {
		name string
		sent func(whole []byte) [][]byte
		want error
	}{
		{"silent", func([]byte) [][]byte { return nil }, os.ErrDeadlineExceeded},
		{"closes", func([]byte) [][]byte { return [][]byte{nil} }, io.EOF},
		{"half a length", func(whole []byte) [][]byte { return [][]byte{whole[:1], nil} }, io.ErrUnexpectedEOF},
		{"stops in the middle", func(whole []byte) [][]byte { return [][]byte{whole[:20], nil} }, io.ErrUnexpectedEOF},
		{"hangs in the middle", func(whole []byte) [][]byte { return [][]byte{whole[:20]} }, os.ErrDeadlineExceeded},
		{"garbage", func([]byte) [][]byte { return [][]byte{{0, 3, 1, 2, 3}} }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				n := at(t, func(_ string, q *dns.Msg) [][]byte { return tt.sent(framed(pack(t, reply(t, q, theAnswer)))) })
				start := time.Now()
				r, err := ask(t, &Client{Network: n, TCP: true})
				if err == nil || tt.want != nil && !errors.Is(err, tt.want) || time.Since(start) > 6*time.Second {
					t.Errorf("after %v: %v, %v", time.Since(start), r, err)
				}
			})
		})
	}
}

// TestOldServer answers EDNS with FORMERR.
func TestOldServer(t *testing.T) {
	for _, withQuestion := range []bool{true, false} {
		bubble(t, func(t *testing.T) {
			n := at(t, func(_ string, q *dns.Msg) [][]byte {
				if q.IsEdns0() == nil {
					return [][]byte{pack(t, reply(t, q, theAnswer))}
				}
				m := new(dns.Msg).SetRcode(q, dns.RcodeFormatError)
				if !withQuestion {
					m.Question = nil
				}
				return [][]byte{pack(t, m)}
			})
			r, err := ask(t, n.client())
			wantAnswer(t, r, err)
		})
	}
}

// FuzzReply: no packet harms who reads it and prints it.
func FuzzReply(f *testing.F) {
	query := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
	query.Id = 0x1234
	f.Add(pack(f, reply(f, query, theAnswer, "www.example.com. TXT \"\\027[2J\"", "www.example.com. MX 10 \\009mail.example.com.")))
	f.Add(pack(f, new(dns.Msg).SetRcode(query, dns.RcodeNameError)))
	f.Fuzz(func(t *testing.T, packet []byte) {
		msg := dnsmsg.Reply(packet, query)
		if msg == nil {
			return
		}
		r := &Reply{Msg: msg, Server: server, Transport: "udp"}
		var text strings.Builder
		if err := r.Print(&text); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(text.String(), func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) {
			t.Errorf("a control character is printed:\n%q", text.String())
		}
		for _, zone := range []string{".", "example.com."} {
			step := &Step{Zone: zone, Name: "www.example.com.", Type: dns.TypeA, Reply: r, Addr: server}
			step.judge()
			if step.Outcome == Referral && (!dns.IsSubDomain(zone, step.NextZone) || strings.EqualFold(step.NextZone, zone)) {
				t.Errorf("from %s referred to %s", zone, step.NextZone)
			}
		}
		followed(msg.Answer, "www.example.com.", dns.TypeA)
	})
}
